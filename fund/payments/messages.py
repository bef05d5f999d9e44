"""What rooms above learn about payments."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen
from fund.platform.house import Message


@dataclass(frozen=True)
class PaymentReceived:
    """Money for a gift came in and is booked as held."""

    payment_no: str
    gift_no: str
    yen: Yen
    method: str
    paid_at: dt.datetime
    received_on: dt.date


@dataclass(frozen=True)
class PaymentsReceived(Message):
    """One or many payments succeeded in this transaction, each of another gift."""

    received: tuple[PaymentReceived, ...]


@dataclass(frozen=True)
class PaymentPartlyArrived(Message):
    """More of a transfer came in, not all of it: ``arrived`` so far, ``missing`` still."""

    payment_no: str
    gift_no: str
    arrived: Yen
    missing: Yen


@dataclass(frozen=True)
class PaymentExceeded(Message):
    """A donor transferred more than was offered: ``yen`` lie at the provider, in no books."""

    payment_no: str
    gift_no: str
    yen: Yen


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


@dataclass(frozen=True)
class PaymentWaiting(Message):
    """The donor chose to pay at a shop or by transfer: the way is known, the money is not here.

    ``until`` is the deadline (aware UTC), None where the provider named none.
    """

    payment_no: str
    gift_no: str
    method: str
    until: dt.datetime | None


@dataclass(frozen=True)
class MoneyReturned(Message):
    """Money of a payment went back to the donor (a refund left, at the provider or the bank).

    ``external`` marks a refund nobody here asked for (made in the provider's dashboard).
    """

    refund_no: str
    payment_no: str
    gift_no: str
    yen: Yen
    on: dt.date
    reason: str
    method: str
    external: bool


@dataclass(frozen=True)
class ReturnFailed(Message):
    """A refund that had left came back: the donor's bank did not take it."""

    refund_no: str
    payment_no: str
    gift_no: str
    yen: Yen
    on: dt.date


@dataclass(frozen=True)
class MoneyDisputed(Message):
    """The donor's card company took the money of a payment back until it has decided."""

    dispute_id: str
    payment_no: str
    gift_no: str
    yen: Yen
    on: dt.date


@dataclass(frozen=True)
class DisputeClosed(Message):
    """A dispute ended: ``won`` gives the money back, lost keeps it with the donor."""

    dispute_id: str
    payment_no: str
    gift_no: str
    yen: Yen
    on: dt.date
    won: bool


@dataclass(frozen=True)
class PaymentDue(Message):
    """A voucher ends within a day and is not paid yet (said once; ``until`` is aware UTC)."""

    payment_no: str
    gift_no: str
    until: dt.datetime
