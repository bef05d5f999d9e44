"""A group of the register as releases and the API show it."""

from __future__ import annotations

import datetime as dt

from fund.kernel.canonical import Json
from fund.registry.domain import Group


def group_record(group: Group) -> dict[str, Json]:
    """The group by the names of its public columns; what was never said is null."""
    return {
        "no": group.no,
        "name": group.name,
        "kana": group.kana or None,
        "name_en": group.name_en or None,
        "kind": group.kind or None,
        "fields": list(group.fields),
        "state": group.state,
        "sample": group.sample,
        "purpose_ja": group.purpose_ja or None,
        "purpose_en": group.purpose_en or None,
        "registered_on": _day(group.registered_on),
        "registered_until": _day(group.registered_until),
        "corporate_no": group.corporate_no,
        "website": group.website,
        "source_url": group.source_url,
    }


def _day(value: dt.date | None) -> str | None:
    return None if value is None else value.isoformat()
