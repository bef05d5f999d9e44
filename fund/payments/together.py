"""Events that wait together are looked up together and booked in one transaction.

An event whose task runs takes along up to 99 others of its kind. The provider is asked about all
of them first, a few at a time and before any transaction is open; then ``commands.apply_many``
books what is ordinary. Whatever else is among them keeps its task and is processed by itself.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from fund.kernel.errors import Unavailable
from fund.payments import commands, queries
from fund.payments.facts import Dossier
from fund.payments.ports import Provider
from fund.payments.queries import EventView
from fund.platform.house import House

log = structlog.get_logger("fund.payments")

TASK: Final = "payments.process_event"
AT_ONCE = 100
ASKED_AT_ONCE = 4
"""How many questions to the provider are under way for one task: it answers a hundred a second
in all, and several tasks run at once."""
OF_SESSION = frozenset({"checkout.session.completed", "checkout.session.async_payment_succeeded"})
OF_INTENT = frozenset({"payment_intent.succeeded"})
TYPES = OF_SESSION | OF_INTENT
"""Events that usually say that a payment is paid, and by which object it is asked for."""


def process_with_others(house: House, event: EventView, now: dt.datetime) -> bool:
    """Process an event that is pending with all that wait; whether it is closed now."""
    if event.type not in TYPES:
        return False
    with house.taking_along(TASK, "event_id", AT_ONCE - 1) as taken:
        if not taken:
            return False
        with house.database.at_once() as connection:
            others = queries.events_by_id(connection, taken.values())
        provider = house.port(Provider)
        ordinary = [
            one
            for one in others
            if one.state == "pending"
            and one.type in TYPES
            and one.livemode == provider.livemode
            and one.id != event.id
        ]
        # Its own question comes first: when the provider is silent, nobody else is asked about.
        own = _ask(provider, event)
        if own is None:
            return False
        closed = commands.apply_many(
            house,
            now=now,
            dossiers={event.id: own, **_asked(provider, ordinary)},
            tasks={event_id: task for task, event_id in taken.items()},
        )
    log.info("events processed together", taken=len(taken), closed=len(closed))
    return event.id in closed


def _ask(provider: Provider, event: EventView) -> Dossier | None:
    by_session = event.type in OF_SESSION
    fetch = provider.dossier_of_session if by_session else provider.dossier_of_intent
    return fetch(event.object_id) if event.object_id else None


def _asked(provider: Provider, events: Sequence[EventView]) -> Mapping[str, Dossier]:
    """What the provider says about each, a few at a time; after one silence no more is asked."""
    silent = threading.Event()

    def ask(some: Sequence[EventView]) -> dict[str, Dossier]:
        told = {}
        for event in some:
            if silent.is_set():
                break
            try:
                dossier = _ask(provider, event)
            except Unavailable:
                silent.set()
                break
            if dossier is not None:
                told[event.id] = dossier
        return told

    parts = [events[at::ASKED_AT_ONCE] for at in range(ASKED_AT_ONCE)]
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        return {event: told for part in pool.map(ask, parts) for event, told in part.items()}
