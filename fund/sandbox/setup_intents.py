"""Setup intents: a card given for later moves between Stripe's states, each with its event."""

from __future__ import annotations

from fund.sandbox import intents
from fund.sandbox.cards import Decline
from fund.sandbox.intents import Means
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, new_id


def require_action(till: Till, intent: Thing, means: Means, action: Thing) -> None:
    """Wait for the bank's page."""
    method = intents.hold_method(till, intent, means)
    _move(till, intent, "requires_action", payment_method=method["id"], next_action=action)


def keep(till: Till, intent: Thing, means: Means) -> None:
    """The card was given: it belongs to the customer and may be charged from now on."""
    held = intent["payment_method"] if intent["status"] == "requires_action" else None
    method = held or intents.hold_method(till, intent, means)["id"]
    if means.card is not None:  # as of a subscription: it will be charged again
        ends = [means.card.exp_month, means.card.exp_year]
        kept = {"number": means.card.number, "ends": ends}
        till.store.hide(method, card=kept, payer=vars(means.payer))
    till.emit("payment_method.attached", till.get("payment_method", method))
    attempt = new_id("setatt")
    _move(till, intent, "succeeded", payment_method=method, latest_attempt=attempt)


def refuse(till: Till, intent: Thing, means: Means, why: Decline) -> None:
    """The card's bank said no: another one may be tried on the same page."""
    error: Thing = {
        "code": why.code,
        "doc_url": f"https://docs.stripe.com/error-codes/{why.code.replace('_', '-')}",
        "message": why.en,
        "payment_method": intents.hold_method(till, intent, means),
        "type": "card_error",
    }
    if why.decline_code and why.code == "card_declined":
        error["decline_code"] = why.decline_code
    _move(
        till,
        intent,
        "requires_payment_method",
        last_setup_error=error,
        latest_attempt=new_id("setatt"),
        payment_method=None,
    )


def cancel(till: Till, intent: Thing) -> None:
    """Its session ended without a card."""
    _move(till, intent, "canceled", cancellation_reason="abandoned")


_EVENTS = {
    "requires_action": "setup_intent.requires_action",
    "succeeded": "setup_intent.succeeded",
    "requires_payment_method": "setup_intent.setup_failed",
    "canceled": "setup_intent.canceled",
}


def _move(till: Till, intent: Thing, status: str, **changes: object) -> None:
    cleared: Thing = {"next_action": None, "last_setup_error": None}
    intent |= {**cleared, **changes, "status": status}
    till.store.save(intent)
    till.emit(_EVENTS[status], intent)
