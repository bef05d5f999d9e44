"""What rooms above learn about payments."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen
from fund.platform.house import Message


@dataclass(frozen=True)
class PaymentReceived(Message):
    """Money for a gift came in and is booked as held."""

    payment_no: str
    gift_no: str
    yen: Yen
    method: str
    paid_at: dt.datetime
    received_on: dt.date


@dataclass(frozen=True)
class PaymentFailed(Message):
    """A payment ended without money."""

    payment_no: str
    gift_no: str
    code: str | None


@dataclass(frozen=True)
class PaymentExpired(Message):
    """Nobody paid before the hosted page closed."""

    payment_no: str
    gift_no: str
