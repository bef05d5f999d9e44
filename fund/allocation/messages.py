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


@dataclass(frozen=True)
class MoneyWalkedBack(Message):
    """An award was made smaller or cancelled: yen of gifts left it and wait in their pots again."""

    award_no: str
    change_no: str
