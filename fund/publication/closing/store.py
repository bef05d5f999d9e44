"""Writing closings in the caller's transaction, and reading them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from fund.kernel.errors import Conflict, NotFound
from fund.kernel.money import Yen
from fund.platform.house import Transaction
from fund.platform.waiting import Waiting, tally
from fund.publication.closing.domain import CLOSING, Finding, packed
from fund.publication.closing.models import year_closing


@dataclass(frozen=True)
class ClosingView:
    """A proposal to close a fiscal year and what became of it, with what was unfinished then."""

    fy: int
    state: str
    note: str
    findings: tuple[Finding, ...]
    proposed_by: int
    proposed_at: dt.datetime
    decision_no: str
    ended_by: int | None
    ended_at: dt.datetime | None
    answer: str


def add_closing(tx: Transaction, fy: int, note: str, findings: Sequence[Finding]) -> None:
    """Propose to close a year.

    Raises:
        Conflict: when it is proposed already, or closed.
    """
    values = {
        "fy": fy,
        "state": "proposed",
        "note": note,
        "findings": packed(findings),
        "proposed_by": tx.by.person_id,
        "proposed_at": tx.now,
    }
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(insert(year_closing).values(values))
    except IntegrityError as error:
        law = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if law != "uq_year_closing_standing":
            raise
        raise Conflict("この年度の締めは、すでに起案されています") from error


def lock_closing(tx: Transaction, fy: int) -> Row[Any]:
    """The year's waiting proposal, locked until the transaction ends.

    Raises:
        NotFound: when nobody ever proposed it.
        Conflict: when it ended before.
    """
    row = tx.connection.execute(
        select(year_closing)
        .where(year_closing.c.fy == fy)
        .order_by(year_closing.c.id.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("この年度の締めは、まだ起案されていません")
    if row.state != "proposed":
        raise Conflict("この年度の締めの案は、すでに処理されています")
    return row


def end_closing(tx: Transaction, row: Row[Any], after: str, **values: str) -> None:
    """Decide a locked proposal or send it back."""
    CLOSING.check(row.state, after)
    tx.connection.execute(
        update(year_closing)
        .where(year_closing.c.id == row.id)
        .values(state=after, ended_by=tx.by.person_id, ended_at=tx.now, **values)
    )


def closings(connection: Connection, fy: int | None = None) -> list[ClosingView]:
    """Every proposal, of one year if asked, the newest first."""
    query = select(year_closing).order_by(year_closing.c.id.desc())
    if fy is not None:
        query = query.where(year_closing.c.fy == fy)
    return [
        ClosingView(
            fy=row.fy,
            state=row.state,
            note=row.note,
            findings=tuple(_finding(one) for one in row.findings),
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            decision_no=row.decision_no,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
            answer=row.answer,
        )
        for row in connection.execute(query)
    ]


def closings_waiting(connection: Connection) -> Waiting:
    """Proposed closings that wait for their decision."""
    asked = select(year_closing.c.proposed_at.label("since"))
    return tally(connection, asked.where(year_closing.c.state == "proposed"))


def _finding(kept: dict[str, Any]) -> Finding:
    return Finding(
        kept["code"],
        kept["count"],
        None if kept["yen"] is None else Yen(kept["yen"]),
        None if kept["day"] is None else dt.date.fromisoformat(kept["day"]),
    )
