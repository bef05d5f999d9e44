"""What must be zero between the provider's statement and the books."""

from __future__ import annotations

from fund.payments.reconciliation.domain import FEES
from fund.payments.reconciliation.matching import words
from fund.platform.invariants import by_sql

INVARIANTS = (
    by_sql(
        "movements-matched",
        "決済会社の動きは、24時間以内に記録と照合されている",
        "No movement of the provider is without its fact for more than a day",
        """
        SELECT id AS movement, type, net, note AS reason FROM provider_movement
        WHERE match_kind IS NULL AND fetched_at < now() - interval '24 hours'
        """,
    ),
    by_sql(
        "payments-have-movements",
        "オンラインの支払いには、2日以内に決済会社の動きがある",
        "Every online payment has its movement at the provider within two days",
        """
        SELECT payment.no AS payment, payment.yen, payment.charge_id AS charge FROM payment
        WHERE payment.state = 'succeeded' AND payment.charge_id IS NOT NULL
          AND payment.paid_at < (SELECT max(at) FROM reconciliation) - interval '2 days'
          AND NOT EXISTS (SELECT 1 FROM provider_movement movement
            WHERE movement.match_kind = 'payment' AND movement.match_no = payment.no)
        """,
    ),
    by_sql(
        "payouts-sum-up",
        "記帳した入金は、その内訳の差引きと等しい",
        "Every booked payout is the net of the movements it consists of",
        f"""
        SELECT payout.id AS payout, payout.yen, coalesce(sum(movement.net), 0) AS movements
        FROM provider_payout payout
        JOIN journal_entry entry
          ON entry.fact_kind = 'payout.arrived' AND entry.fact_id = payout.id
        LEFT JOIN provider_movement movement ON movement.payout_id = payout.id
          AND movement.source_id IS DISTINCT FROM payout.id
        GROUP BY payout.id HAVING coalesce(sum(movement.net), 0) <> payout.yen
        UNION ALL
        SELECT entry.fact_id, sum(posting.yen), (
          SELECT coalesce(sum(fee), 0)
               - coalesce(sum(gross) FILTER (WHERE type IN ({words(FEES)})), 0)
          FROM provider_movement WHERE payout_id = entry.fact_id)
        FROM journal_entry entry JOIN posting ON posting.entry_id = entry.id
          AND posting.account = 'assets:due-from-ward'
        JOIN provider_payout payout ON payout.id = entry.fact_id
        WHERE entry.kind = 'fee.charged'
        GROUP BY entry.id
        HAVING sum(posting.yen) <> (
          SELECT coalesce(sum(fee), 0)
               - coalesce(sum(gross) FILTER (WHERE type IN ({words(FEES)})), 0)
          FROM provider_movement WHERE payout_id = entry.fact_id)
        """,
    ),
    by_sql(
        "books-are-the-provider",
        "帳簿の残高と決済会社の動きの差は、手数料と途中の入金で説明できる",
        "Between ledger and provider there are only fees not booked and payouts on their way",
        """
        WITH moved AS (
          SELECT coalesce(sum(gross) FILTER (
              WHERE match_kind IN ('payment', 'refund', 'dispute')), 0) AS yen
          FROM provider_movement WHERE currency = 'jpy'
        ), booked AS (
          SELECT coalesce(sum(posting.yen), 0) AS yen
          FROM posting JOIN journal_entry entry ON entry.id = posting.entry_id
          LEFT JOIN journal_entry undone ON undone.id = entry.reverses
          WHERE posting.account = 'assets:clearing:stripe'
            AND coalesce(undone.kind, entry.kind) NOT IN ('fee.charged', 'payout.arrived')
        ), unseen AS (
          SELECT count(*) AS payments FROM payment
          WHERE state = 'succeeded' AND charge_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM provider_movement movement
            WHERE movement.match_kind = 'payment' AND movement.match_no = payment.no)
        ), compared AS (
          SELECT at FROM reconciliation WHERE day IS NULL ORDER BY id DESC LIMIT 1
        )
        SELECT booked.yen AS books, moved.yen AS provider
        FROM moved, booked, unseen, compared
        WHERE moved.yen <> booked.yen AND unseen.payments = 0
          AND compared.at < now() - interval '24 hours'
        """,
    ),
)
