"""Words for applications, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from fund.platform.web.context import locale
from fund.receipts.one_stop.domain import DEFECTS


def state_words() -> dict[str, tuple[str, str]]:
    """Every state: its word and the tone of its mark."""
    return {
        "requested": (_("申請希望"), "neutral"),
        "sent": (_("申請書を送付済み"), "info"),
        "defective": (_("不備あり"), "warning"),
        "received": (_("受付済み"), "success"),
        "notified": (_("通知済み"), "success"),
        "late": (_("期限後に到着"), "error"),
        "withdrawn": (_("取り下げ"), "neutral"),
        "cancelled": (_("取り消し"), "neutral"),
    }


def act_words() -> dict[str, str]:
    """Every step."""
    words = {state: word for state, (word, _tone) in state_words().items()}
    return {**words, "printed": _("申請書を印刷"), "changed": _("変更届を受付")}


def reason_texts(reasons: Iterable[str]) -> list[str]:
    """Why a step was taken: what is wrong with a paper, or what happened to the gift."""
    english = locale() == "en"
    others = {
        "asked": _("本人の希望"),
        "refunded": _("返金のため"),
        "declined": _("不採納のため"),
        "amount-changed": _("一部を返金し、金額が変わったため"),
        "arrived-late": _("期限を過ぎて届いたため"),
        "marked-wrongly": _("しるしの付けまちがい"),
    }
    return [
        DEFECTS[one][1 if english else 0] if one in DEFECTS else others.get(one, one)
        for one in reasons
    ]


def defect_choices() -> list[tuple[str, str]]:
    """What can be wrong with a paper, to be ticked."""
    english = locale() == "en"
    return [(code, words[1 if english else 0]) for code, words in DEFECTS.items()]


def hand_words() -> dict[str, str]:
    """Whose step it was."""
    return {"donor": _("本人"), "person": _("職員"), "system": _("自動")}
