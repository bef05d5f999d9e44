"""What must be zero about allocation."""

from __future__ import annotations

from fund.platform.invariants import Invariant, by_sql

INVARIANTS: tuple[Invariant, ...] = (
    by_sql(
        "runs.lines-booked",
        "配分のどの行も、同じ寄附・助成・金額で一度だけ記帳されている",
        "Every allocation line is booked once, for its lot and award, to the yen",
        """
        SELECT run.no AS run, line.line, line.yen, booked.yen AS booked, taken.yen AS taken
        FROM allocation_line AS line
        JOIN allocation_run AS run ON run.id = line.run_id
        LEFT JOIN journal_entry AS entry ON entry.id = line.entry_id
          AND entry.kind = 'allocation.line' AND entry.fact_id = run.no || '#' || line.line
        LEFT JOIN (
          SELECT entry_id, account, -sum(yen) AS yen FROM posting
          WHERE account LIKE 'committed:%' OR account = 'assets:due-from-ward'
          GROUP BY entry_id, account
        ) AS booked ON booked.entry_id = entry.id AND booked.account = CASE run.kind
          WHEN 'ordinary' THEN 'committed:' || line.award_no ELSE 'assets:due-from-ward' END
        LEFT JOIN (
          SELECT lot_posting.entry_id, lot.share_id, sum(lot_posting.yen) AS yen
          FROM lot_posting JOIN lot ON lot.id = lot_posting.lot_id
          GROUP BY lot_posting.entry_id, lot.share_id
        ) AS taken ON taken.entry_id = entry.id AND taken.share_id = line.share_id
        WHERE booked.yen IS DISTINCT FROM line.yen OR taken.yen IS DISTINCT FROM line.yen
        ORDER BY 1, 2
        """,
    ),
    by_sql(
        "runs.entries-have-lines",
        "記帳された配分には、承認された配分の行がある",
        "Every booked allocation belongs to a line of an approved run",
        """
        SELECT entry.id AS entry, entry.fact_id AS line
        FROM journal_entry AS entry
        LEFT JOIN allocation_line AS line ON line.entry_id = entry.id
        LEFT JOIN allocation_run AS run ON run.id = line.run_id AND run.state = 'approved'
        WHERE entry.kind = 'allocation.line' AND run.id IS NULL
        ORDER BY 1
        """,
    ),
    by_sql(
        "runs.within-ceiling",
        "どの助成にも、決定額を超えて配分していない",
        "No award is allocated more than its ceiling",
        """
        SELECT award.no AS award, award.state, award.yen AS ceiling, sum(given.yen) AS allocated
        FROM award JOIN (
          SELECT line.award_no, line.yen FROM allocation_line AS line
          JOIN allocation_run AS run ON run.id = line.run_id AND run.kind = 'ordinary'
          UNION ALL
          SELECT award_no, -yen FROM allocation_reversal WHERE source = 'committed'
        ) AS given ON given.award_no = award.no
        GROUP BY award.no, award.state, award.yen HAVING sum(given.yen)
          > CASE WHEN award.state = 'cancelled' THEN 0 ELSE coalesce(award.yen, 0) END
        ORDER BY 1
        """,
    ),
    by_sql(
        "runs.committed-explained",
        "助成ごとの「決まった」は、配分から渡した額と減らした額を引いた額に等しい",
        "What stands committed to an award is its lines less what was paid and reduced",
        """
        SELECT coalesce(lines.account, moved.account) AS account,
          coalesce(lines.yen, 0) AS lines, coalesce(moved.came, 0) AS booked
        FROM (SELECT 'committed:' || award_no AS account, sum(yen) AS yen FROM (
                SELECT line.award_no, line.yen FROM allocation_line AS line
                JOIN allocation_run AS run ON run.id = line.run_id AND run.kind = 'ordinary'
                UNION ALL
                SELECT award_no, -yen FROM allocation_reversal WHERE source = 'committed'
              ) AS given GROUP BY award_no) AS lines
        FULL JOIN (SELECT posting.account, -sum(posting.yen) AS came FROM posting
                   JOIN journal_entry AS entry ON entry.id = posting.entry_id
                   WHERE posting.account LIKE 'committed:%'
                     AND entry.kind IN ('allocation.line', 'donation.refunded', 'dispute.lost',
                                        'entry.reversed', 'award.reduced', 'award.cancelled')
                   GROUP BY posting.account) AS moved
          ON moved.account = lines.account
        WHERE coalesce(lines.yen, 0) <> coalesce(moved.came, 0)
        ORDER BY 1
        """,
    ),
    by_sql(
        "runs.wishes-respected",
        "どの配分も、その寄附の希望が許す助成に向いている",
        "Every allocation line goes to an award that the lot's wish permits",
        """
        SELECT run.no AS run, line.line, line.share_id AS lot, line.award_no AS award
        FROM allocation_line AS line
        JOIN allocation_run AS run ON run.id = line.run_id
        JOIN lot ON lot.share_id = line.share_id
        JOIN award ON award.no = line.award_no
        WHERE NOT (
          line.use IN ('any', 'award:' || award.no, 'group:' || award.group_no,
                       'programme:' || coalesce(award.theme_code, award.programme_code))
          OR (line.use LIKE 'field:%' AND substr(line.use, 7) = ANY (award.fields))
        ) OR NOT CASE WHEN lot.origin = 'gift'
          THEN wish_permits(lot.wish, line.rank, line.use, run.run_date)
          ELSE line.use = 'any' END
        ORDER BY 1, 2
        """,
    ),
    by_sql(
        "runs.two-people",
        "配分案を作った人と承認した人は別の人である",
        "Runs were drafted and approved by different people",
        """
        SELECT no AS run FROM allocation_run
        WHERE state = 'approved' AND (approved_by IS NULL OR approved_by = drafted_by)
        ORDER BY 1
        """,
    ),
    by_sql(
        "runs.files-unchanged",
        "保存された問題と計画は、その指紋と台帳の記録に合う",
        "Stored problems and plans match their hashes and what the journal says of them",
        """
        SELECT run.no AS run, run.state, run.total_yen AS total, lines.yen AS lines
        FROM allocation_run AS run
        LEFT JOIN journal_entry AS entry
          ON entry.kind = 'allocation.approved' AND entry.fact_id = run.no
        LEFT JOIN (SELECT run_id, sum(yen) AS yen FROM allocation_line GROUP BY run_id) AS lines
          ON lines.run_id = run.id
        WHERE encode(sha256(run.problem), 'hex') <> run.problem_sha256
          OR encode(sha256(run.plan), 'hex') <> run.plan_sha256
          OR (run.state = 'approved') <> (entry.id IS NOT NULL)
          OR (run.state = 'approved' AND (
            entry.detail->>'plan_sha256' IS DISTINCT FROM run.plan_sha256
            OR entry.detail->>'problem_sha256' IS DISTINCT FROM run.problem_sha256
            OR lines.yen IS DISTINCT FROM run.total_yen))
        ORDER BY 1
        """,
    ),
    by_sql(
        "runs.holes-within-reversals",
        "区が立て替えている額より多く、ほかのお金で埋めていない",
        "No hole the ward stands in for is filled with more than it is",
        """
        SELECT coalesce(hole.award_no, filled.award_no) AS award,
          coalesce(hole.yen, 0) AS ward, coalesce(filled.yen, 0) AS filled
        FROM (SELECT award_no, sum(yen) AS yen FROM allocation_reversal
              WHERE source = 'ward' GROUP BY award_no) AS hole
        FULL JOIN (SELECT line.award_no, sum(line.yen) AS yen FROM allocation_line AS line
                   JOIN allocation_run AS run ON run.id = line.run_id
                   WHERE run.kind = 'reinstatement' GROUP BY line.award_no) AS filled
          ON filled.award_no = hole.award_no
        WHERE coalesce(filled.yen, 0) > coalesce(hole.yen, 0)
        ORDER BY 1
        """,
    ),
    by_sql(
        "runs.reversals-booked",
        "配分の行から取り消した額は、その仕訳の額と同じで、行の額を超えない",
        "What was taken back of lines is booked by its entry, and no more than the lines gave",
        """
        SELECT 'entry ' || rows.entry_id AS what, rows.source, rows.yen, booked.yen AS booked
        FROM (SELECT entry_id, source, sum(yen) AS yen FROM allocation_reversal
              GROUP BY entry_id, source) AS rows
        LEFT JOIN (
          SELECT posting.entry_id, CASE WHEN posting.account LIKE 'committed:%' THEN 'committed'
                 ELSE 'ward' END AS source, sum(posting.yen) AS yen
          FROM posting JOIN journal_entry AS entry ON entry.id = posting.entry_id
          WHERE entry.kind IN ('donation.refunded', 'dispute.lost', 'entry.reversed',
                               'award.reduced', 'award.cancelled')
            AND (posting.account LIKE 'committed:%' OR posting.account = 'assets:due-from-ward')
          GROUP BY 1, 2
        ) AS booked ON booked.entry_id = rows.entry_id AND booked.source = rows.source
        WHERE booked.yen IS DISTINCT FROM rows.yen
        UNION ALL
        SELECT 'line ' || line.run_id || '#' || line.line, '', sum(back.yen), line.yen
        FROM allocation_line AS line JOIN allocation_reversal AS back
          ON back.run_id = line.run_id AND back.line = line.line
        GROUP BY line.run_id, line.line HAVING sum(back.yen) NOT BETWEEN 0 AND line.yen
        """,
    ),
)
