"""Ways to pay online as a donor chooses between them: what each is, when it counts, its bounds."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from fund.giving.domain.year_end import DECEMBER, last_days
from fund.giving.wording import amount_text, method_words
from fund.kernel.errors import Invalid
from fund.payments.domain import KONBINI_DAYS, LIMITS, ONLINE_METHODS, TRANSFER_LIFE, in_range
from fund.platform.web.context import current_house


def choices(yen: int, *, on_paper: bool = False, monthly: bool = False) -> list[tuple[str, str]]:
    """The methods that take this amount: (code, name); in the form also those without a page."""
    words = method_words()
    if monthly:
        return [("card", words["card"])]
    online = [(method, words[method]) for method in online_methods() if in_range(method, yen)]
    return online + [(method, words[method]) for method in offline() if on_paper]


def online_methods() -> tuple[str, ...]:
    """The online methods that this installation has activated at the provider."""
    ours = current_house().settings.payment_methods
    return tuple(method for method in ONLINE_METHODS if method in ours)


def offline() -> tuple[str, ...]:
    """The methods without a payment page; a direct transfer needs the ward's account."""
    account = current_house().settings.municipality.bank_account
    return ("slip", "counter", "bank") if account else ("slip", "counter")


def hints() -> dict[str, str]:
    """What a donor should know of each method: how, when it counts, how long, what it costs."""
    return {
        "card": _(
            "すぐに済みます。支払った日の寄附になります。カードの番号は、このサービスには残りません。"
        ),
        "konbini": _(
            "番号を受け取り、%(n)s日以内にお店で支払います。お店で支払った日の寄附になります。",
            n=KONBINI_DAYS,
        ),
        "paypay": _("PayPayの画面へ移ります。すぐに済み、支払った日の寄附になります。"),
        "bank_transfer": _(
            "あなた専用の口座番号を受け取り、%(n)s日以内に振り込みます。届いた日の寄附になります。"
            "銀行の振込手数料だけ、ご負担ください。",
            n=TRANSFER_LIFE.days,
        ),
        "slip": _(
            "納付書を約1週間でお送りします。金融機関の窓口で支払った日の寄附になります。"
            "手数料はかかりません。"
        ),
        "counter": _(
            "担当の窓口に、受付番号と現金をお持ちください。お持ちいただいた日の寄附になります。"
        ),
        "bank": _(
            "区の口座へ振り込みます。お名前の前に受付番号を付けてください。届いた日の寄附になります。"
            "銀行の振込手数料だけ、ご負担ください。"
        ),
    }


def year_end(today: dt.date) -> list[tuple[dt.date, str]]:
    """In December: until when which methods still count for the year, the last ones first.

    Days that have passed are left out; in other months there is nothing to say.
    """
    if today.month != DECEMBER:
        return []
    words, days = method_words(), last_days(today.year)
    offered = [*online_methods(), *offline()]
    open_days = sorted({days[one] for one in offered if days[one] >= today}, reverse=True)
    return [
        (day, _("、").join(words[one] for one in offered if days[one] == day)) for day in open_days
    ]


def refusals(yen: int) -> list[str]:
    """Why a method is not offered for this amount, one sentence each."""
    words = method_words()
    return [
        _(
            "%(method)sは、%(least)sから%(most)sまでの寄附に使えます。",
            method=words[method],
            least=amount_text(LIMITS[method][0]),
            most=amount_text(LIMITS[method][1]),
        )
        for method in online_methods()
        if not in_range(method, yen)
    ]


def read_method(chosen: str, yen: int, *, on_paper: bool = False, monthly: bool = False) -> str:
    """The method that was chosen, if it takes the amount; in the form also one without a page.

    Raises:
        Invalid: naming the field ``method`` and what to do.
    """
    if monthly and chosen in {*online_methods(), *offline()} - {"card"}:
        message = _("毎月の寄附は、クレジットカードだけで申し込めます")
        raise Invalid(message, {"method": message})
    if on_paper and chosen in offline():
        return chosen
    if chosen not in online_methods():
        message = _("支払い方法を選んでください")
    elif not in_range(chosen, yen):
        message = _("この金額には、ほかの支払い方法をお選びください")
    else:
        return chosen
    raise Invalid(message, {"method": message})
