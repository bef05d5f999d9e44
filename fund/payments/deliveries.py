"""Asking the provider, between transactions: after an event, and by the clock."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog

from fund.kernel.errors import NotFound, Unavailable
from fund.payments import commands, queries
from fund.payments.domain import INTENT_EVENTS, SESSION_EVENTS, CheckoutFacts
from fund.payments.ports import Provider
from fund.platform.house import Delivery, House

log = structlog.get_logger("fund.payments")

SWEEP_AFTER = dt.timedelta(minutes=2)
SWEEP_AT_MOST = 200


def process_event(house: House, *, now: dt.datetime, event_id: str, **_: Any) -> None:
    """Look up what an event is about and book it; repeating this changes nothing."""
    with house.database.reading() as connection:
        event = queries.event(connection, event_id)
    if event is None or event.state != "pending":
        return
    provider = house.port(Provider)
    facts: CheckoutFacts | None = None
    if event.livemode != provider.livemode:
        reason = "the event comes from the other mode (live or test)"
    elif event.type in SESSION_EVENTS:
        reason = "the provider does not know this checkout"
        try:
            facts = provider.checkout(event.object_id)
        except NotFound:
            log.warning("checkout unknown to the provider", event=event.id)
    elif event.type in INTENT_EVENTS:
        reason = "no checkout of ours"
        facts = provider.checkout_of_intent(event.object_id)
    else:
        reason = f"type {event.type} is not used"
    if facts is None:
        commands.ignore_event(house, now=now, event_id=event_id, reason=reason)
        return
    commands.apply_checkout(house, now=now, facts=facts, event_id=event_id)


def sweep(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Find payments whose event never came: the page is a hint, the provider is the truth."""
    with house.database.reading() as connection:
        waiting = queries.waiting_payments(connection, now - SWEEP_AFTER, SWEEP_AT_MOST)
    provider = house.port(Provider)
    for payment in waiting:
        if payment.session_id is None:
            commands.expire_unopened(house, now=now, payment_no=payment.no)
            continue
        try:
            facts = provider.checkout(payment.session_id)
        except NotFound:
            log.warning("checkout unknown to the provider", payment=payment.no)
            continue
        except Unavailable:
            # The rest of the list would wait for the same silence; the clock comes again.
            log.warning("provider unavailable during the sweep")
            return
        commands.apply_checkout(house, now=now, facts=facts)


DELIVERIES: dict[str, Delivery] = {
    "payments.process_event": process_event,
    "payments.sweep": sweep,
}
PERIODIC = {"payments.sweep": "* * * * *"}
