"""Asking the provider, between transactions: after an event, and by the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import structlog

from fund.kernel.actor import system
from fund.kernel.errors import Unavailable
from fund.payments import commands, events, queries, together
from fund.payments.commands.events import LISTED
from fund.payments.commands.watching import Look
from fund.payments.domain import DECLINES_PER_PAGE, REMIND_BEFORE
from fund.payments.facts import Dossier
from fund.payments.ports import Provider
from fund.payments.queries import EventView
from fund.platform.house import Delivery, House

log = structlog.get_logger("fund.payments")

LOOKS_AT_ONCE = 100
REMINDERS_AT_ONCE = 500
LIST_OVERLAP = dt.timedelta(hours=1)
"""How far the event list is read again: events may be listed a little after they were made."""


def process_event(house: House, *, now: dt.datetime, event_id: str, **_: Any) -> None:
    """Look up what an event is about and book it; repeating this changes nothing."""
    with house.database.at_once() as connection:
        event = queries.event(connection, event_id)
    if event is None or event.state != "pending":
        return
    if event.livemode != house.port(Provider).livemode:
        reason: str | None = "the event comes from the other mode (live or test)"
    elif together.process_with_others(house, event, now):
        return
    else:
        reason = events.handle(house, event, now)
    if reason != events.CLOSED:
        commands.close_event(house, now=now, event_id=event_id, reason=reason)


@events.on(
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
def _session(house: House, event: EventView, now: dt.datetime) -> str | None:
    dossier = _fetched(house.port(Provider).dossier_of_session, event.object_id)
    return _apply(house, event, now, dossier, "the provider does not know this checkout")


@events.on(
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.partially_funded",
)
def _intent(house: House, event: EventView, now: dt.datetime) -> str | None:
    dossier = _fetched(house.port(Provider).dossier_of_intent, event.object_id)
    reason = _apply(house, event, now, dossier, "the provider does not know this payment")
    if reason in {None, events.CLOSED} and event.type == queries.DECLINED:
        _close_worn_page(house, now, event.object_id)
    return reason


def _close_worn_page(house: House, now: dt.datetime, intent_id: str) -> None:
    """Close a page on which card after card was declined: somebody tries out cards."""
    with house.database.reading() as connection:
        declined = queries.declines_on_page(connection, intent_id)
    if len(declined) >= DECLINES_PER_PAGE:
        commands.close_checkout(house, by=system("provider"), now=now, payment_no=declined[0])


@events.on("charge.refunded")
def _charge(house: House, event: EventView, now: dt.datetime) -> str | None:
    dossier = _fetched(house.port(Provider).dossier_of_charge, event.object_id)
    return _apply(house, event, now, dossier, "no payment belongs to this charge")


@events.on(
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
def _of_charge(house: House, event: EventView, now: dt.datetime) -> str | None:
    charge_id, intent_id = (_id(event, name) for name in ("charge", "payment_intent"))
    provider, dossier = house.port(Provider), None
    if charge_id:
        dossier = provider.dossier_of_charge(charge_id)
    elif intent_id:
        dossier = provider.dossier_of_intent(intent_id)
    return _apply(house, event, now, dossier, "no payment belongs to it")


@events.on("radar.early_fraud_warning.created")
def _fraud_warning(house: House, event: EventView, now: dt.datetime) -> str | None:
    return commands.note_warning(
        house, now=now, intent_id=_id(event, "payment_intent"), charge_id=_id(event, "charge")
    )


@events.on("cash_balance.funds_available", "customer_cash_balance_transaction.created")
def _cash(house: House, event: EventView, now: dt.datetime) -> str | None:
    customer_id = _id(event, "customer")
    if customer_id is None:
        return "it names no customer"
    with house.database.reading() as connection:
        if not queries.payments_of_customer(connection, customer_id):
            return "no customer of ours"
    unused = house.port(Provider).unused_cash(customer_id)
    return commands.note_excess(house, now=now, customer_id=customer_id, yen=unused)


def _id(event: EventView, name: str) -> str | None:
    """An id in the event's object, which names another object by id or holds it."""
    return events.identifier(event.object.get(name))


def _fetched(fetch: Callable[[str], Dossier | None], object_id: str) -> Dossier | None:
    return fetch(object_id) if object_id else None


def _apply(
    house: House, event: EventView, now: dt.datetime, dossier: Dossier | None, missing: str
) -> str | None:
    if dossier is None:
        log.warning("the object of an event is gone", event_id=event.id, type=event.type)
        return missing
    reason = commands.apply_dossier(house, now=now, dossier=dossier, event_id=event.id)
    return events.CLOSED if reason is None else reason


def sweep(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Look at every payment whose look is due: the page is a hint, the provider is the truth.

    Each payment is looked at the rarer the older it is, so that all are looked at, however many
    there are, and new ones within minutes.
    """
    _in_batches(house, now, LOOKS_AT_ONCE, _look)


def _in_batches(
    house: House, now: dt.datetime, size: int, act: Callable[[House, dt.datetime, Look], None]
) -> None:
    while looks := commands.claim_looks(house, now=now, limit=size):
        for number, look in enumerate(looks):
            try:
                act(house, now, look)
            except Unavailable:
                # The rest would wait for the same silence; the clock comes again.
                log.warning("provider unavailable during the sweep")
                commands.look_soon(house, now=now, looks=looks[number:])
                return


def _look(house: House, now: dt.datetime, look: Look) -> None:
    if look.session_id is None:
        commands.expire_unopened(house, now=now, payment_no=look.payment_no)
        return
    dossier = house.port(Provider).dossier_of_session(look.session_id)
    if dossier is None:
        log.warning("checkout unknown to the provider", payment=look.payment_no)
        return
    commands.apply_dossier(house, now=now, dossier=dossier)


def list_events(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Read the provider's own list of events and take what was never delivered to our door."""
    with house.database.reading() as connection:
        known = queries.watermark(connection, LISTED)
    since = None if known is None else known - LIST_OVERLAP
    newest, found = known, 0
    for event in house.port(Provider).events(since, events.used_types()):
        found += commands.keep_listed(house, now=now, event=event)
        created = event.note.created_at
        if created is not None and (newest is None or created > newest):
            newest = created
    if found:
        log.info("events that were never delivered", count=found)
    if newest is not None and newest != known:
        commands.note_listed(house, now=now, until=newest)


def remind(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Remind donors whose voucher ends within a day and is not paid yet."""
    with house.database.reading() as connection:
        due = queries.payments_to_remind(connection, now, now + REMIND_BEFORE, REMINDERS_AT_ONCE)
    for payment_no in due:
        commands.remind(house, now=now, payment_no=payment_no)


DELIVERIES: dict[str, Delivery] = {
    "payments.process_event": process_event,
    "payments.sweep": sweep,
    "payments.list_events": list_events,
    "payments.remind": remind,
}
PERIODIC = {
    "payments.sweep": "* * * * *",
    "payments.list_events": "*/5 * * * *",
    "payments.remind": "*/10 * * * *",
}
