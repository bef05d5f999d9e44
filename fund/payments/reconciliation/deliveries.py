"""When the comparison runs: every night, and whenever a payout has come to its end."""

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


def after_payout(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Compare because a payout ended."""
    commands.reconcile(house, now=now, thorough=False)


@events.on("payout.paid", "payout.failed", "payout.canceled", "payout.reconciliation_completed")
def _payout(house: House, event: EventView, now: dt.datetime) -> str | None:
    """A payout ended: three events say so, one comparison is enough."""
    del event
    with house.transaction(by=system("provider"), now=now) as tx:
        tx.enqueue(TASK, once=TASK)
    return None


DELIVERIES: dict[str, Delivery] = {TASK: after_payout, "payments.reconcile_all": nightly}
PERIODIC = {"payments.reconcile_all": "15 18 * * *"}
"""03:15 in Japan."""
