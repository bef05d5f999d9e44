"""Stripe behind the provider port: hosted Checkout through the official SDK.

The only module that knows Stripe. Amounts are whole yen: JPY is a zero-decimal currency.
The local payment sandbox speaks the same protocol; only ``api_base`` differs.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import stripe

from fund.adapters.stripe_connection import StripeConnection
from fund.kernel.errors import Invalid, Unavailable
from fund.kernel.money import Yen
from fund.payments.domain import CheckoutFacts
from fund.payments.ports import CheckoutOrder, EventNote, OpenedCheckout, Provider

SIGNATURE_TOLERANCE_SECONDS = 300
EXPAND = ["payment_intent", "payment_intent.latest_charge"]


class StripeProvider(Provider):
    """The provider port over ``StripeClient``; safe to share between threads."""

    def __init__(self, connection: StripeConnection, webhook_secret: str) -> None:
        self._connection = connection
        self._client = connection.client
        self._ask = connection.ask
        self._webhook_secret = webhook_secret

    @property
    def livemode(self) -> bool:
        """Whether the key moves real money."""
        return self._connection.livemode

    def open_checkout(self, order: CheckoutOrder) -> OpenedCheckout:
        """Create the Checkout Session; the key makes a repetition return the first one."""
        references = {"payment": order.payment_no, "gift": order.gift_no}
        params: dict[str, Any] = {
            "mode": "payment",
            "allowed_payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "jpy",
                        "unit_amount": int(order.yen),
                        "product_data": {"name": order.description},
                    },
                }
            ],
            "client_reference_id": order.payment_no,
            "metadata": references,
            "payment_intent_data": {"metadata": references, "description": order.description},
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
            "locale": order.locale,
            "expires_at": int(order.expires_at.timestamp()),
        }
        if order.email:
            params["customer_email"] = order.email
        session = self._ask(
            "create",
            lambda: self._client.v1.checkout.sessions.create(
                params,  # type: ignore[arg-type]
                {"idempotency_key": order.key},
            ),
        )
        if not session.url:
            raise Unavailable("決済ページを開けませんでした")
        closes = dt.datetime.fromtimestamp(session.expires_at, dt.UTC)
        return OpenedCheckout(session.id, session.url, closes)

    def checkout(self, session_id: str) -> CheckoutFacts:
        """Retrieve the session with its intent and charge."""
        session = self._ask(
            "retrieve",
            lambda: self._client.v1.checkout.sessions.retrieve(session_id, {"expand": EXPAND}),
        )
        return _facts(session)

    def checkout_of_intent(self, intent_id: str) -> CheckoutFacts | None:
        """Find the session of a payment intent."""
        found = self._ask(
            "list",
            lambda: self._client.v1.checkout.sessions.list(
                {
                    "payment_intent": intent_id,
                    "limit": 1,
                    "expand": [f"data.{path}" for path in EXPAND],
                }
            ),
        )
        return _facts(found.data[0]) if found.data else None

    def read_event(self, body: bytes, signature: str) -> EventNote:
        """Check the signature over the raw bytes, then read the event's identity."""
        # compare_digest inside the SDK fails on non-ASCII text; such a header is no signature.
        if not signature.isascii():
            raise Invalid("signature not valid")
        try:
            text = body.decode("utf-8")
            stripe.WebhookSignature.verify_header(
                text, signature, self._webhook_secret, SIGNATURE_TOLERANCE_SECONDS
            )
            event = json.loads(text)
            return EventNote(
                id=_text(event["id"]),
                type=_text(event["type"]),
                object_id=str(event["data"]["object"].get("id") or ""),
                livemode=event.get("livemode") is True,
            )
        except stripe.SignatureVerificationError as error:
            raise Invalid("signature not valid") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Invalid("not an event") from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("an event needs text here")
    return value


def _facts(session: stripe.checkout.Session) -> CheckoutFacts:
    intent = session.payment_intent
    charge = intent.latest_charge if isinstance(intent, stripe.PaymentIntent) else None
    paid_at = None
    if session.payment_status == "paid":
        created = charge.created if isinstance(charge, stripe.Charge) else session.created
        paid_at = dt.datetime.fromtimestamp(created, dt.UTC)
    return CheckoutFacts(
        session_id=session.id,
        payment_no=session.client_reference_id,
        status=session.status or "open",
        paid=session.payment_status == "paid",
        yen=Yen(session.amount_total or 0),
        currency=session.currency or "",
        livemode=session.livemode,
        intent_id=intent.id if isinstance(intent, stripe.PaymentIntent) else intent,
        intent_status=intent.status if isinstance(intent, stripe.PaymentIntent) else None,
        paid_at=paid_at,
        failure_code=_failure(intent),
    )


def _failure(intent: Any) -> str | None:
    if not isinstance(intent, stripe.PaymentIntent):
        return None
    error = intent.last_payment_error
    if error is None:
        return None
    return getattr(error, "decline_code", None) or getattr(error, "code", None)
