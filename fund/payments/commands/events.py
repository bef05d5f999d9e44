"""The inbox of the provider's events: raw bytes once, then a reason or a use."""

from __future__ import annotations

import datetime as dt

from fund.kernel.actor import system
from fund.payments import store
from fund.payments.ports import EventNote, ListedEvent, Provider
from fund.platform.house import House

LISTED = "provider.events"
"""The watermark of the event list."""


def keep_event(house: House, *, now: dt.datetime, body: bytes, signature: str) -> bool:
    """Verify and store an event once, and ask the worker to look; False if known before.

    Raises:
        Invalid: for a signature that is not the provider's; nothing is stored then.
    """
    note = house.port(Provider).read_event(body, signature)
    return _keep(house, now, note, body, "delivered")


def keep_listed(house: House, *, now: dt.datetime, event: ListedEvent) -> bool:
    """Store an event that was found in the provider's list; False if known before."""
    return _keep(house, now, event.note, event.body, "listed")


def _keep(house: House, now: dt.datetime, note: EventNote, body: bytes, source: str) -> bool:
    return store.keep_event(house, note, body, now=now, source=source)


def close_event(house: House, *, now: dt.datetime, event_id: str, reason: str | None) -> None:
    """Mark an event as processed, or with a reason as ignored; a closed one stays as it is."""
    with house.transaction(by=system("provider"), now=now) as tx:
        store.close_event(tx, event_id, "ignored" if reason else "processed", reason, now)


def ignore_event(house: House, *, now: dt.datetime, event_id: str, reason: str) -> None:
    """Keep an event without using it, and say why."""
    close_event(house, now=now, event_id=event_id, reason=reason)


def note_listed(house: House, *, now: dt.datetime, until: dt.datetime) -> None:
    """Remember that the provider's list was read up to a moment of its clock."""
    with house.transaction(by=system("sweep"), now=now) as tx:
        store.raise_watermark(tx, LISTED, until)
