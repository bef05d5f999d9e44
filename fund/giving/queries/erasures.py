"""Reading erasures: which were asked for, who decided them; never who was erased."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, select

from fund.giving.domain.erasure import OPEN_STATES, kept_until
from fund.giving.erasure_models import erasure
from fund.giving.models import donor, gift


@dataclass(frozen=True)
class ErasureView:
    """An erasure; times are UTC, people internal ids, ``gifts`` how many the donor gave."""

    gift_no: str
    gifts: int
    ground: str
    state: str
    kept_until: dt.date
    proposed_by: int
    proposed_at: dt.datetime
    decided_by: int | None
    decided_at: dt.datetime | None


@dataclass(frozen=True)
class Standing:
    """What stands in the way of forgetting a donor: open gifts, or a day (Japan) to wait for."""

    gifts: tuple[str, ...]
    open: bool
    kept_until: dt.date
    erased_at: dt.datetime | None


_GIFTS = (
    select(func.count())
    .where(gift.c.donor_id == erasure.c.donor_id)
    .correlate(erasure)
    .scalar_subquery()
)


def erasures(connection: Connection, state: str | None = None) -> list[ErasureView]:
    """All erasures, the newest first; of one state if asked."""
    query = select(erasure, _GIFTS.label("gifts")).order_by(erasure.c.id.desc())
    if state is not None:
        query = query.where(erasure.c.state == state)
    return [_view(row) for row in connection.execute(query)]


def erasure_of(connection: Connection, gift_no: str) -> ErasureView | None:
    """The newest erasure of the donor of a gift."""
    row = connection.execute(
        select(erasure, _GIFTS.label("gifts"))
        .join(gift, gift.c.donor_id == erasure.c.donor_id)
        .where(gift.c.no == gift_no)
        .order_by(erasure.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _view(row)


def standing_of(connection: Connection, gift_no: str, years: int) -> Standing | None:
    """Whether and from when the donor of a gift may be forgotten."""
    mine = select(gift.c.donor_id).where(gift.c.no == gift_no).scalar_subquery()
    rows = connection.execute(
        select(gift.c.no, gift.c.state, gift.c.received_on, donor.c.erased_at)
        .join(donor, donor.c.id == gift.c.donor_id)
        .where(gift.c.donor_id == mine)
        .order_by(gift.c.id)
    ).all()
    if not rows:
        return None
    return Standing(
        tuple(row.no for row in rows),
        any(row.state in OPEN_STATES for row in rows),
        kept_until((row.received_on for row in rows), years),
        rows[0].erased_at,
    )


def is_erased(connection: Connection, gift_no: str) -> bool:
    """Whether the donor of a gift was forgotten."""
    found = connection.execute(
        select(donor.c.erased_at)
        .join(gift, gift.c.donor_id == donor.c.id)
        .where(gift.c.no == gift_no)
    ).scalar()
    return found is not None


def _view(row: Row[tuple[object, ...]]) -> ErasureView:
    names = ErasureView.__dataclass_fields__
    return ErasureView(**{name: getattr(row, name) for name in names})
