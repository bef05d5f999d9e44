"""What the provider says of a monthly payment, as plain frozen facts, and what it means for us."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen
from fund.payments.domain import CheckoutFacts

FIRST_LOOK = dt.timedelta(minutes=5)
"""How long after its payment page a subscription is looked for by ourselves."""
LATER_LOOKS = dt.timedelta(hours=6)
CHARGED_AFTER = dt.timedelta(hours=3)
"""The provider charges about an hour after a period began; then it is worth a look."""
FORGET_AFTER = dt.timedelta(days=40)
"""A subscription whose payment page was never paid is not looked for any longer."""
_BEHIND = frozenset({"past_due", "unpaid", "incomplete"})
_OVER = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True)
class InvoiceFacts:
    """One month's invoice (whole yen, aware UTC).

    ``intent`` is the payment behind it where there is something to know of it: the money that
    came in, or why the last attempt failed. ``first`` marks the invoice of the payment page.
    """

    invoice_id: str
    status: str
    first: bool
    yen: Yen
    currency: str
    livemode: bool
    attempts: int
    period_start: dt.datetime
    next_attempt_at: dt.datetime | None
    intent: CheckoutFacts | None

    @property
    def paid(self) -> bool:
        """Whether money came in by a payment that we can name."""
        intent = self.intent
        return self.status == "paid" and self.yen > 0 and intent is not None and intent.paid


@dataclass(frozen=True)
class SubscriptionDossier:
    """A subscription with its invoices, oldest first.

    ``pledge_no`` and ``payment_no`` (of the page that began it) are ours, from its metadata.

    ``status`` is the provider's word; ``end_reason`` its word for why it ended; ``period_end``
    when the next charge begins.
    """

    subscription_id: str
    pledge_no: str | None
    payment_no: str | None
    customer_id: str | None
    status: str
    paused: bool
    end_reason: str | None
    period_end: dt.datetime | None
    livemode: bool
    invoices: tuple[InvoiceFacts, ...] = ()

    @property
    def state(self) -> str:
        """Our word for it: active, past_due, paused or ended."""
        if self.status in _OVER:
            return "ended"
        if self.paused:
            return "paused"
        return "past_due" if self.status in _BEHIND else "active"

    @property
    def missed(self) -> InvoiceFacts | None:
        """The newest invoice that was tried in vain and is still owed."""
        owed = [one for one in self.invoices if one.status == "open" and one.attempts > 0]
        return owed[-1] if owed else None


def ended_reason(dossier: SubscriptionDossier) -> str:
    """Why it ended, as far as the provider knows: ``failure`` or ``asked``."""
    return "failure" if dossier.end_reason == "payment_failed" else "asked"


def next_look(dossier: SubscriptionDossier, now: dt.datetime) -> dt.datetime | None:
    """When to look by ourselves: soon while a charge is behind, else when the next is through."""
    if dossier.state == "ended":
        return None
    if dossier.state == "past_due" or dossier.period_end is None:
        return now + LATER_LOOKS
    due = dossier.period_end + CHARGED_AFTER
    return due if due > now else now + LATER_LOOKS


def mismatch(dossier: SubscriptionDossier, invoice: InvoiceFacts, *, livemode: bool) -> str | None:
    """Why an invoice's money cannot be booked as it stands; None when it can."""
    if invoice.livemode != livemode or dossier.livemode != livemode:
        return "the invoice comes from the other mode (live or test)"
    if invoice.currency != "jpy":
        return f"paid in {invoice.currency}, not in yen"
    if invoice.intent is not None and invoice.intent.yen != invoice.yen:
        return f"the payment is {int(invoice.intent.yen)} yen, the invoice {int(invoice.yen)}"
    return None
