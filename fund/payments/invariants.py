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
        LEFT JOIN journal_entry mirror ON mirror.reverses = entry.id
        WHERE entry.kind = 'payment.received' AND payment.no IS NULL AND mirror.id IS NULL
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
    by_sql(
        "refunds-within-payments",
        "返金の合計は、どの支払いの額も超えていない",
        "The refunds of no payment exceed it",
        """
        SELECT payment.no AS payment, payment.yen AS paid, sum(refund.yen) AS refunds
        FROM refund JOIN payment ON payment.no = refund.payment_no
        WHERE refund.state NOT IN ('failed', 'canceled', 'rejected')
        GROUP BY payment.no, payment.yen HAVING sum(refund.yen) > payment.yen
        ORDER BY 1
        """,
    ),
    by_sql(
        "refunds-booked-once",
        "出ていった返金は同じ額で一度だけ記帳され、もどった返金は取り消されている",
        "A refund that left is booked once, to the yen; one that came back is booked back",
        """
        SELECT refund.no AS refund, refund.state, refund.yen, booked.yen AS booked,
               booked.back AS booked_back
        FROM refund LEFT JOIN (
          SELECT fact_id, sum((detail->>'yen')::bigint)
                   FILTER (WHERE kind IN ('payment.returned', 'donation.refunded')) AS yen,
                 sum((detail->>'yen')::bigint)
                   FILTER (WHERE kind IN ('payment.reinstated', 'entry.reversed')) AS back
          FROM journal_entry
          WHERE fact_id LIKE 'RF-%' GROUP BY fact_id
        ) AS booked ON booked.fact_id = refund.no
        WHERE coalesce(booked.yen, 0) <> CASE WHEN refund.left_on IS NULL THEN 0 ELSE refund.yen END
          OR coalesce(booked.back, 0)
             <> CASE WHEN refund.came_back_on IS NULL THEN 0 ELSE refund.yen END
        ORDER BY 1
        """,
    ),
    by_sql(
        "refunds-by-two",
        "返金は、起案した人とは別の人が承認している",
        "Every refund we asked for was approved by a second person",
        """
        SELECT no AS refund, state FROM refund
        WHERE origin = 'asked' AND state NOT IN ('proposed', 'rejected', 'canceled')
          AND (approved_by IS NULL OR approved_by = proposed_by)
        ORDER BY 1
        """,
    ),
    by_sql(
        "disputes-booked-once",
        "異議で出ていったお金ともどったお金は、同じ額で一度だけ記帳されている",
        "Disputed money is booked once when it leaves and once when it is decided",
        """
        SELECT dispute.id AS dispute, dispute.status, dispute.yen, booked.yen AS booked,
               booked.ended AS booked_end
        FROM dispute LEFT JOIN (
          SELECT fact_id, sum((detail->>'yen')::bigint)
                   FILTER (WHERE kind IN ('payment.disputed', 'donation.disputed')) AS yen,
                 sum((detail->>'yen')::bigint)
                   FILTER (WHERE kind IN ('payment.reinstated', 'payment.returned',
                                          'dispute.won', 'dispute.lost')) AS ended
          FROM journal_entry WHERE kind LIKE 'dispute.%' OR kind LIKE '%.disputed'
            OR kind IN ('payment.reinstated', 'payment.returned') GROUP BY fact_id
        ) AS booked ON booked.fact_id = dispute.id
        WHERE coalesce(booked.yen, 0)
              <> CASE WHEN dispute.withdrawn_on IS NULL THEN 0 ELSE dispute.yen END
          OR coalesce(booked.ended, 0)
              <> CASE WHEN dispute.outcome IS NULL THEN 0 ELSE dispute.yen END
        ORDER BY 1
        """,
    ),
    by_sql(
        "disputed-money",
        "異議の間のお金の残高は、決まっていない異議の合計と同じ",
        "What stands as disputed is the sum of disputes that are not decided",
        """
        SELECT standing.yen AS standing, open.yen AS disputes FROM
          (SELECT coalesce(sum(yen), 0) AS yen FROM posting
           WHERE account = 'assets:clearing:disputed') AS standing,
          (SELECT coalesce(sum(yen), 0) AS yen FROM dispute
           WHERE withdrawn_on IS NOT NULL AND outcome IS NULL) AS open
        WHERE standing.yen <> open.yen
        """,
    ),
)
