"""Writing changes of awards in the caller's transaction, and reading them for pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from fund.grants.domain import CHANGE, Change, change_no
from fund.grants.models import award, award_change
from fund.grants.store import move_award
from fund.kernel.errors import Conflict, NotFound
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.platform.house import Transaction


@dataclass(frozen=True)
class ChangeView:
    """A change of an award: from and to which ceiling (yen), why, by whom, decided or not."""

    no: str
    award_no: str
    title: str
    group_no: str
    kind: str
    yen_before: Yen
    yen_after: Yen
    reason: str
    explanation: str
    state: str
    proposed_by: int
    proposed_at: dt.datetime
    decision_no: str
    ended_by: int | None
    ended_at: dt.datetime | None
    answer: str


def add_change(tx: Transaction, row: Row[Any], change: Change) -> str:
    """Propose a change of a locked award; returns its number.

    Raises:
        Conflict: when another change of this award waits for its decision.
    """
    made = tx.connection.execute(
        select(func.count()).select_from(award_change).where(award_change.c.award_id == row.id)
    ).scalar_one()
    number = change_no(row.no, int(made) + 1)
    values = {
        "no": number,
        "award_id": row.id,
        "serial": int(made) + 1,
        "kind": change.kind,
        "yen_before": int(row.yen),
        "yen_after": int(change.yen_after),
        "reason": change.reason,
        "explanation": change.explanation.strip(),
        "state": "proposed",
        "proposed_by": tx.by.person_id,
        "proposed_at": tx.now,
    }
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(insert(award_change).values(values))
    except IntegrityError as error:
        law = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if law != "uq_award_change_waiting":
            raise
        raise Conflict("この助成の変更の案が、すでに決定を待っています") from error
    return number


def award_of_change(tx: Transaction, number: str) -> str:
    """The award that a change is about.

    Raises:
        NotFound: if there is no change with this number.
    """
    found = tx.connection.execute(
        select(award.c.no)
        .join(award_change, award_change.c.award_id == award.c.id)
        .where(award_change.c.no == number)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(filled("助成の変更の案がありません: %(no)s", no=number))
    return str(found)


def lock_change(tx: Transaction, number: str) -> Row[Any]:
    """The change's row, locked until the transaction ends (lock its award first)."""
    return tx.connection.execute(
        select(award_change).where(award_change.c.no == number).with_for_update()
    ).one()


def end_change(tx: Transaction, row: Row[Any], after: str, **values: str) -> None:
    """Decide a locked change or send it back.

    Raises:
        Conflict: when somebody ended it before.
    """
    CHANGE.check(row.state, after)
    tx.connection.execute(
        update(award_change)
        .where(award_change.c.id == row.id)
        .values(state=after, ended_by=tx.by.person_id, ended_at=tx.now, **values)
    )


def change_award(tx: Transaction, row: Row[Any], change: Row[Any]) -> None:
    """Let a locked award be what its decided change says."""
    if change.kind == "cancelled":
        move_award(tx, row, "cancelled")
        return
    tx.connection.execute(
        update(award)
        .where(award.c.id == row.id)
        .values(yen=change.yen_after, min_yen=min(row.min_yen, change.yen_after))
    )


def _changes() -> Select[Any]:
    return (
        select(
            award_change,
            award.c.no.label("award_no"),
            award.c.title,
            award.c.group_no,
        )
        .join(award, award.c.id == award_change.c.award_id)
        .order_by(award_change.c.id)
    )


def changes_of_award(connection: Connection, award_no: str) -> list[ChangeView]:
    """Every change of an award, in the order proposed."""
    return _views(connection, _changes().where(award.c.no == award_no))


def changes_waiting(connection: Connection) -> list[ChangeView]:
    """Changes that wait for their decision, the oldest first."""
    return _views(connection, _changes().where(award_change.c.state == "proposed"))


def change(connection: Connection, number: str) -> ChangeView | None:
    """One change, or None; anything may be asked for."""
    found = _views(connection, _changes().where(award_change.c.no == number))
    return found[0] if found else None


def _views(connection: Connection, query: Select[Any]) -> list[ChangeView]:
    return [
        ChangeView(
            no=row.no,
            award_no=row.award_no,
            title=row.title,
            group_no=row.group_no,
            kind=row.kind,
            yen_before=Yen(row.yen_before),
            yen_after=Yen(row.yen_after),
            reason=row.reason,
            explanation=row.explanation,
            state=row.state,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            decision_no=row.decision_no,
            ended_by=row.ended_by,
            ended_at=row.ended_at,
            answer=row.answer,
        )
        for row in connection.execute(query)
    ]
