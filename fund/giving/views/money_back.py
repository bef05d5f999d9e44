"""What a gift's staff page shows of money that goes back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from fund.giving import queries
from fund.giving.views.refusal_words import refusal_words
from fund.payments.queries import payments_of
from fund.payments.refunds_queries import disputes_of_gift, refundable, refunds_of_gift
from fund.payments.refunds_wording import dispute_states, refund_states, refund_tones


def money_back(connection: Connection, gift_no: str) -> dict[str, Any]:
    """Refunds, disputes and refusals of a gift, and what of each payment could still go back."""
    return {
        "refunds": refunds_of_gift(connection, gift_no),
        "disputes": disputes_of_gift(connection, gift_no),
        "refusals": queries.refusals_of_gift(connection, gift_no),
        "refundable": {
            paid.no: refundable(connection, paid.no)
            for paid in payments_of(connection, gift_no)
            if paid.state == "succeeded"
        },
        "refund_states": refund_states(),
        "refund_tones": refund_tones(),
        "dispute_states": dispute_states(),
        **refusal_words(),
    }
