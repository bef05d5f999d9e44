"""From when a donor may be forgotten: what the law keeps is kept until its day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from fund.kernel.calendar import fiscal_year

GROUNDS = ("asked", "retention-ended")
OPEN_STATES = frozenset({"offered", "awaiting_payment", "received", "disputed"})
"""Gifts in these states still need their donor."""


def kept_until(received: Iterable[dt.date | None], years: int) -> dt.date:
    """The first day (Japan) on which nothing has to be kept any more.

    Papers of a gift are kept for ``years`` whole fiscal years after the one in which it was
    received; a gift that was never received has no papers.
    """
    days = [day for day in received if day is not None]
    if not days:
        return dt.date.min
    return dt.date(max(fiscal_year(day) for day in days) + 1 + years, 4, 1)
