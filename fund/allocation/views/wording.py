"""Words that several pages of runs share: states, reasons, the switches of the rule, amounts."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from fund.kernel.money import format_yen
from fund.platform.web.context import locale


def yen_words(amount: int) -> str:
    """An amount in the page's language; less than nothing has a minus sign."""
    if locale() == "en":
        return f"{'−' if amount < 0 else ''}¥{abs(amount):,}"
    return format_yen(amount)


def percent(per_mille: int | None) -> str:
    """So many in a thousand as per cent; a dash of nothing."""
    return "—" if per_mille is None else f"{per_mille // 10}.{per_mille % 10}%"


def rank_word(rank: int) -> str:
    """How yen are called that met a wish of this rank."""
    return str(_("第%(n)s希望のとおり", n=rank))


def run_words() -> dict[str, str]:
    """What the states of a run are called."""
    return {"drafted": _("承認待ち"), "approved": _("承認済み"), "discarded": _("取り下げ")}


def role_words() -> dict[str, str]:
    """In which role somebody acted, as the public reads it."""
    return {
        "officer": _("担当者"),
        "treasurer": _("出納責任者"),
        "decider": _("決裁者"),
        "council": _("会議の委員"),
    }


def award_codes() -> dict[str, str]:
    """Why an award gets what it gets."""
    return {
        "full": _("求めた額まで届きました"),
        "short": _("使えるお金がここまででした"),
        "cancelled_minimum": _("必要な最低額に届かず、今回は見送りました"),
        "closed": _("すでに上限まで決まっています"),
    }


def idle_codes() -> dict[str, str]:
    """Why yen of a lot stay in the fund."""
    return {
        "all_full": _("希望に合う助成は、どれもいっぱいです"),
        "no_grant": _("希望に合う助成が、いまありません"),
        "no_active_level": _("いまの日に有効な希望がありません"),
        "carry": _("希望の期限が過ぎ、次に持ち越します"),
        "return": _("希望の期限が過ぎ、返すことができます"),
    }


def policy_word(key: str) -> str:
    """What a switch of the rule is called."""
    words = {
        "order": _("合計と希望の、どちらを先にするか"),
        "spend_order": _("どのお金から使うか"),
        "vintage": _("お金の古さの単位"),
        "within": _("同じ希望と古さの寄附のあいだの分け方"),
        "equalise": _("第1希望がかなう割合をそろえるか"),
    }
    return str(words.get(key, key))


def policy_values() -> dict[str, dict[str, str]]:
    """The choices of each switch, in words; the keys are spelled as in addresses."""
    return {
        "order": {
            "funding_first": _("合計をできるだけ多く、そのうえで希望どおりに"),
            "donor_first": _("希望どおりをできるだけ多く、そのうえで合計を"),
        },
        "spend_order": {
            "flex,vintage": _("使いみちのせまいお金から、同じなら古い順"),
            "vintage,flex": _("古いお金から、同じなら使いみちのせまい順"),
            "flex": _("使いみちのせまいお金から（古さは見ない）"),
            "vintage": _("古いお金から（使いみちの広さは見ない）"),
        },
        "vintage": {
            "fy": _("年度"),
            "month": _("月"),
            "day": _("日"),
            "none": _("区別しない"),
        },
        "within": {"prorata": _("金額に応じて少しずつ"), "fifo": _("古い寄附から順に")},
        "equalise": {"yes": _("そろえる"), "no": _("そろえない")},
    }


def policy_value(key: str, value: Any) -> str:
    """A value of a switch in words."""
    return policy_values().get(key, {}).get(spelled(value), spelled(value))


def spelled(value: Any) -> str:
    """A value of a switch as it stands in an address."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, list | tuple) else str(value)
