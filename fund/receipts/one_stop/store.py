"""Writing applications and their steps in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from fund.platform.house import Transaction
from fund.receipts.one_stop.domain import ONE_STOP, STANDING
from fund.receipts.one_stop.models import one_stop, one_stop_step

REQUESTED = "requested"
_OF_DONORS = frozenset({REQUESTED, "sent", "withdrawn"})


def add(tx: Transaction, born_on: Mapping[str, dt.date | None]) -> None:
    """Insert the requests for gifts that have none: gift number → day of birth, if it is known."""
    made = tx.connection.execute(
        insert(one_stop).returning(one_stop.c.id),
        [
            {
                "gift_no": gift_no,
                "state": REQUESTED,
                "born_on": day,
                "asked_at": tx.now,
                "moved_at": tx.now,
            }
            for gift_no, day in born_on.items()
        ],
    ).scalars()
    note(tx, [int(one) for one in made], REQUESTED)


def lock(tx: Transaction, gift_nos: Collection[str]) -> list[Row[Any]]:
    """The applications of these gifts, locked in one order until the transaction ends."""
    return list(
        tx.connection.execute(
            select(one_stop)
            .where(one_stop.c.gift_no == func.any(sorted(set(gift_nos))))
            .order_by(one_stop.c.id)
            .with_for_update()
        )
    )


def lock_one(tx: Transaction, gift_no: str) -> Row[Any] | None:
    """The application of a gift, locked until the transaction ends."""
    return next(iter(lock(tx, [gift_no])), None)


def move(
    tx: Transaction,
    row: Row[Any],
    after: str,
    *,
    why: Sequence[str] = (),
    day: dt.date | None = None,
    **values: Any,
) -> None:
    """Move a locked application along a drawn edge, and write the step.

    What of a person is no longer needed in the new state is forgotten with the same statement.

    Raises:
        Conflict: when there is no such edge.
    """
    ONE_STOP.check(row.state, after)
    kept = {
        "facts": None,
        "reasons": [],
        **({} if after in STANDING else {"born_on": None}),
        **values,
    }
    tx.connection.execute(
        update(one_stop).where(one_stop.c.id == row.id).values(state=after, moved_at=tx.now, **kept)
    )
    note(tx, [row.id], after, why=why, day=day)


def change(tx: Transaction, row_id: int, **values: Any) -> None:
    """Write values of a locked application that is not moved."""
    tx.connection.execute(update(one_stop).where(one_stop.c.id == row_id).values(**values))


def note(
    tx: Transaction,
    row_ids: Sequence[int],
    act: str,
    *,
    why: Sequence[str] = (),
    day: dt.date | None = None,
) -> None:
    """Write one step of each: a state that was reached, ``printed`` or ``changed``.

    Whoever asks on a page of the public is the donor; the rest is done by people or by the clock.
    """
    kind = "person" if tx.by.is_person() else "donor" if act in _OF_DONORS else "system"
    step = {
        "act": act,
        "reasons": list(why),
        "day": day,
        "actor_kind": kind,
        "person_id": tx.by.person_id if kind == "person" else None,
        "at": tx.now,
    }
    tx.connection.execute(
        insert(one_stop_step), [{"one_stop_id": row_id, **step} for row_id in row_ids]
    )


def forget_births(tx: Transaction, row_ids: Sequence[int]) -> None:
    """Forget the days of birth of locked applications."""
    tx.connection.execute(
        update(one_stop).where(one_stop.c.id == func.any(list(row_ids))).values(born_on=None)
    )
