"""How much of one kind waits for somebody: counted, summed and dated in one statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from fund.kernel.calendar import day_in_japan
from fund.kernel.money import Yen


@dataclass(frozen=True)
class Waiting:
    """So many things: since when the oldest waits (a day in Japan), and their whole yen.

    ``yen`` is None where the things are no money; ``since`` where nobody knows, or nothing waits.
    """

    count: int
    since: dt.date | None = None
    yen: Yen | None = None


def tally(connection: Connection, asked: Select[Any]) -> Waiting:
    """Tally rows: their column ``since`` is a moment or a day, ``yen``, if there is one, money."""
    rows = asked.order_by(None).subquery()
    money = "yen" in rows.c
    found = connection.execute(
        select(
            func.count(),
            func.min(rows.c.since),
            func.coalesce(func.sum(func.abs(rows.c.yen)), 0) if money else func.count(),
        )
    ).one()
    since = day_in_japan(found[1]) if isinstance(found[1], dt.datetime) else found[1]
    return Waiting(int(found[0]), since, Yen(int(found[2])) if money else None)
