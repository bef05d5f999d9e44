"""What must be zero about awards: numbers, amounts and hands."""

from __future__ import annotations

from fund.platform.invariants import Invariant, by_sql

INVARIANTS: tuple[Invariant, ...] = (
    by_sql(
        "awards.numbers-gapless",
        "助成の番号に欠けがない",
        "Award numbers have no gaps",
        """
        SELECT series.fy, series.last, count(award.id) AS awards
        FROM award_series AS series
        LEFT JOIN award ON award.no LIKE 'A' || series.fy || '-%'
        GROUP BY series.fy, series.last
        HAVING count(award.id) <> series.last
        ORDER BY series.fy
        """,
    ),
    by_sql(
        "awards.decided-once",
        "決定した助成は、台帳に1回だけ記帳されている",
        "Every decided award is booked once, and only those",
        """
        SELECT coalesce(award.no, entry.fact_id) AS award, award.state, entry.kind
        FROM (SELECT no, state FROM award WHERE NOT historical) AS award
        FULL JOIN (SELECT fact_id, kind FROM journal_entry WHERE kind = 'award.decided') AS entry
          ON entry.fact_id = award.no
        WHERE award.no IS NULL OR entry.fact_id IS NULL
        ORDER BY 1
        """,
    ),
    by_sql(
        "awards.different-hands",
        "登録・推薦・決定は、別々の人が行っている",
        "Registering, recommending and deciding were done by different people",
        """
        SELECT application.no AS application, award.no AS award
        FROM application
        JOIN recommendation ON recommendation.application_id = application.id
        LEFT JOIN award ON award.application_id = application.id
        WHERE application.registered_by = recommendation.recommended_by
          OR coalesce(award.decided_by, application.refused_by)
             IN (application.registered_by, recommendation.recommended_by)
        ORDER BY 1
        """,
    ),
    by_sql(
        "awards.deviation-explained",
        "推薦とちがう決定には、理由がある",
        "A decision that differs from its recommendation has a reason",
        """
        SELECT award.no AS award, coalesce(decided.yen, award.yen) AS yen,
          recommendation.yen AS recommended
        FROM award JOIN recommendation ON recommendation.application_id = award.application_id
        LEFT JOIN (SELECT DISTINCT ON (award_id) award_id, yen_before AS yen FROM award_change
                   WHERE state = 'decided' ORDER BY award_id, ended_at, id) AS decided
          ON decided.award_id = award.id
        WHERE coalesce(decided.yen, award.yen) <> recommendation.yen
          AND award.deviation_reason = ''
        ORDER BY 1
        """,
    ),
    by_sql(
        "awards.changes-decided",
        "助成の上限は、決定した額か、最後に決定した変更の額である",
        "The ceiling of every award is what was decided first, or what its last change says",
        """
        SELECT award.no AS award, award.yen, award.state, entry.detail->>'ceiling' AS decided,
          last.kind, last.yen_after
        FROM award JOIN journal_entry AS entry
          ON entry.fact_kind = 'award.decided' AND entry.fact_id = award.no
        LEFT JOIN (SELECT DISTINCT ON (award_id) * FROM award_change
                   WHERE state = 'decided' ORDER BY award_id, ended_at DESC, id DESC) AS last
          ON last.award_id = award.id
        WHERE award.yen IS DISTINCT FROM CASE coalesce(last.kind, '')
            WHEN '' THEN (entry.detail->>'ceiling')::bigint
            WHEN 'reduced' THEN last.yen_after ELSE last.yen_before END
          OR (award.state = 'cancelled') <> (coalesce(last.kind, '') = 'cancelled')
        ORDER BY 1
        """,
    ),
    by_sql(
        "disbursements.booked-once",
        "支払った交付は、同じ額で台帳に1回だけ記帳されている",
        "Every paid instalment is booked once, with its amount",
        """
        SELECT coalesce(paid.no, booked.fact_id) AS disbursement, paid.yen, booked.yen AS booked
        FROM (SELECT no, yen FROM disbursement WHERE state = 'paid') AS paid
        FULL JOIN (
          SELECT fact_id, sum(posting.yen) FILTER (WHERE posting.yen > 0) AS yen
          FROM journal_entry JOIN posting ON posting.entry_id = journal_entry.id
          WHERE kind = 'disbursement.paid' GROUP BY journal_entry.id, fact_id
        ) AS booked ON booked.fact_id = paid.no
        WHERE paid.yen IS DISTINCT FROM booked.yen
        ORDER BY 1
        """,
    ),
    by_sql(
        "awards.asked-within-allocated",
        "請求中の交付は、決まった額の残りを超えない",
        "What is asked for stays within what is allocated and unpaid",
        """
        SELECT award.no AS award, asked.yen AS asked, coalesce(left_over.yen, 0) AS left_over
        FROM award
        JOIN (SELECT award_id, sum(yen) AS yen FROM disbursement
              WHERE state = 'requested' GROUP BY award_id) AS asked ON asked.award_id = award.id
        LEFT JOIN (SELECT account, -sum(yen) AS yen FROM posting
                   WHERE account LIKE 'committed:%' GROUP BY account) AS left_over
          ON left_over.account = 'committed:' || award.no
        WHERE asked.yen > coalesce(left_over.yen, 0)
        ORDER BY 1
        """,
    ),
    by_sql(
        "settlements.add-up",
        "精算した助成は、使った額と返した額の合計が渡した額に等しい",
        "Spent and returned yen of a settled award make up what was paid",
        """
        SELECT award.no AS award, settlement.spent_yen AS spent,
          settlement.returned_yen AS returned, coalesce(paid.yen, 0) AS paid,
          coalesce(back.yen, 0) AS booked_back
        FROM settlement JOIN award ON award.id = settlement.award_id
        LEFT JOIN (SELECT award_id, sum(yen) AS yen FROM disbursement
                   WHERE state = 'paid' GROUP BY award_id) AS paid ON paid.award_id = award.id
        LEFT JOIN (
          SELECT fact_id, sum(posting.yen) FILTER (WHERE posting.yen > 0) AS yen
          FROM journal_entry JOIN posting ON posting.entry_id = journal_entry.id
          WHERE kind = 'grant.returned' GROUP BY fact_id
        ) AS back ON back.fact_id = award.no
        WHERE settlement.spent_yen + settlement.returned_yen <> coalesce(paid.yen, 0)
          OR settlement.returned_yen <> coalesce(back.yen, 0)
        ORDER BY 1
        """,
    ),
)
