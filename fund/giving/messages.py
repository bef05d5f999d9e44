"""What rooms above learn about gifts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.platform.house import Message


@dataclass(frozen=True)
class GiftsAccepted(Message):
    """The ward accepted these gifts (採納): they are the fund's from ``accepted_on`` on."""

    batch_no: str
    gift_nos: tuple[str, ...]
    accepted_on: dt.date
