"""Words of this room: states, and names from the register in the page's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.identity.queries import people
from fund.platform.web.context import locale
from fund.registry import queries as registry


def application_states() -> dict[str, str]:
    """What the states of an application are called."""
    return {
        "submitted": _("推薦を待っています"),
        "recommended": _("推薦あり・決定を待っています"),
        "not_recommended": _("推薦なし・決定を待っています"),
        "decided": _("採択"),
        "refused": _("不採択"),
    }


def award_states() -> dict[str, str]:
    """What the states of an award are called."""
    return {
        "decided": _("決定"),
        "disbursed": _("渡し終えました"),
        "settled": _("精算済み"),
        "cancelled": _("取り消し"),
    }


def change_kinds() -> dict[str, str]:
    """What the changes of an award are called."""
    return {"reduced": _("減額"), "cancelled": _("取り消し")}


def change_states() -> dict[str, str]:
    """What the states of a change are called."""
    return {
        "proposed": _("決定を待っています"),
        "decided": _("決定"),
        "sent_back": _("差し戻し"),
    }


def disbursement_states() -> dict[str, str]:
    """What the states of an instalment are called."""
    return {
        "requested": _("支払いを待っています"),
        "paid": _("支払い済み"),
        "sent_back": _("差し戻し"),
    }


TONES = {
    "submitted": "info",
    "recommended": "info",
    "not_recommended": "warning",
    "decided": "success",
    "disbursed": "success",
    "settled": "neutral",
    "cancelled": "warning",
    "proposed": "info",
    "refused": "neutral",
    "requested": "info",
    "paid": "success",
    "sent_back": "warning",
}


@dataclass(frozen=True)
class Words:
    """Names by code or number, ready for a template."""

    group: Callable[[str], str]
    field: Callable[[str], str]
    programme: Callable[[str | None], str]
    person: Callable[[int | None], str]

    def fields(self, codes: Iterable[str]) -> str:
        """Several fields in one line."""
        return ("、" if locale() == "ja" else ", ").join(self.field(code) for code in codes)


def words(connection: Connection) -> Words:
    """Look the names up once for a page."""
    names, language = registry.names(connection), locale()
    programmes = {
        item.code: item.name_en if language == "en" else item.name_ja
        for item in registry.programmes(connection)
    }
    staff = {person.id: person.name for person in people(connection)}
    return Words(
        group=lambda no: names.group(no) or no,
        field=lambda code: names.use("field", code, language) or code,
        programme=lambda code: programmes.get(code or "", code or ""),
        person=lambda person_id: staff.get(person_id or 0, ""),
    )


def clause_url(stamp: str | None) -> str | None:
    """Where the text of a clause stamp (``decision@2024-04``) is read."""
    clause, _at, edition = (stamp or "").partition("@")
    return f"{request.script_root}/manual/{edition}#{clause}" if edition else None


def common() -> dict[str, Any]:
    """Words that every template of this room needs."""
    return {
        "application_states": application_states(),
        "award_states": award_states(),
        "disbursement_states": disbursement_states(),
        "tones": TONES,
        "clause_url": clause_url,
    }
