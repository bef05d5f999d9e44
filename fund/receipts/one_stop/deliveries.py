"""Forgetting by the clock: no day of birth stays longer than it is needed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.kernel.actor import system
from fund.kernel.calendar import day_in_japan
from fund.platform.house import Delivery, House
from fund.receipts.one_stop import commands, queries

UNPAID = dt.timedelta(days=60)
"""How long the wish of a gift waits that no money comes for."""


def forget_births(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Forget days of birth that nobody needs any more."""
    with house.database.reading() as connection:
        due = queries.births_to_forget(connection, day_in_japan(now), now - UNPAID)
    if due:
        commands.forget(house, by=system("one-stop"), now=now, gift_nos=due)


DELIVERIES: dict[str, Delivery] = {"receipts.forget_births": forget_births}
PERIODIC = {"receipts.forget_births": "31 17 * * *"}
