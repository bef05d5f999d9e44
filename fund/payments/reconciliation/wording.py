"""Words of the comparison in the language of the page."""

from __future__ import annotations

from flask_babel import gettext as _


def reasons() -> dict[str, str]:
    """Why something is open: code to what an officer reads."""
    return {
        "not-in-yen": _("円ではない動きです。決済会社の設定を確かめてください"),
        "payment-differs": _("支払いはありますが、金額か状態がちがいます"),
        "no-payment-of-ours": _("この基金の支払いではありません（別の用途か、記録のない入金）"),
        "no-refund-of-ours": _("この返金の記録がありません"),
        "no-dispute-of-ours": _("この異議の記録がありません"),
        "no-payout-known": _("この入金（決済会社から銀行へ）の記録がありません"),
        "unknown-type": _("知らない種類の動きです"),
        "payout-not-itemised": _("内訳が決済会社から届いていません"),
        "payout-does-not-sum": _("内訳の合計と入金額が合いません"),
        "payment-without-movement": _("支払いは記帳されていますが、決済会社の動きがありません"),
        "balance-differs": _("決済会社の残高と、動きの合計が合いません"),
        "books-differ": _("帳簿の残高と、決済会社の動きが合いません"),
    }


def kinds() -> dict[str, str]:
    """What an open item is."""
    return {
        "movement": _("決済会社の動き"),
        "payout": _("銀行への入金"),
        "payment": _("支払い"),
        "balance": _("残高"),
    }


def matches() -> dict[str, str]:
    """What a movement was matched to."""
    return {
        "payment": _("支払い"),
        "refund": _("返金"),
        "dispute": _("異議"),
        "payout": _("銀行への入金"),
        "fee": _("手数料"),
    }


def payout_states() -> dict[str, str]:
    """How far a payout has come."""
    return {
        "pending": _("準備中"),
        "in_transit": _("銀行へ向かっています"),
        "paid": _("届きました"),
        "failed": _("銀行が受け付けませんでした"),
        "canceled": _("取りやめ"),
    }


def payout_tones() -> dict[str, str]:
    """Colour of each state, always beside its word."""
    return {"paid": "success", "failed": "error", "canceled": "warning", "in_transit": "info"}
