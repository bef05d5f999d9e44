"""Yen of an accepted gift that went back to its donor, from the entries that moved them."""

from __future__ import annotations

from sqlalchemy import Connection, text

from fund.kernel.money import Yen

_REFUNDED = text("""
SELECT coalesce(sum(CASE kind WHEN 'entry.reversed' THEN -1 ELSE 1 END
                    * (detail->>'yen')::bigint), 0)
FROM journal_entry
WHERE kind IN ('donation.refunded', 'dispute.lost', 'entry.reversed')
  AND detail->>'gift' = :gift
  AND (kind <> 'entry.reversed' OR detail->>'of' IN ('donation.refunded', 'dispute.lost'))
""")


def refunded_of_gift(connection: Connection, gift_no: str) -> Yen:
    """Refunds and lost disputes of a gift since its acceptance, less what came back of them."""
    return Yen(int(connection.execute(_REFUNDED, {"gift": gift_no}).scalar_one()))
