"""Stripe's subscriptions behind the port of monthly payments.

In this version of the API (2026-10-28.endive) an invoice names its subscription in
``parent.subscription_details`` and its payment in ``payments`` (shown when asked for), and a
subscription's period stands on its item. JPY is a zero-decimal currency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import stripe
import structlog

from fund.adapters import stripe_reading as reading
from fund.adapters.stripe_connection import StripeConnection
from fund.kernel.errors import NotFound
from fund.kernel.money import Yen
from fund.payments.domain import CheckoutFacts
from fund.payments.subscriptions_domain import InvoiceFacts, SubscriptionDossier
from fund.payments.subscriptions_ports import Subscriptions

log = structlog.get_logger("fund.stripe")

PAGE = 100
INTENT = ["latest_charge", "latest_charge.balance_transaction"]


class StripeSubscriptions(Subscriptions):
    """The port over ``StripeClient``; safe to share between threads."""

    def __init__(self, connection: StripeConnection) -> None:
        self._v1 = connection.client.v1
        self._ask = connection.ask

    def dossier(self, subscription_id: str, known: Collection[str]) -> SubscriptionDossier | None:
        """Retrieve the subscription, list its invoices and fetch the payments that matter."""
        try:
            found = self._retrieve(subscription_id)
        except NotFound:
            return None
        items, references = found["items"]["data"], found.get("metadata") or {}
        return SubscriptionDossier(
            subscription_id=subscription_id,
            pledge_no=references.get("pledge"),
            payment_no=references.get("payment"),
            customer_id=reading.identifier(found.get("customer")),
            status=str(found["status"]),
            paused=found.get("pause_collection") is not None,
            end_reason=(found.get("cancellation_details") or {}).get("reason"),
            period_end=reading.moment(items[0]["current_period_end"]) if items else None,
            livemode=found.get("livemode") is True,
            invoices=tuple(
                self._invoice(one, known) for one in reversed(self._invoices(subscription_id))
            ),
        )

    def _retrieve(self, subscription_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(
            "retrieve subscription", lambda: self._v1.subscriptions.retrieve(subscription_id)
        ).to_dict()
        return found

    def _invoices(self, subscription_id: str, **only: str) -> list[dict[str, Any]]:
        """Every invoice of a subscription, newest first."""
        found: list[dict[str, Any]] = []
        asked: dict[str, Any] = {
            "subscription": subscription_id,
            "limit": PAGE,
            "expand": ["data.payments"],
            **only,
        }
        while True:
            page = self._ask(
                "list invoices",
                lambda: self._v1.invoices.list({**asked}),  # type: ignore[arg-type]
            )
            found += [one.to_dict() for one in page.data]
            if not page.has_more or not found:
                return found
            asked["starting_after"] = found[-1]["id"]

    def _invoice(self, invoice: Mapping[str, Any], known: Collection[str]) -> InvoiceFacts:
        paid = invoice["status"] == "paid"
        wanted = invoice["id"] not in known if paid else invoice["attempt_count"] > 0
        return InvoiceFacts(
            invoice_id=invoice["id"],
            status=str(invoice["status"]),
            first=invoice.get("billing_reason") == "subscription_create",
            yen=Yen(invoice["amount_paid"] if paid else invoice["amount_due"]),
            currency=str(invoice["currency"]),
            livemode=invoice.get("livemode") is True,
            attempts=int(invoice["attempt_count"]),
            period_start=_at(invoice["period_start"]),
            next_attempt_at=reading.moment(invoice.get("next_payment_attempt")),
            intent=self._intent(invoice) if wanted else None,
        )

    def _intent(self, invoice: Mapping[str, Any]) -> CheckoutFacts | None:
        """The payment that paid an invoice, or was tried for it; None where there is none."""
        intent_id = reading.intent_of_invoice(invoice)
        if intent_id is None:
            return None
        intent = self._ask(
            "retrieve intent",
            lambda: self._v1.payment_intents.retrieve(intent_id, {"expand": INTENT}),
        )
        return reading.intent_facts(intent.to_dict())

    def of_session(self, session_id: str) -> str | None:
        """Retrieve the session and read its subscription."""
        try:
            session = self._ask("retrieve", lambda: self._v1.checkout.sessions.retrieve(session_id))
        except NotFound:
            return None
        return reading.identifier(session.to_dict().get("subscription"))

    def pause(self, subscription_id: str) -> None:
        """Void every invoice until it is resumed, those still open too."""
        self._update(subscription_id, {"pause_collection": {"behavior": "void"}})
        self._void_open(subscription_id)

    def resume(self, subscription_id: str) -> None:
        """Take the pause away."""
        self._update(subscription_id, {"pause_collection": ""})

    def end(self, subscription_id: str) -> None:
        """Cancel at once; nothing was paid ahead, so there is nothing to return."""
        try:
            self._ask("cancel", lambda: self._v1.subscriptions.cancel(subscription_id))
        except NotFound:
            return  # ended before, by whomever
        self._void_open(subscription_id)

    def _update(self, subscription_id: str, params: dict[str, Any]) -> None:
        # An ended one refuses changes: what it is then is told by the dossier.
        if self._retrieve(subscription_id)["status"] in ("canceled", "incomplete_expired"):
            return
        self._ask(
            "update subscription",
            lambda: self._v1.subscriptions.update(subscription_id, params),  # type: ignore[arg-type]
        )

    def _void_open(self, subscription_id: str) -> None:
        for invoice in self._invoices(subscription_id, status="open"):
            try:
                self._ask("void", lambda: self._v1.invoices.void_invoice(invoice["id"]))  # noqa: B023
            except stripe.InvalidRequestError:
                log.info("an invoice was settled before it could be given up")


def _at(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
