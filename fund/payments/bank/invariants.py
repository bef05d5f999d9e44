"""What must be zero about the bank: lines explained at most once, statements without a gap."""

from __future__ import annotations

from sqlalchemy import Connection

from fund.payments.bank.queries import bank_matched
from fund.platform.invariants import Invariant, by_sql


def _unexplained(connection: Connection) -> list[str]:
    """The difference between books and bank that no open item explains."""
    found = bank_matched(connection)
    if found is None or found.statement is None or found.unexplained == 0:
        return []
    return [f"as_of={found.as_of} unexplained={int(found.unexplained)}"]


INVARIANTS = (
    by_sql(
        "bank-lines-matched-once",
        "銀行の明細の行は、金額を超えて照合されていない",
        "No line of the bank is matched beyond its yen",
        """
        SELECT line.id AS line, line.yen AS yen, sum(match.yen) AS matched
        FROM bank_line line JOIN bank_match match ON match.line_id = line.id
        GROUP BY line.id
        HAVING sum(match.yen) * sign(line.yen) NOT BETWEEN 0 AND abs(line.yen)
        """,
    ),
    by_sql(
        "bank-entries-matched-once",
        "帳簿の記帳は、銀行で動いた金額を超えて照合されていない",
        "No entry is matched beyond what it moved on the bank account",
        """
        SELECT matched.entry_id AS entry, moved.yen AS moved, matched.yen AS matched
        FROM (SELECT entry_id, sum(yen) AS yen FROM bank_match
              WHERE entry_id IS NOT NULL GROUP BY entry_id) AS matched
        CROSS JOIN LATERAL (SELECT coalesce(sum(yen), 0) AS yen FROM posting
                            WHERE entry_id = matched.entry_id AND account = 'assets:bank') AS moved
        WHERE matched.yen * sign(moved.yen) NOT BETWEEN 0 AND abs(moved.yen)
           OR (moved.yen = 0 AND matched.yen <> 0)
        """,
    ),
    by_sql(
        "bank-booked-stays-matched",
        "照合で記帳したものは、取り消されていないかぎり照合されている",
        "What a match booked stays matched until it is reversed",
        """
        SELECT match.entry_id AS entry, moved.yen AS moved, sum(match.yen) AS matched,
               count(mirror.id) AS mirrors
        FROM bank_match match
        JOIN (SELECT entry_id, sum(yen) AS yen FROM posting
              WHERE account = 'assets:bank' GROUP BY entry_id) AS moved
          ON moved.entry_id = match.entry_id
        LEFT JOIN journal_entry mirror ON mirror.reverses = match.entry_id
        WHERE match.booked
        GROUP BY match.entry_id, moved.yen
        HAVING sum(match.yen) <> CASE WHEN count(mirror.id) > 0 THEN 0 ELSE moved.yen END
        """,
    ),
    by_sql(
        "bank-statements-whole",
        "取り込んだ明細は、すべての行が残っている",
        "Every statement still shows all of its rows, and they add up",
        """
        SELECT statement.no AS statement, statement.rows AS rows, count(seen.row) AS seen,
               statement.yen AS yen, coalesce(sum(line.yen), 0) AS lines
        FROM bank_statement statement
        LEFT JOIN bank_sighting seen ON seen.statement_id = statement.id
        LEFT JOIN bank_line line ON line.id = seen.line_id AND line.account = statement.account
        GROUP BY statement.id
        HAVING count(line.id) <> statement.rows OR coalesce(sum(line.yen), 0) <> statement.yen
        """,
    ),
    by_sql(
        "bank-statements-continuous",
        "銀行の明細は、前の明細の残高から抜けなく続いている",
        "Each statement begins with the balance its account had then",
        """
        SELECT later.no AS statement, later.opening AS opens_with,
               base.opening + coalesce(sum(line.yen), 0) AS lines_say
        FROM bank_statement later
        JOIN LATERAL (
          SELECT first_day, opening FROM bank_statement
          WHERE account = later.account AND opening IS NOT NULL ORDER BY first_day, id LIMIT 1
        ) AS base ON base.first_day < later.first_day
        LEFT JOIN bank_line line ON line.account = later.account
          AND line.day >= base.first_day AND line.day < later.first_day
        -- What a bank exports as new since last time begins wherever the day stood then.
        WHERE later.opening IS NOT NULL AND NOT EXISTS (
          SELECT FROM bank_line earlier
          WHERE earlier.account = later.account AND earlier.day = later.first_day
            AND earlier.balance = later.opening AND NOT EXISTS (
              SELECT FROM bank_sighting seen
              WHERE seen.statement_id = later.id AND seen.line_id = earlier.id)
        )
        GROUP BY later.id, base.opening
        HAVING later.opening <> base.opening + coalesce(sum(line.yen), 0)
        """,
    ),
    Invariant(
        "bank-explained",
        "帳簿と銀行の残高の差は、1円までわけが分かっている",
        "Every yen between the books and the bank is explained",
        _unexplained,
    ),
)
