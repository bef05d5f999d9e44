"""Payment intents and their charges: the moves between Stripe's states, each with its events."""

from __future__ import annotations

from dataclasses import dataclass

from fund.kernel.transitions import Transitions
from fund.sandbox import balance
from fund.sandbox.cards import Card, Decline
from fund.sandbox.errors import ApiError
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, blank, new_id

STATES = Transitions.table(
    "payment_intent",
    {
        "requires_payment_method": {
            "requires_payment_method",
            "requires_action",
            "succeeded",
            "canceled",
        },
        "requires_action": {"requires_payment_method", "requires_action", "succeeded", "canceled"},
        "succeeded": set(),
        "canceled": set(),
    },
)


@dataclass(frozen=True)
class Payer:
    """Who pays, as typed on the pay page; empty where the method does not ask."""

    name: str = ""
    email: str = ""
    phone: str = ""

    def billing(self) -> Thing:
        """The API's billing details."""
        details = {
            "email": self.email or None,
            "name": self.name or None,
            "phone": self.phone or None,
        }
        form: Thing = blank("payment_method")["billing_details"]
        return form | details


@dataclass(frozen=True)
class Means:
    """What is paid with: the method's name and what the API shows of it."""

    kind: str
    payer: Payer
    shown: Thing
    card: Card | None = None
    held: str | None = None
    """The payment method it was kept as before, when it is charged again without the payer."""


def by_card(card: Card, payer: Payer) -> Means:
    """A card as a means of payment."""
    return Means("card", payer, card.facts(), card)


def open_for(till: Till, session: Thing) -> Thing:
    """The session's payment intent; it comes into being with the first attempt to pay."""
    known = of_session(till, session)
    if known is not None:
        return known
    monthly = session["mode"] == "subscription"
    data = till.store.hidden(session["id"]).get("payment_intent_data", {})
    identifier = new_id("pi")
    intent = till.make(
        "payment_intent",
        "pi",
        id=identifier,
        amount=session["amount_total"],
        client_secret=new_id(f"{identifier}_secret"),
        customer=session["customer"] or till.store.hidden(session["id"]).get("customer"),
        description="Subscription creation" if monthly else data.get("description"),
        metadata=data.get("metadata", {}),
        payment_method_options=_options(session),
        payment_method_types=session["payment_method_types"],
        receipt_email=data.get("receipt_email"),
        setup_future_usage="off_session" if monthly else None,
        statement_descriptor=data.get("statement_descriptor"),
        statement_descriptor_suffix=data.get("statement_descriptor_suffix"),
    )
    if monthly:  # the API shows it on the invoice only
        till.store.hide(session["id"], intent=identifier)
    else:
        session["payment_intent"] = identifier
        till.store.save(session)
    till.emit("payment_intent.created", intent)
    return intent


def of_session(till: Till, session: Thing) -> Thing | None:
    """The intent that pays a session, if a payment was tried."""
    known = session["payment_intent"] or till.store.hidden(session["id"]).get("intent")
    return till.get("payment_intent", known) if known else None


def _options(session: Thing) -> Thing:
    asked = session["payment_method_options"]
    options: Thing = {}
    if "card" in session["payment_method_types"]:
        options["card"] = {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        }
    if "konbini" in session["payment_method_types"]:
        days = asked.get("konbini", {}).get("expires_after_days", 3)
        options["konbini"] = {
            "confirmation_number": None,
            "expires_after_days": days,
            "expires_at": None,
            "product_description": None,
        }
    if "customer_balance" in session["payment_method_types"]:
        options["customer_balance"] = {
            "bank_transfer": {"type": "jp_bank_transfer", "requested_address_types": ["zengin"]},
            "funding_type": "bank_transfer",
        }
    return options


def hold_method(till: Till, intent: Thing, means: Means) -> Thing:
    """Keep what is paid with as a payment method object."""
    if means.held is not None:
        return till.get("payment_method", means.held)
    shown = means.shown
    if means.card is not None:
        facts = means.card.facts()
        networks = {"available": [facts["brand"]], "preferred": None}
        shown = blank(
            "payment_method.card", **facts, display_brand=facts["brand"], networks=networks
        )
    method = till.make(
        "payment_method",
        "pm",
        billing_details=means.payer.billing(),
        customer=intent["customer"],
        type=means.kind,
    )
    method[means.kind] = shown if means.kind == "card" else {}
    return till.store.save(method)


def require_action(till: Till, intent: Thing, means: Means, action: Thing) -> Thing:
    """Wait for something the payer does elsewhere: a bank's page, a shop, a transfer."""
    method = hold_method(till, intent, means)
    return _move(
        till,
        intent,
        "requires_action",
        "payment_intent.requires_action",
        payment_method=method["id"],
        next_action=action,
        last_payment_error=None,
    )


def succeed(till: Till, intent: Thing, means: Means) -> Thing:
    """Take the money: a succeeded charge, its balance transaction and the intent's end."""
    method = intent["payment_method"] if intent["status"] == "requires_action" else None
    method = method or hold_method(till, intent, means)["id"]
    charge = _charge(till, intent, means, method)
    charge |= {
        "amount_captured": intent["amount"],
        "captured": True,
        "outcome": blank("outcome"),
        "paid": True,
        "status": "succeeded",
    }
    charge["balance_transaction"] = balance.post_charge(till, charge)["id"]
    till.store.save(charge)
    till.emit("charge.succeeded", charge)
    later = means.card.later if means.card else None
    if later:
        till.store.hide(charge["id"], later=later)
        if later.startswith(("dispute", "inquiry")):
            till.remind(60, "dispute_later", charge["id"])
    return _move(
        till,
        intent,
        "succeeded",
        "payment_intent.succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        next_action=None,
        payment_method=method,
        last_payment_error=None,
    )


def decline(till: Till, intent: Thing, means: Means, why: Decline) -> Thing:
    """Refuse the money: a failed charge, and the intent asks for another means."""
    method = hold_method(till, intent, means)
    charge = _charge(till, intent, means, method["id"])
    outcome = {
        "network_decline_code": "05",
        "network_status": "declined_by_network",
        "reason": why.decline_code or why.code,
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }
    charge |= {
        "failure_code": why.code,
        "failure_message": why.en,
        "outcome": blank("outcome", **outcome),
        "status": "failed",
    }
    till.store.save(charge)
    till.emit("charge.failed", charge)
    return fail(till, intent, why, method=method, charge=charge["id"])


def fail(
    till: Till,
    intent: Thing,
    why: Decline,
    *,
    method: Thing | None = None,
    charge: str | None = None,
) -> Thing:
    """End an attempt without money; ``charge`` is the failed charge where there was one."""
    if method is None and intent["payment_method"]:
        method = till.get("payment_method", intent["payment_method"])
    error: Thing = {
        "code": why.code,
        "doc_url": f"https://docs.stripe.com/error-codes/{why.code.replace('_', '-')}",
        "message": why.en,
        "payment_method": method,
        "type": "card_error" if charge else "invalid_request_error",
    }
    if charge:
        error["charge"] = charge
    if why.decline_code and why.code == "card_declined":
        error["decline_code"] = why.decline_code
    return _move(
        till,
        intent,
        "requires_payment_method",
        "payment_intent.payment_failed",
        last_payment_error=error,
        latest_charge=charge or intent["latest_charge"],
        next_action=None,
        payment_method=None,
    )


def cancel(till: Till, intent: Thing, reason: str) -> Thing:
    """Give the intent up for good."""
    return _move(
        till,
        intent,
        "canceled",
        "payment_intent.canceled",
        canceled_at=till.now(),
        cancellation_reason=reason,
        next_action=None,
    )


def _charge(till: Till, intent: Thing, means: Means, method: str) -> Thing:
    shown = means.shown
    if means.card is not None:
        facts = means.card.facts()
        shown = blank("card_details", **facts, network=facts["brand"], amount_authorized=None)
        shown["overcapture"]["maximum_amount_capturable"] = intent["amount"]
    identifier = new_id("ch" if means.kind == "card" else "py")
    return till.make(
        "charge",
        "ch",
        id=identifier,
        amount=intent["amount"],
        billing_details=means.payer.billing(),
        customer=intent["customer"],
        description=intent["description"],
        metadata=intent["metadata"],
        payment_intent=intent["id"],
        payment_method=method,
        payment_method_details={"type": means.kind, means.kind: shown},
        receipt_email=intent["receipt_email"],
    )


def _move(till: Till, intent: Thing, state: str, event: str, **changes: object) -> Thing:
    if not STATES.allows(intent["status"], state):
        raise ApiError(
            f"This PaymentIntent's status is {intent['status']}; it cannot become {state}.",
            code="payment_intent_unexpected_state",
        )
    intent |= {"status": state, **changes}
    till.store.save(intent)
    till.emit(event, intent)
    return intent
