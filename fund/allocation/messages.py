"""What rooms above learn about allocation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen
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


@dataclass(frozen=True)
class WishRedirected(Message):
    """The term of a wish is over: yen of a share wait for the donor's second use, as a new share.

    ``before`` and ``after`` are (kind, target) of the wishes, ``reason`` a code of
    ``ledger.reasons.Redirected``.
    """

    gift_no: str
    share_id: str
    yen: Yen
    before: tuple[str, str | None]
    after: tuple[str, str | None]
    reason: str
