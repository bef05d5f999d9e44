"""Work by the clock about wishes: the donor's second use opens the day after the term."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.allocation import terms
from fund.platform.house import Delivery, House


def open_fallbacks(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Redirect what waits beyond the term of its wish; repeating it changes nothing."""
    terms.open_fallbacks(house, now=now)


DELIVERIES: dict[str, Delivery] = {"allocation.open_fallbacks": open_fallbacks}
PERIODIC = {"allocation.open_fallbacks": "10 16 * * *"}
"""Ten past one at night in Japan: before anybody drafts a run on the first day."""
