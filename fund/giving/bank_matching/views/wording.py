"""Words of the bank's pages in the page's language."""

from __future__ import annotations

from flask_babel import gettext as _

from fund.payments.bank.formats import Problem
from fund.platform.web.locale import translated


def what_words() -> dict[str, str]:
    """What a matched part of a line is."""
    return {
        "gift": _("寄附の振込"),
        "counter": _("窓口の現金の預け入れ"),
        "payout": _("決済会社からの入金"),
        "disbursement": _("団体への交付"),
        "refund": _("寄附の返金"),
        "grant_returned": _("助成金の返還"),
        "fee": _("銀行の手数料"),
        "fee_reimbursed": _("区からの手数料の補てん"),
        "interest": _("利息"),
        "opening": _("はじめの残高"),
        "deposit": _("積立て・取崩し"),
        "other": _("そのほかの記帳"),
        "ignored": _("基金のお金ではない"),
    }


def why_words() -> dict[str, str]:
    """Why a fact is proposed for a line."""
    return {
        "number": _("番号と金額が同じ"),
        "name": _("名前と金額が同じ"),
        "amount": _("金額と時期が同じ"),
        "similar": _("金額が同じで名前が似ている"),
        "near": _("金額が同じで時期が近い"),
        "other_amount": _("名前か番号が同じで金額がちがう"),
        "": _("手で探したもの"),
    }


def level_words() -> dict[str, str]:
    """How a match came to be."""
    return {"A": _("自動"), "B": _("候補から"), "C": _("手作業")}


def state_words() -> dict[str, str]:
    """How far a file is."""
    return {
        "kept": _("確認を待っています"),
        "queued": _("取り込みを待っています"),
        "matching": _("照合しています"),
        "done": _("取り込みました"),
        "failed": _("取り込めませんでした"),
        "forgotten": _("期限を過ぎたため消去しました"),
    }


def format_words() -> dict[str, str]:
    """The formats a saved reading may have."""
    return {
        "anser": _("ANSER（CSV 26列）"),
        "zengin": _("全銀（200文字の固定長）"),
        "csv": _("そのほかのCSV"),
    }


def place(problem: Problem) -> str:
    """Where a problem is: row, column by position and name."""
    row, column, name = problem.row, problem.column, problem.field
    if column and name:
        said = _("%(row)s行目 %(column)s列目「%(field)s」", row=row, column=column, field=name)
    elif column:
        said = _("%(row)s行目 %(column)s列目", row=row, column=column)
    else:
        said = _("%(row)s行目", row=row)
    return str(said)


def reason(problem: Problem) -> str:
    """What is wrong, in the page's language."""
    return translated(problem.why)
