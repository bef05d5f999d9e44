"""The refund desk at Stripe, over the shared connection."""

from __future__ import annotations

from typing import Any

import stripe

from fund.adapters.stripe_connection import StripeConnection
from fund.adapters.stripe_reading import refund_facts
from fund.payments.facts import RefundFacts
from fund.payments.refund_ports import RefundDesk, RefundOrder, RefundRefused

EXPAND = ["balance_transaction", "failure_balance_transaction"]


class StripeRefunds(RefundDesk):
    """The refund desk over ``StripeClient``; safe to share between threads."""

    def __init__(self, connection: StripeConnection) -> None:
        self._client = connection.client
        self._ask = connection.ask

    def refund(self, order: RefundOrder) -> RefundFacts:
        """Create the refund; one made before under our number is found and returned.

        The idempotency key protects for a day, the number in the metadata for ever.
        """
        made = self._made_before(order)
        if made is not None:
            return refund_facts(made)
        params: dict[str, Any] = {
            "payment_intent": order.intent_id,
            "amount": int(order.yen),
            "metadata": {"refund": order.refund_no},
            "expand": EXPAND,
        }
        try:
            refund = self._ask(
                "create refund",
                lambda: self._client.v1.refunds.create(
                    params,  # type: ignore[arg-type]
                    {"idempotency_key": f"{order.refund_no}-refund"},
                ),
            )
        except stripe.InvalidRequestError as error:
            raise RefundRefused(error.code or "refund_refused") from error
        return refund_facts(refund.to_dict())

    def _made_before(self, order: RefundOrder) -> dict[str, Any] | None:
        found = self._ask(
            "list refunds",
            lambda: self._client.v1.refunds.list(
                {
                    "payment_intent": order.intent_id,
                    "limit": 100,
                    "expand": [f"data.{path}" for path in EXPAND],
                }
            ),
        )
        for refund in found.data:
            facts: dict[str, Any] = refund.to_dict()
            if (facts.get("metadata") or {}).get("refund") == order.refund_no:
                return facts
        return None
