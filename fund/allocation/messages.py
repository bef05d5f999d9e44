"""What rooms above learn about allocation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.platform.house import Message


@dataclass(frozen=True)
class RunApproved(Message):
    """A plan was posted: yen of these gifts are now committed to these awards."""

    run_no: str
    gift_nos: tuple[str, ...]
    award_nos: tuple[str, ...]
    approved_on: dt.date
