"""Reading drafts of the donation form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from fund.giving.models import gift_draft
from fund.kernel.ids import secret_hash

Typed = dict[str, str]
"""What was typed on one step: name of the field to its text."""


@dataclass(frozen=True)
class Draft:
    """A donation form half filled in, or the number of the gift that came of it."""

    form_key: str
    steps: dict[str, Typed] = field(default_factory=dict)
    gift_no: str | None = None
    begun_at: dt.datetime | None = None


def draft(connection: Connection, token: str, since: dt.datetime) -> Draft | None:
    """The draft behind a cookie, if it was touched after ``since``."""
    row = connection.execute(
        select(gift_draft.c.form_key, gift_draft.c.data, gift_draft.c.created_at).where(
            gift_draft.c.token_hash == secret_hash(token), gift_draft.c.updated_at >= since
        )
    ).one_or_none()
    if row is None:
        return None
    return Draft(row.form_key, row.data.get("steps", {}), row.data.get("gift_no"), row.created_at)


def begun_from(connection: Connection, origins: Collection[str], since: dt.datetime) -> list[str]:
    """The gifts begun from these origins (keyed hashes of an address) since then, in order."""
    rows = connection.execute(
        select(gift_draft.c.data["gift_no"].as_string())
        .where(
            gift_draft.c.updated_at >= since,
            gift_draft.c.data["from"].as_string().in_(origins),
        )
        .order_by(gift_draft.c.updated_at)
    )
    return [str(number) for (number,) in rows]
