"""Reading batches, their rows and possible duplicates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from fund.giving.intake.domain import RowFacts, Totals, row_facts
from fund.giving.intake.models import (
    intake_batch,
    intake_doubt,
    intake_row,
)


@dataclass(frozen=True)
class BatchView:
    """A batch with its control total and what it holds; people are internal ids, times UTC."""

    id: int
    no: str
    kind: str
    origin: str
    state: str
    day: dt.date
    place: str
    totals: Totals
    left_out: int
    booked: int
    difference_reason: str
    opened_by: int | None
    opened_at: dt.datetime
    handed_in_by: int | None
    handed_in_at: dt.datetime | None
    checked_by: int | None
    checked_at: dt.datetime | None
    check_note: str


@dataclass(frozen=True)
class RowView:
    """One row as it was read, and as it was typed; ``gift_no`` once it is booked."""

    id: int
    position: int
    state: str
    facts: RowFacts
    typed: Mapping[str, str]
    entered_by: int | None
    gift_no: str | None


@dataclass(frozen=True)
class DoubtView:
    """A row that may be a gift (or a row) that is there already, and what they share."""

    id: int
    row_id: int
    row_state: str
    batch_no: str
    position: int
    facts: RowFacts
    other_gift_no: str | None
    other_batch_no: str | None
    other_position: int | None
    other_facts: RowFacts | None
    reasons: tuple[str, ...]


_kept = intake_row.c.state != "left_out"
_BATCHES = (
    select(
        intake_batch,
        func.count(intake_row.c.id).filter(_kept).label("rows"),
        func.coalesce(func.sum(intake_row.c.yen).filter(_kept), 0).label("yen"),
        func.count(intake_row.c.id).filter(~_kept).label("left_out"),
        func.count(intake_row.c.gift_no).label("booked"),
    )
    .outerjoin(intake_row, intake_row.c.batch_id == intake_batch.c.id)
    .group_by(intake_batch.c.id)
)


def _batch(row: Row[Any]) -> BatchView:
    return BatchView(
        id=row.id,
        no=row.no,
        kind=row.kind,
        origin=row.origin,
        state=row.state,
        day=row.day,
        place=row.place,
        totals=Totals(row.expected_count, int(row.expected_yen), int(row.rows), int(row.yen)),
        left_out=int(row.left_out),
        booked=int(row.booked),
        difference_reason=row.difference_reason,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        handed_in_by=row.handed_in_by,
        handed_in_at=row.handed_in_at,
        checked_by=row.checked_by,
        checked_at=row.checked_at,
        check_note=row.check_note,
    )


def batch(connection: Connection, number: str) -> BatchView | None:
    """One batch by its number."""
    row = connection.execute(_BATCHES.where(intake_batch.c.no == number)).one_or_none()
    return _batch(row) if row else None


def batches(
    connection: Connection,
    *,
    states: Collection[str] | None = None,
    after: int | None = None,
    limit: int = 50,
) -> list[BatchView]:
    """Batches of these states (or all), the newest first, from below the internal id ``after``."""
    query = _BATCHES.order_by(intake_batch.c.id.desc()).limit(limit)
    if states is not None:
        query = query.where(intake_batch.c.state.in_(states))
    if after is not None:
        query = query.where(intake_batch.c.id < after)
    return [_batch(row) for row in connection.execute(query)]


def rows(connection: Connection, batch_id: int, limit: int = 3_000) -> list[RowView]:
    """The rows of a batch in the order typed."""
    found = connection.execute(
        select(intake_row)
        .where(intake_row.c.batch_id == batch_id)
        .order_by(intake_row.c.position)
        .limit(limit)
    )
    return [
        RowView(
            row.id,
            row.position,
            row.state,
            row_facts(row.facts),
            row.typed,
            row.entered_by,
            row.gift_no,
        )
        for row in found
    ]


def open_doubts(connection: Connection, batch_id: int | None = None) -> list[DoubtView]:
    """Possible duplicates that nobody has decided, the oldest first; of one batch if named."""
    other, other_batch = intake_row.alias("other"), intake_batch.alias("other_batch")
    query = (
        select(
            intake_doubt.c.id,
            intake_doubt.c.row_id,
            intake_doubt.c.other_gift_no,
            intake_doubt.c.reasons,
            intake_row.c.state,
            intake_row.c.position,
            intake_row.c.facts,
            intake_batch.c.no,
            other_batch.c.no.label("other_no"),
            other.c.position.label("other_position"),
            other.c.facts.label("other_facts"),
        )
        .join(intake_row, intake_row.c.id == intake_doubt.c.row_id)
        .join(intake_batch, intake_batch.c.id == intake_row.c.batch_id)
        .outerjoin(other, other.c.id == intake_doubt.c.other_row_id)
        .outerjoin(other_batch, other_batch.c.id == other.c.batch_id)
        .where(
            intake_doubt.c.decision.is_(None),
            intake_row.c.state.in_(["entered", "doubtful"]),
            intake_batch.c.state != "dropped",
        )
        .order_by(intake_doubt.c.id)
        .limit(1_000)
    )
    if batch_id is not None:
        query = query.where(intake_row.c.batch_id == batch_id)
    return [
        DoubtView(
            id=row.id,
            row_id=row.row_id,
            row_state=row.state,
            batch_no=row.no,
            position=row.position,
            facts=row_facts(row.facts),
            other_gift_no=row.other_gift_no,
            other_batch_no=row.other_no,
            other_position=row.other_position,
            other_facts=row_facts(row.other_facts) if row.other_facts else None,
            reasons=tuple(row.reasons),
        )
        for row in connection.execute(query)
    ]


def origins(connection: Connection, gift_nos: Collection[str]) -> dict[str, tuple[str, str]]:
    """Portal and its own number (or the batch's number) of gifts that came by intake."""
    found = connection.execute(
        select(
            intake_row.c.gift_no,
            intake_row.c.source,
            intake_row.c.source_key,
            intake_batch.c.no,
        )
        .join(intake_batch, intake_batch.c.id == intake_row.c.batch_id)
        .where(intake_row.c.gift_no == func.any(list(gift_nos)))
    )
    return {row.gift_no: (row.source, row.source_key or row.no) for row in found}
