"""Stripe behind the port of changing cards: Checkout in ``setup`` mode.

As Stripe's guide "Update payment details" has it: a session that charges nothing keeps a card of
the customer; its SetupIntent, which carries our references, names the payment method; that
becomes the subscription's ``default_payment_method``. What is owed is then tried at once with
``POST /v1/invoices/{id}/pay``; a refusal (402) leaves the provider's plan of retries as it is.
"""

from __future__ import annotations

from typing import Any

import stripe
import structlog

from fund.adapters import stripe_reading as reading
from fund.adapters.stripe_connection import StripeConnection
from fund.kernel.errors import NotFound, Unavailable
from fund.payments.subscriptions_ports import CardOrder, CardPage, Cards, GivenCard

log = structlog.get_logger("fund.stripe")


class StripeCards(Cards):
    """The port over ``StripeClient``; safe to share between threads."""

    def __init__(self, connection: StripeConnection) -> None:
        self._v1 = connection.client.v1
        self._ask = connection.ask

    def open_page(self, order: CardOrder) -> CardPage:
        """Create the session; in this mode the currency must be named."""
        references = {"subscription": order.subscription_id, "pledge": order.pledge_no}
        params: dict[str, Any] = {
            "mode": "setup",
            "currency": "jpy",
            "customer": order.customer_id,
            "allowed_payment_method_types": ["card"],
            "locale": order.locale,
            "metadata": references,
            "setup_intent_data": {"metadata": references},
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
        }
        made = self._ask(
            "create setup",
            lambda: self._v1.checkout.sessions.create(params),  # type: ignore[arg-type]
        )
        page = _page(made.to_dict())
        if page.url is None:
            raise Unavailable("決済ページを開けませんでした")
        return page

    def page(self, session_id: str) -> CardPage | None:
        """Retrieve the session."""
        try:
            found = self._ask("retrieve", lambda: self._v1.checkout.sessions.retrieve(session_id))
        except NotFound:
            return None
        return _page(found.to_dict())

    def given(self, setup_id: str) -> GivenCard | None:
        """Retrieve the SetupIntent and read the card and what it is for."""
        try:
            found = self._ask(
                "retrieve setup", lambda: self._v1.setup_intents.retrieve(setup_id)
            ).to_dict()
        except NotFound:
            return None
        method = reading.identifier(found.get("payment_method"))
        subscription = (found.get("metadata") or {}).get("subscription")
        asked_at = reading.moment(found.get("created"))
        if found.get("status") != "succeeded" or not (method and subscription and asked_at):
            return None
        return GivenCard(str(subscription), method, asked_at)

    def use(self, card: GivenCard) -> bool:
        """Make it the card of the subscription."""
        try:
            self._ask(
                "change card",
                lambda: self._v1.subscriptions.update(
                    card.subscription_id, {"default_payment_method": card.method_id}
                ),
            )
        except (NotFound, stripe.InvalidRequestError):
            log.warning("a card could not take the place of the one before")
            return False
        return True

    def charge_owed(self, subscription_id: str) -> None:
        """Pay every open invoice that was tried before."""
        owed = self._ask(
            "list invoices",
            lambda: self._v1.invoices.list({"subscription": subscription_id, "status": "open"}),
        )
        for invoice in owed.to_dict()["data"]:
            try:
                self._ask("pay", lambda: self._v1.invoices.pay(invoice["id"]))  # noqa: B023
            except stripe.CardError as refusal:
                log.info("a new card was refused", code=refusal.code)
            except stripe.InvalidRequestError:
                log.info("an invoice was settled before it could be paid")


def _page(session: dict[str, Any]) -> CardPage:
    return CardPage(
        session_id=str(session["id"]),
        status=str(session.get("status") or "open"),
        url=session.get("url") if session.get("status") == "open" else None,
        setup_id=reading.identifier(session.get("setup_intent")),
    )
