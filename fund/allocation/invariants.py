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
          WHERE account LIKE 'committed:%' GROUP BY entry_id, account
        ) AS booked ON booked.entry_id = entry.id
          AND booked.account = 'committed:' || line.award_no
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
        SELECT award.no AS award, award.yen AS ceiling, sum(line.yen) AS allocated
        FROM allocation_line AS line JOIN award ON award.no = line.award_no
        GROUP BY award.no, award.yen HAVING sum(line.yen) > coalesce(award.yen, 0)
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
        FROM (SELECT 'committed:' || award_no AS account, sum(yen) AS yen
              FROM allocation_line GROUP BY award_no) AS lines
        FULL JOIN (SELECT account, -sum(yen) FILTER (WHERE yen < 0) AS came FROM posting
                   WHERE account LIKE 'committed:%' GROUP BY account) AS moved
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
)
