"""What rooms above learn about monthly payments."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.payments.subscriptions_domain import InvoiceFacts
from fund.platform.house import Message


@dataclass(frozen=True)
class InstalmentPaid(Message):
    """A month was charged: somebody must say whose gift it is, by ``take_instalment``."""

    pledge_no: str
    invoice: InvoiceFacts


@dataclass(frozen=True)
class InstalmentMissed(Message):
    """A month's charge failed; the provider tries again at ``next_attempt_at``, or never."""

    pledge_no: str
    invoice_id: str
    attempt: int
    code: str | None
    next_attempt_at: dt.datetime | None


@dataclass(frozen=True)
class CardChanged(Message):
    """From now on another card is charged for a pledge: the donor gave it on the hosted page.

    ``subject`` names the change for whoever tells of it once.
    """

    pledge_no: str
    subject: str


@dataclass(frozen=True)
class SubscriptionMoved(Message):
    """A monthly payment is now active, past_due, paused or ended.

    ``reason`` of an end: ``failure`` of the last charge, ``asked`` for (by whomever), or
    ``unpaid`` for one that never began.
    """

    pledge_no: str
    state: str
    reason: str | None
