"""Looking at monthly payments, between transactions: after an event, and by the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import Row

from fund.kernel.actor import system
from fund.kernel.errors import Unavailable
from fund.payments import cards, events, queries, subscriptions, subscriptions_store
from fund.payments.queries import EventView
from fund.payments.subscriptions_domain import FORGET_AFTER, LATER_LOOKS
from fund.payments.subscriptions_ports import Subscriptions
from fund.platform.house import Delivery, House

log = structlog.get_logger("fund.payments")

LOOKS_AT_ONCE = 100


@events.on(
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
)
def _subscription(house: House, event: EventView, now: dt.datetime) -> str | None:
    if not event.object_id:
        return "it names no subscription"
    return subscriptions.refresh(house, now=now, subscription_id=event.object_id)


@events.on("invoice.paid", "invoice.payment_failed", "invoice.voided")
def _invoice(house: House, event: EventView, now: dt.datetime) -> str | None:
    parent = _mapping(event.object.get("parent"))
    found = events.identifier(_mapping(parent.get("subscription_details")).get("subscription"))
    if found is None:
        return "the invoice belongs to no subscription"
    return subscriptions.refresh(house, now=now, subscription_id=found)


@events.on("setup_intent.succeeded")
def _card(house: House, event: EventView, now: dt.datetime) -> str | None:
    if not event.object_id:
        return "it names no card"
    return cards.adopt(house, now=now, setup_id=event.object_id)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def sweep(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Look at every monthly payment whose look is due: events may have been lost."""
    while True:
        with house.transaction(by=system("sweep"), now=now) as tx:
            due = subscriptions_store.claim_looks(tx, LOOKS_AT_ONCE, LATER_LOOKS)
        if not due:
            return
        for row in due:
            try:
                _look(house, now, row)
            except Unavailable:
                log.warning("provider unavailable during the sweep of subscriptions")
                return


def _look(house: House, now: dt.datetime, row: Row[Any]) -> None:
    if row.card_session is not None:
        cards.look(house, now=now, pledge_no=row.pledge_no)
    found = row.subscription_id or _begun(house, row.gift_no)
    if found is not None:
        subscriptions.refresh(house, now=now, subscription_id=found)
    elif now - row.created_at > FORGET_AFTER:
        subscriptions.give_up(house, now=now, pledge_no=row.pledge_no)


def _begun(house: House, gift_no: str) -> str | None:
    """The subscription that one of a gift's payment pages began, found without any event."""
    with house.database.reading() as connection:
        attempts = queries.payments_of(connection, gift_no)
    for attempt in reversed(attempts):
        if attempt.state == "succeeded" and attempt.session_id is not None:
            return house.port(Subscriptions).of_session(attempt.session_id)
    return None


def end_subscription(house: House, *, now: dt.datetime, subscription_id: str, **_: Any) -> None:
    """End a subscription that must not go on, and follow what the provider says then."""
    house.port(Subscriptions).end(subscription_id)
    subscriptions.refresh(house, now=now, subscription_id=subscription_id)


DELIVERIES: dict[str, Delivery] = {
    "payments.sweep_subscriptions": sweep,
    "payments.end_subscription": end_subscription,
}
PERIODIC = {"payments.sweep_subscriptions": "*/5 * * * *"}
