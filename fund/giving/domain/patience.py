"""How long a visitor must wait before beginning another gift: a defence against card testers.

Nobody solves a riddle. An ordinary donor never waits; a program that tries stolen cards meets
a limit for its address of the network, one for the mail address it makes up, and a wait that
doubles with every card that was declined.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

HOUR = dt.timedelta(hours=1)
LEAST_TIME = dt.timedelta(seconds=5)
"""People need longer for five pages; a faster form counts ``FAST_WEIGHT`` times."""
FAST_WEIGHT = 2
FREE_DECLINES = 3
MAIL_SHARE = 2
"""One mail address may begin half of what one address of the network may."""


@dataclass(frozen=True)
class Visitor:
    """Who sends a form or goes on to a payment page, as far as counting needs it.

    ``address`` is the visitor's address of the network (it is counted under a keyed hash, never
    stored), ``origins`` the keyed hashes that drafts of the last hour carry for it, the present
    one first; ``limit`` how many gifts an address may begin in an hour; ``draft`` the secret of
    the form that is sent; ``fast`` says that it was filled in faster than people can.
    """

    address: str
    origins: tuple[str, ...]
    limit: int
    draft: str = ""
    fast: bool = False


@dataclass(frozen=True)
class Seen:
    """What an hour saw of one visitor: gifts begun, those begun too fast, cards declined.

    ``to_mail`` counts gifts begun with the mail address, ``since_decline`` is the time since the
    last card of this visitor was declined.
    """

    begun: int = 0
    fast: int = 0
    to_mail: int = 0
    declines: int = 0
    since_decline: dt.timedelta = HOUR


def wait(seen: Seen, limit: int) -> dt.timedelta:
    """How long to wait now; zero for everybody who gives as people give."""
    weight = seen.begun + seen.fast * (FAST_WEIGHT - 1)
    if weight >= limit or seen.to_mail >= max(limit // MAIL_SHARE, 1):
        return HOUR
    return wait_after_declines(seen)


def wait_after_declines(seen: Seen) -> dt.timedelta:
    """How long to wait before another card is tried."""
    if seen.declines < FREE_DECLINES:
        return dt.timedelta(0)
    doubled = dt.timedelta(minutes=2 ** min(seen.declines - FREE_DECLINES, 6))
    return max(min(doubled, HOUR) - seen.since_decline, dt.timedelta(0))
