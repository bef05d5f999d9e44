"""What the donor's page shows of consents and corrections, with the words of each button."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.giving import queries as giving
from fund.giving.domain import TEXTS
from fund.giving.domain.consents import FREE, TELL_GROUP
from fund.giving.wording import consent_words
from fund.platform.web.context import locale


def my_gift(connection: Connection, gift: giving.GiftView) -> dict[str, Any]:
    """Consents as they stand, and every answer and correction before."""
    answers = giving.consents_of(connection, gift.no)
    return {
        "consents": answers,
        "consent_words": consent_words(),
        "corrections": giving.corrections_of(connection, gift.no),
        "free_consents": _free(gift, answers),
    }


def _free(gift: giving.GiftView, answers: list[giving.ConsentView]) -> list[dict[str, Any]]:
    words = {
        "publish_name": (_("お名前の公表をやめる"), _("この名前を公表する")),
        "tell_group": (_("団体へ知らせるのをやめる"), _("団体へ知らせる")),
        "report_mail": (_("報告のメールを止める"), _("報告のメールを受け取る")),
    }
    names_group = any(share.kind == "group" for share in gift.shares)
    # Taken back by mistake, the name published before stands in the field again.
    earlier = next((answer.name for answer in reversed(answers) if answer.name), "")
    return [
        {
            "purpose": text.purpose,
            "label": consent_words()[text.purpose],
            "text": text.shown(locale()),
            "given": bool(getattr(gift, text.purpose)),
            "stop": words[text.purpose][0],
            "start": words[text.purpose][1],
            "name": earlier,
        }
        for text in TEXTS
        if text.purpose in FREE and (text.purpose != TELL_GROUP or names_group)
    ]
