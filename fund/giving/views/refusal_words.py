"""Words of refused gifts in the page's language."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from fund.giving.domain.taking_back import GROUNDS
from fund.platform.web.context import locale


def grounds() -> dict[str, str]:
    """A ground's code → its words."""
    return {one.code: one.en if locale() == "en" else one.ja for one in GROUNDS}


def refusal_words() -> dict[str, Any]:
    """The words every page of refusals needs."""
    return {
        "grounds": grounds(),
        "refusal_states": {
            "proposed": _("決定待ち"),
            "declined": _("不採納"),
            "sent_back": _("差し戻し"),
        },
        "refusal_tones": {"proposed": "warning", "declined": "error", "sent_back": "neutral"},
    }
