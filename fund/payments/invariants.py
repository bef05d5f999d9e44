"""What must be zero about payments."""

from __future__ import annotations

from fund.platform.invariants import by_sql

INVARIANTS = (
    by_sql(
        "payments-booked-once",
        "受け取った支払いは、すべて一度だけ同じ金額で記帳されている",
        "Every succeeded payment is booked exactly once, to the yen",
        """
        SELECT payment.no AS payment, payment.yen AS paid,
               coalesce(sum(posting.yen) FILTER (WHERE posting.yen > 0), 0) AS booked
        FROM payment
        LEFT JOIN journal_entry entry
          ON entry.fact_kind = 'payment.received' AND entry.fact_id = payment.no
        LEFT JOIN posting ON posting.entry_id = entry.id
        WHERE payment.state = 'succeeded'
        GROUP BY payment.no, payment.yen
        HAVING coalesce(sum(posting.yen) FILTER (WHERE posting.yen > 0), 0) <> payment.yen
        """,
    ),
    by_sql(
        "bookings-have-payments",
        "記帳された入金には、受け取った支払いがある",
        "Every booked payment belongs to a succeeded payment",
        """
        SELECT entry.id AS entry, entry.fact_id AS payment
        FROM journal_entry entry
        LEFT JOIN payment ON payment.no = entry.fact_id AND payment.state = 'succeeded'
        WHERE entry.kind = 'payment.received' AND payment.no IS NULL
        """,
    ),
    by_sql(
        "events-processed",
        "決済会社からの通知は、1時間以内に処理されている",
        "No event of the provider waits longer than an hour",
        """
        SELECT id AS event, type FROM provider_event
        WHERE state = 'pending' AND received_at < now() - interval '1 hour'
        """,
    ),
)
