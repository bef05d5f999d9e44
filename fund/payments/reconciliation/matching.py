"""Each movement to its fact, in SQL: one statement for each kind of fact, amounts compared."""

from __future__ import annotations

from sqlalchemy import TextClause, text

from fund.payments.reconciliation.domain import (
    CHARGES,
    COMING_BACK,
    DISPUTES,
    FEES,
    LEAVING,
    PAYOUTS,
)


def words(values: tuple[str, ...]) -> str:
    """Our own constants as an SQL list."""
    return ", ".join(f"'{value}'" for value in values)


_MATCH = """
UPDATE provider_movement movement
SET match_kind = '{kind}', match_no = {no}, note = NULL
{source}
WHERE movement.match_kind IS NULL AND movement.currency = 'jpy' AND {condition}
"""


def _match(kind: str, no: str, facts: str, condition: str) -> TextClause:
    return text(
        _MATCH.format(
            kind=kind, no=no, source=f"FROM {facts}" if facts else "", condition=condition
        )
    )


_ADJUSTS = "movement.type = 'adjustment' AND dispute.id = movement.source_id"

MATCHES: tuple[TextClause, ...] = (
    _match(
        "payment",
        "payment.no",
        "payment",
        f"""movement.type IN ({words(CHARGES)}) AND payment.state = 'succeeded'
        AND payment.charge_id = movement.charge_id AND payment.yen = movement.gross""",
    ),
    _match(
        "refund",
        "refund.no",
        "refund",
        f"""movement.type IN ({words(LEAVING)}) AND refund.provider_id = movement.source_id
        AND refund.left_on IS NOT NULL AND refund.yen = -movement.gross""",
    ),
    _match(
        "refund",
        "refund.no",
        "refund",
        f"""movement.type IN ({words(COMING_BACK)}) AND refund.provider_id = movement.source_id
        AND refund.came_back_on IS NOT NULL AND refund.yen = movement.gross""",
    ),
    _match(
        "dispute",
        "dispute.id",
        "dispute",
        f"""{_ADJUSTS} AND movement.category = 'dispute'
        AND dispute.withdrawn_on IS NOT NULL AND dispute.yen = -movement.gross""",
    ),
    _match(
        "dispute",
        "dispute.id",
        "dispute",
        f"""{_ADJUSTS} AND movement.category = 'dispute_reversal'
        AND dispute.outcome = 'won' AND dispute.yen = movement.gross""",
    ),
    _match(
        "payout",
        "payout.id",
        "provider_payout payout",
        f"""movement.type IN ({words(PAYOUTS)}) AND payout.id = movement.source_id
        AND payout.yen = abs(movement.gross)""",
    ),
    _match("fee", "movement.id", "", f"movement.type IN ({words(FEES)})"),
)

REASONS = text(f"""
UPDATE provider_movement movement SET note = reason.code
FROM (
  SELECT id, CASE
    WHEN currency <> 'jpy' THEN 'not-in-yen'
    WHEN type IN ({words(CHARGES)}) THEN
      CASE WHEN EXISTS (SELECT 1 FROM payment WHERE payment.charge_id = open.charge_id)
        THEN 'payment-differs' ELSE 'no-payment-of-ours' END
    WHEN type IN ({words(LEAVING + COMING_BACK)}) THEN 'no-refund-of-ours'
    WHEN type = 'adjustment' AND category IN ({words(DISPUTES)}) THEN 'no-dispute-of-ours'
    WHEN type IN ({words(PAYOUTS)}) THEN 'no-payout-known'
    ELSE 'unknown-type' END AS code
  FROM provider_movement open WHERE match_kind IS NULL
) reason
WHERE movement.id = reason.id AND movement.note IS DISTINCT FROM reason.code
""")
"""Why a movement is open; codes are worded by the pages and listed in ``OPEN_REASONS``."""

OPEN_REASONS = (
    "not-in-yen",
    "payment-differs",
    "no-payment-of-ours",
    "no-refund-of-ours",
    "no-dispute-of-ours",
    "no-payout-known",
    "unknown-type",
    "payout-not-itemised",
    "payout-does-not-sum",
    "payment-without-movement",
    "balance-differs",
    "books-differ",
)
