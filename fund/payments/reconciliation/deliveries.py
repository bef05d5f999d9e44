"""When the comparison runs: every hour, thoroughly every night, and when a payout has ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.kernel.actor import system
from fund.payments import deliveries as payments
from fund.payments import events
from fund.payments.queries import EventView
from fund.payments.reconciliation import commands
from fund.payments.reconciliation.commands import Report
from fund.payments.reconciliation.worklists import pending_events
from fund.platform.house import Delivery, House

TASK = "payments.reconcile"


def catch_up(house: House, *, now: dt.datetime, day: dt.date | None = None) -> Report:
    """Take every event that was never delivered, then compare (see ``commands.reconcile``).

    Raises:
        Unavailable: when the provider does not answer.
    """
    payments.list_events(house, now=now)
    with house.database.reading() as connection:
        pending = pending_events(connection)
    for event_id in pending:
        payments.process_event(house, now=now, event_id=event_id)
    return commands.reconcile(house, now=now, day=day)


def nightly(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Compare everything; what stays open is an officer's task and stands on the board."""
    catch_up(house, now=now)


def lightly(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Compare where money moved: a payout ended, or an hour has passed."""
    commands.reconcile(house, now=now, thorough=False)


@events.on("payout.paid", "payout.failed", "payout.canceled", "payout.reconciliation_completed")
def _payout(house: House, event: EventView, now: dt.datetime) -> str | None:
    """A payout ended: three events say so, one comparison is enough."""
    del event
    with house.transaction(by=system("provider"), now=now) as tx:
        tx.enqueue(TASK, once=TASK)
    return None


DELIVERIES: dict[str, Delivery] = {TASK: lightly, "payments.reconcile_all": nightly}
PERIODIC = {TASK: "45 * * * *", "payments.reconcile_all": "15 18 * * *"}
"""Every hour where money moved; at 03:15 in Japan everything, with whatever still waits."""
