"""Reading acceptance: what waits, what is proposed, what was decided, and the gift register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from fund.giving.models import acceptance_batch, acceptance_item, donor, gift
from fund.giving.queries.gifts import DonorView, GiftView, donors_of, gift_views
from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.money import Yen

REGISTER_CHUNK = 1000


@dataclass(frozen=True)
class BatchView:
    """A batch of gifts on its way to acceptance; times are UTC, people are internal ids."""

    id: int
    no: str
    state: str
    checklist: tuple[str, ...]
    checklist_version: str
    note: str
    proposed_by: int
    proposed_at: dt.datetime
    decided_by: int | None
    decided_at: dt.datetime | None
    decision_note: str
    gifts: int
    yen: Yen


_BATCHES = (
    select(
        acceptance_batch,
        func.count(gift.c.id).label("gifts"),
        # What is accepted, or would be now: the gift less what went back before.
        func.coalesce(
            func.sum(func.coalesce(gift.c.accepted_yen, gift.c.yen - gift.c.returned_yen)), 0
        ).label("yen"),
    )
    .join(acceptance_item, acceptance_item.c.batch_id == acceptance_batch.c.id)
    .join(gift, gift.c.id == acceptance_item.c.gift_id)
    .group_by(acceptance_batch.c.id)
)


def _batch(row: Row[Any]) -> BatchView:
    return BatchView(
        id=row.id,
        no=row.no,
        state=row.state,
        checklist=tuple(row.checklist["items"]),
        checklist_version=row.checklist["version"],
        note=row.note,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decision_note=row.decision_note,
        gifts=int(row.gifts),
        yen=Yen(int(row.yen)),
    )


def waiting_gifts(connection: Connection, limit: int = 500) -> list[GiftView]:
    """Received gifts that stand in no batch waiting for its decision, the oldest first."""
    proposed = exists().where(
        acceptance_item.c.gift_id == gift.c.id,
        acceptance_item.c.batch_id == acceptance_batch.c.id,
        acceptance_batch.c.state == "proposed",
    )
    rows = connection.execute(
        select(gift, donor.c.locale)
        .join(donor, donor.c.id == gift.c.donor_id)
        .where(gift.c.state == "received", ~proposed)
        .order_by(gift.c.id)
        .limit(limit)
    ).all()
    return gift_views(connection, rows)


def batches(
    connection: Connection, *, proposed: bool, after: int | None = None, limit: int = 50
) -> list[BatchView]:
    """Batches that wait for a decision (or that were decided), the newest first."""
    query = _BATCHES.order_by(acceptance_batch.c.id.desc()).limit(limit)
    is_open = acceptance_batch.c.state == "proposed"
    query = query.where(is_open if proposed else ~is_open)
    if after is not None:
        query = query.where(acceptance_batch.c.id < after)
    return [_batch(row) for row in connection.execute(query)]


def batch(connection: Connection, no: str) -> BatchView | None:
    """One batch by its number."""
    row = connection.execute(_BATCHES.where(acceptance_batch.c.no == no)).one_or_none()
    return _batch(row) if row else None


def gifts_of_batch(connection: Connection, batch_id: int) -> list[GiftView]:
    """The gifts of a batch in the order received."""
    rows = connection.execute(
        select(gift, donor.c.locale)
        .join(donor, donor.c.id == gift.c.donor_id)
        .join(acceptance_item, acceptance_item.c.gift_id == gift.c.id)
        .where(acceptance_item.c.batch_id == batch_id)
        .order_by(gift.c.id)
    ).all()
    return gift_views(connection, rows)


def batches_of_gift(connection: Connection, gift_id: int) -> list[BatchView]:
    """Every batch a gift stood in, the newest first."""
    holding = select(acceptance_item.c.batch_id).where(acceptance_item.c.gift_id == gift_id)
    rows = connection.execute(
        _BATCHES.where(acceptance_batch.c.id.in_(holding)).order_by(acceptance_batch.c.id.desc())
    )
    return [_batch(row) for row in rows]


@dataclass(frozen=True)
class RegisterRow:
    """One line of the gift register (寄附台帳): an accepted gift and who gave it."""

    gift: GiftView
    donor: DonorView
    batch_no: str


def register(connection: Connection, fy: int | None = None) -> Iterator[RegisterRow]:
    """Accepted gifts in the order received, of the fiscal year of acceptance if named."""
    query = (
        select(gift, donor.c.locale, acceptance_batch.c.no.label("batch_no"))
        .join(donor, donor.c.id == gift.c.donor_id)
        .join(acceptance_item, acceptance_item.c.gift_id == gift.c.id)
        .join(acceptance_batch, acceptance_batch.c.id == acceptance_item.c.batch_id)
        .where(gift.c.accepted_on.is_not(None), acceptance_batch.c.state == "accepted")
        .order_by(gift.c.id)
        .limit(REGISTER_CHUNK)
    )
    if fy is not None:
        query = query.where(gift.c.accepted_on.between(*fiscal_year_bounds(fy)))
    after = 0
    while rows := connection.execute(query.where(gift.c.id > after)).all():
        donors = donors_of(connection, [row.no for row in rows])
        for row, view in zip(rows, gift_views(connection, rows), strict=True):
            yield RegisterRow(view, donors[view.no], row.batch_no)
        after = rows[-1].id
