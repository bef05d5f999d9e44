"""Stripe behind the provider port: hosted Checkout through the official SDK.

Amounts are whole yen: JPY is a zero-decimal currency. The local payment sandbox speaks the same
protocol; only ``api_base`` differs.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Collection, Iterator
from typing import Any

import stripe
import structlog

from fund.adapters import stripe_reading as reading
from fund.adapters.stripe_connection import StripeConnection
from fund.kernel.errors import Invalid, NotFound, Unavailable
from fund.kernel.money import Yen
from fund.payments.domain import KONBINI_DAYS
from fund.payments.events import identifier
from fund.payments.facts import Dossier
from fund.payments.ports import CheckoutOrder, EventNote, ListedEvent, OpenedCheckout, Provider

log = structlog.get_logger("fund.stripe")

SIGNATURE_TOLERANCE_SECONDS = 300
INTENT = ["latest_charge", "latest_charge.balance_transaction"]
SESSION = ["payment_intent", *(f"payment_intent.{path}" for path in INTENT)]
REFUND = ["data.balance_transaction", "data.failure_balance_transaction"]
TYPES_AT_ONCE = 20
"""How many event types one list call takes (Stripe's limit)."""
PAGE = 100

_ID, _TYPE = re.compile(r"[A-Za-z0-9_]{1,255}"), re.compile(r"[a-z0-9_.]{1,100}")
# Signed or not, bytes are read without trust: too deep, too far away, not what they should be.
_NO_EVENT = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(OverflowError, OSError, RecursionError),
)

_NAMES = {ours: theirs for theirs, ours in reading.METHODS.items()}
_OPTIONS: dict[str, dict[str, Any]] = {
    # 3-D Secure: Stripe asks for it where the card, the bank or the law of the country wants it.
    "card": {"card": {"request_three_d_secure": "automatic"}},
    "konbini": {"konbini": {"expires_after_days": KONBINI_DAYS}},
    "paypay": {},
    "bank_transfer": {
        "customer_balance": {
            "funding_type": "bank_transfer",
            "bank_transfer": {"type": "jp_bank_transfer"},
        }
    },
}


class StripeProvider(Provider):
    """The provider port over ``StripeClient``; safe to share between threads."""

    def __init__(self, connection: StripeConnection, webhook_secret: str) -> None:
        self._connection = connection
        self._client, self._prompt = connection.client, connection.prompt
        self._ask = connection.ask
        self._webhook_secret = webhook_secret

    @property
    def livemode(self) -> bool:
        """Whether the key moves real money."""
        return self._connection.livemode

    def open_checkout(self, order: CheckoutOrder) -> OpenedCheckout:
        """Create the Checkout Session; the key makes a repetition return the first one."""
        # A transfer goes to an account number of its payer's own: it needs a customer.
        customer = self._customer(order) if order.method == "bank_transfer" else None
        params = _session_params(order, customer)
        try:
            session = self._ask(
                "create",
                lambda: self._prompt.v1.checkout.sessions.create(
                    params,  # type: ignore[arg-type]
                    {"idempotency_key": order.key},
                ),
            )
        except stripe.InvalidRequestError as error:
            log.warning("checkout refused", method=order.method, param=error.param, code=error.code)
            raise Invalid(
                "この支払い方法は、いま使えません。別の方法をお選びください",
                {"method": "この支払い方法は、いま使えません。別の方法をお選びください"},
            ) from error
        if not session.url:
            raise Unavailable("決済ページを開けませんでした")
        closes = dt.datetime.fromtimestamp(session.expires_at, dt.UTC)
        return OpenedCheckout(session.id, session.url, closes, customer)

    def _customer(self, order: CheckoutOrder) -> str:
        params: dict[str, Any] = {
            "metadata": _references(order),
            "preferred_locales": [order.locale],
        }
        if order.email:
            params["email"] = order.email
        made = self._ask(
            "create customer",
            lambda: self._prompt.v1.customers.create(
                params,  # type: ignore[arg-type]
                {"idempotency_key": f"{order.key}-customer"},
            ),
        )
        return str(made.id)

    def expire_checkout(self, session_id: str) -> None:
        """Expire an open session; one that is complete or expired already stays as it is."""
        try:
            self._ask("expire", lambda: self._prompt.v1.checkout.sessions.expire(session_id))
        except (stripe.InvalidRequestError, NotFound) as error:
            # Its payer was faster, or it is long gone; the dossier tells which.
            log.info("checkout not open any more", error=type(error).__name__)

    def dossier_of_session(self, session_id: str) -> Dossier | None:
        """Retrieve the session with its intent and charge, and what became of the charge."""
        try:
            session = self._ask(
                "retrieve",
                lambda: self._client.v1.checkout.sessions.retrieve(
                    session_id, {"expand": [*SESSION, "invoice.payments"]}
                ),
            )
        except NotFound:
            return None
        return self._dossier(reading.checkout_facts(self._with_intent(session.to_dict())))

    def _with_intent(self, session: dict[str, Any]) -> dict[str, Any]:
        """A session that began a subscription shows its payment on the invoice only."""
        intent_id = reading.intent_of_invoice(session.get("invoice"))
        if session.get("payment_intent") is not None or intent_id is None:
            return session
        intent = self._ask(
            "retrieve intent",
            lambda: self._client.v1.payment_intents.retrieve(intent_id, {"expand": INTENT}),
        )
        return {**session, "payment_intent": intent.to_dict()}

    def dossier_of_intent(self, intent_id: str) -> Dossier | None:
        """Find the session of an intent; without one the intent speaks for itself."""
        found = self._ask(
            "list",
            lambda: self._client.v1.checkout.sessions.list(
                {
                    "payment_intent": intent_id,
                    "limit": 1,
                    "expand": [f"data.{path}" for path in SESSION],
                }
            ),
        )
        if found.data:
            return self._dossier(reading.checkout_facts(found.data[0].to_dict()))
        try:
            intent = self._ask(
                "retrieve intent",
                lambda: self._client.v1.payment_intents.retrieve(intent_id, {"expand": INTENT}),
            )
        except NotFound:
            return None
        return self._dossier(reading.intent_facts(intent.to_dict()))

    def dossier_of_charge(self, charge_id: str) -> Dossier | None:
        """The dossier of the intent that a charge belongs to."""
        try:
            charge = self._ask(
                "retrieve charge", lambda: self._client.v1.charges.retrieve(charge_id)
            )
        except NotFound:
            return None
        intent_id = reading.identifier(charge.to_dict().get("payment_intent"))
        return None if intent_id is None else self.dossier_of_intent(intent_id)

    def _dossier(self, facts: Any) -> Dossier:
        if facts.charge_id is None:
            return Dossier(facts)
        v1: Any = self._client.v1
        charge = {"charge": facts.charge_id, "limit": PAGE}
        refunds = self._all(lambda more: v1.refunds.list({**charge, "expand": REFUND, **more}))
        disputes = self._all(lambda more: v1.disputes.list({**charge, **more}))
        return Dossier(
            facts,
            tuple(reading.refund_facts(one) for one in reversed(refunds)),
            tuple(reading.dispute_facts(one) for one in reversed(disputes)),
        )

    def _all(self, call: Any) -> list[dict[str, Any]]:
        """Every object of a list, newest first, page by page."""
        return [one for page in self._pages(call) for one in page]

    def _pages(self, call: Any) -> Iterator[list[dict[str, Any]]]:
        more: dict[str, Any] = {}
        while True:
            page = self._ask("list", lambda: call(more))  # noqa: B023 - called at once
            found = [one.to_dict() for one in page.data]
            yield found
            if not page.has_more or not found:
                return
            more = {"starting_after": found[-1]["id"]}

    def unused_cash(self, customer_id: str) -> Yen:
        """The yen in a customer's cash balance."""
        try:
            held = self._ask(
                "cash balance", lambda: self._client.v1.customers.cash_balance.retrieve(customer_id)
            )
        except NotFound:
            return Yen(0)
        return Yen((held.to_dict().get("available") or {}).get("jpy", 0))

    def events(self, since: dt.datetime | None, types: Collection[str]) -> Iterator[ListedEvent]:
        """List events by their types, newest first within each request."""
        listing: Any = self._client.v1.events
        wanted = sorted(types)
        for start in range(0, len(wanted), TYPES_AT_ONCE):
            asked: dict[str, Any] = {"types": wanted[start : start + TYPES_AT_ONCE], "limit": PAGE}
            if since is not None:
                asked["created"] = {"gte": int(since.timestamp())}
            for page in self._pages(lambda more: listing.list({**asked, **more})):  # noqa: B023
                for event in page:
                    body = json.dumps(event, ensure_ascii=False, separators=(",", ":"), default=str)
                    yield ListedEvent(_note(event), body.encode())

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
            _refuse_from_the_future(signature)
            return _note(json.loads(text))
        except stripe.SignatureVerificationError as error:
            raise Invalid("signature not valid") from error
        except _NO_EVENT as error:
            raise Invalid("not an event") from error


def _refuse_from_the_future(signature: str) -> None:
    """The library refuses what was signed long ago; what is signed far ahead stays good too long.

    Raises:
        Invalid: for a moment further ahead than the tolerance.
    """
    # Verified before, so it is there; the first one named is the one that is signed.
    parts = (part.split("=") for part in signature.split(","))
    moment = next(int(part[1]) for part in parts if part[0] == "t")
    if moment > time.time() + SIGNATURE_TOLERANCE_SECONDS:
        raise Invalid("signature not valid")


def _session_params(order: CheckoutOrder, customer: str | None) -> dict[str, Any]:
    params: dict[str, Any] = {
        "mode": "payment",
        "allowed_payment_method_types": [_NAMES[order.method]],
        "payment_method_options": _OPTIONS[order.method],
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
        "metadata": _references(order),
        "payment_intent_data": {"metadata": _references(order), "description": order.description},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "locale": order.locale,
        "expires_at": int(order.expires_at.timestamp()),
    }
    if order.pledge_no is not None:
        _make_monthly(params, order)
    if not params["payment_method_options"]:
        del params["payment_method_options"]
    if customer is not None:
        params["customer"] = customer
    elif order.email:
        params["customer_email"] = order.email
    return params


def _make_monthly(params: dict[str, Any], order: CheckoutOrder) -> None:
    """The same page, but it begins a subscription: the intent then belongs to its invoice."""
    del params["payment_intent_data"]
    params["mode"] = "subscription"
    params["line_items"][0]["price_data"]["recurring"] = {"interval": "month"}
    params["subscription_data"] = {
        "description": order.description,
        "metadata": {**_references(order), "pledge": str(order.pledge_no)},
    }


def _references(order: CheckoutOrder) -> dict[str, str]:
    return {"payment": order.payment_no, "gift": order.gift_no}


def _note(event: Any) -> EventNote:
    created = event.get("created")
    return EventNote(
        id=_word(event["id"], _ID),
        type=_word(event["type"], _TYPE),
        object_id=identifier(event["data"]["object"].get("id")) or "",
        livemode=event.get("livemode") is True,
        created_at=reading.moment(created) if isinstance(created, int) else None,
    )


def _word(value: object, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError("an event needs a word of this form here")
    return value
