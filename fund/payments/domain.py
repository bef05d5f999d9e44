"""What can become of a payment, and what the provider's facts mean for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen
from fund.kernel.transitions import Transitions

PAYMENT = Transitions.table(
    "支払い",
    {
        "created": {"open", "succeeded", "expired", "canceled"},
        "open": {"succeeded", "failed", "expired", "canceled"},
        # Money that arrives late is still money: an ended payment may yet succeed.
        "failed": {"succeeded"},
        "expired": {"succeeded"},
        "canceled": {"succeeded"},
        "succeeded": set(),
    },
)
"""``open`` means the hosted page exists; ``succeeded`` is the end of every payment that paid."""

OFFLINE_METHODS = frozenset({"counter", "bank"})
SESSION_LIFE = dt.timedelta(hours=23)
"""How long the hosted page stays open (the provider allows 30 minutes to 24 hours)."""

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
INTENT_EVENTS = frozenset({"payment_intent.succeeded", "payment_intent.payment_failed"})


@dataclass(frozen=True)
class CheckoutFacts:
    """A checkout as the provider reports it now; events only say that it is time to look.

    ``yen`` is whole yen (JPY is zero-decimal); ``paid_at`` aware UTC, None while unpaid;
    ``failure_code`` is the last decline's code, also while the page is still open.
    """

    session_id: str
    payment_no: str | None
    status: str
    paid: bool
    yen: Yen
    currency: str
    livemode: bool
    intent_id: str | None
    intent_status: str | None
    paid_at: dt.datetime | None
    failure_code: str | None


def state_after(facts: CheckoutFacts) -> str:
    """The state that the provider's facts ask for: open, succeeded, failed or expired."""
    if facts.paid:
        return "succeeded"
    if facts.status == "expired":
        return "expired"
    if facts.status == "complete" and facts.intent_status == "requires_payment_method":
        return "failed"
    if facts.status == "complete" and facts.intent_status == "canceled":
        return "canceled"
    return "open"


def mismatch(facts: CheckoutFacts, yen: Yen, *, livemode: bool) -> str | None:
    """Why these facts cannot belong to a payment of ``yen``; None when they can."""
    if facts.livemode != livemode:
        return "the event comes from the other mode (live or test)"
    if facts.currency != "jpy":
        return f"paid in {facts.currency}, not in yen"
    if facts.yen != yen:
        return f"paid {int(facts.yen)} yen, asked for {int(yen)}"
    return None
