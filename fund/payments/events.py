"""What an event asks for: each module of the room says which types it looks into.

An event only says that it is time to look. Its handler fetches what the event is about from the
provider, applies that in a transaction of its own, and returns why it had no use for the event,
or None; ``CLOSED`` says that the transaction that used it closed it, too. Several handlers may
look into one type: they are asked in turn until one has a use.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Mapping

from fund.payments.queries import EventView
from fund.platform.house import House

CLOSED = ""
"""An event was used, and is closed in the transaction that used it."""

EventHandler = Callable[[House, EventView, dt.datetime], "str | None"]
"""``(house, event, now)`` → reason for not using it, or None; raises ``Unavailable`` to be
asked again later."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,255}")

_HANDLERS: dict[str, list[EventHandler]] = defaultdict(list)


def identifier(value: object) -> str | None:
    """The id in a field that holds an id or the object itself, if it can be asked for.

    Whoever runs the account may give some of its objects ids of his own, with any characters in
    them; none of these is ours, and none becomes part of an address or a row.
    """
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None


def on(*types: str) -> Callable[[EventHandler], EventHandler]:
    """Have a function look into events of these types: ``@on("payout.paid")``."""

    def register(handler: EventHandler) -> EventHandler:
        for kind in types:
            if handler not in _HANDLERS[kind]:
                _HANDLERS[kind].append(handler)
        return handler

    return register


def forget(handler: EventHandler) -> None:
    """Let a handler go again."""
    for handlers in _HANDLERS.values():
        if handler in handlers:
            handlers.remove(handler)


def used_types() -> tuple[str, ...]:
    """Every type that somebody looks into."""
    return tuple(sorted(kind for kind, handlers in _HANDLERS.items() if handlers))


def handle(house: House, event: EventView, now: dt.datetime) -> str | None:
    """Ask the handlers of an event's type in turn; the last reason when none has a use for it.

    None when one used it, ``CLOSED`` when that one also closed it in its own transaction.
    """
    reason: str | None = f"type {event.type} is not used"
    for handler in _HANDLERS.get(event.type, ()):
        reason = handler(house, event, now)
        if reason in {None, CLOSED}:
            break
    return reason
