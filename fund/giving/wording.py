"""Words for wishes, states and donors, in the language of the page."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from fund.giving.domain import Donor, Wish
from fund.giving.queries import GiftView, ShareView
from fund.kernel.calendar import format_day
from fund.kernel.japanese import spoken_yen
from fund.kernel.money import format_yen
from fund.platform.web.context import locale
from fund.registry.queries import Names


def state_words() -> dict[str, str]:
    """Every state of a gift as staff call it."""
    return {
        "offered": _("申し出"),
        "awaiting_payment": _("支払い待ち"),
        "received": _("入金済み・採納待ち"),
        "accepted": _("採納済み"),
        "allocated": _("使いみち決定"),
        "reported": _("報告済み"),
        "expired": _("期限切れ"),
        "failed": _("支払い不成立"),
        "declined": _("不採納"),
        "refunded": _("返金済み"),
        "disputed": _("支払いに異議あり"),
    }


def state_tones() -> dict[str, str]:
    """The tone of each state's mark."""
    tones = {
        "received": "info",
        "accepted": "success",
        "allocated": "success",
        "reported": "success",
        "failed": "warning",
        "disputed": "error",
    }
    return {state: tones.get(state, "neutral") for state in state_words()}


def batch_words() -> dict[str, str]:
    """Every state of an acceptance batch."""
    return {
        "proposed": _("決定待ち"),
        "accepted": _("採納"),
        "sent_back": _("差し戻し"),
    }


def payment_words() -> dict[str, str]:
    """Every state of a payment."""
    return {
        "created": _("準備中"),
        "open": _("支払い待ち"),
        "waiting": _("お店・振込待ち"),
        "succeeded": _("成立"),
        "failed": _("不成立"),
        "expired": _("期限切れ"),
        "canceled": _("取り消し"),
    }


def method_words() -> dict[str, str]:
    """How money comes in."""
    return {
        "card": _("クレジットカード"),
        "konbini": _("コンビニ"),
        "paypay": "PayPay",
        "bank_transfer": _("銀行振込（専用口座）"),
        "counter": _("窓口"),
        "slip": _("納付書"),
        "box": _("募金箱"),
        "bank": _("銀行振込"),
        "portal": _("寄附サイト"),
    }


def consent_words() -> dict[str, str]:
    """The consents by their purposes."""
    return {
        "purpose_of_use": _("利用目的と寄附の約束ごと"),
        "publish_name": _("お名前の公表"),
        "tell_group": _("団体へお名前を知らせる"),
        "report_mail": _("報告のメール"),
    }


def kind_words() -> dict[str, str]:
    """Who gives."""
    return {
        "individual": _("個人"),
        "organisation": _("法人・団体"),
        "anonymous": _("匿名"),
    }


def receipt_way_words() -> dict[str, str]:
    """How a receipt comes to its donor."""
    return {
        "link": _("メールのリンク（PDF）"),
        "post": _("郵送（紙）"),
        "none": _("不要"),
    }


def receipt_way_hints() -> dict[str, str]:
    """What each way means."""
    return {
        "link": _("採納のあと、専用ページから受け取れます。印刷して申告に使えます。"),
        "post": _("採納のあと、紙でお送りします。専用ページからも受け取れます。"),
        "none": _("お送りしません。記録は残り、必要になれば専用ページから受け取れます。"),
    }


def day_text(day: dt.date) -> str:
    """A day in the page's language."""
    return f"{day.day} {day:%B} {day.year}" if locale() == "en" else format_day(day)


def wish_text(wish: Wish | ShareView, names: Names) -> str:
    """A wish in words: おまかせ, or the name of what is wished."""
    if wish.kind == "anywhere" or wish.target is None:
        return str(_("おまかせ（必要な分野へ）"))
    name = names.use(wish.kind, wish.target, locale())
    kinds = {"field": _("分野"), "group": _("団体"), "theme": _("テーマ")}
    return str(_("%(kind)s：%(name)s", kind=kinds[wish.kind], name=name))


def fallback_text(wish: Wish | ShareView) -> str | None:
    """What happens when the wish cannot be met; None for a gift without a wish."""
    if wish.fallback is None:
        return None
    if wish.fallback == "anywhere":
        return str(_("基金全体で使う"))
    if wish.kind == "field":
        return str(_("同じ分野の次の機会まで待つ"))
    return str(_("団体と同じ分野で使う"))


def yen_text(yen: int) -> str:
    """An amount in the language of the page."""
    return f"¥{yen:,}" if locale() == "en" else format_yen(yen)


def amount_text(yen: int) -> str:
    """An amount as figures and, for Japanese readers, in ten thousands: 10,000円（1万円）."""
    spoken = "" if locale() == "en" else spoken_yen(yen)
    return f"{yen_text(yen)}（{spoken}）" if spoken else yen_text(yen)


def wishes_text(gift: GiftView, names: Names) -> str:
    """Every wish of a gift on one line; with the yen of each where there are several."""
    if len(gift.wishes) == 1:
        return wish_text(gift.wish, names)
    parts = (f"{wish_text(wish, names)} {yen_text(wish.yen)}" for wish in gift.wishes)
    return (" / " if locale() == "en" else "、").join(parts)


def split_text(passed: int, kept: int) -> str:
    """How a gift splits between its wish and the whole fund, to the yen."""
    if not kept:
        return str(_("全額を希望の使いみちへ"))
    words = _("%(passed)sを希望の使いみちへ、%(kept)sを基金全体へ")
    return str(words % {"passed": yen_text(passed), "kept": yen_text(kept)})


def address_text(donor: Donor) -> str:
    """The address on one line, as typed."""
    lines = [donor.address1, donor.address2]
    if donor.country == "JP":
        code = donor.postal_code
        return " ".join([f"〒{code[:3]}-{code[3:]}", *(line for line in lines if line)])
    return " ".join([*(line for line in lines if line), donor.country])
