"""Books = bank: the two balances of one day, and every yen of the difference named."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, text

from fund.kernel.money import Yen
from fund.payments.bank.queries.lines import open_entries

_SUMS = text("""
WITH account AS (
  -- the last day that every account's statements reach
  SELECT min(last_day) AS as_of, count(*) AS accounts FROM (
    SELECT account, max(last_day) AS last_day FROM bank_statement GROUP BY account) AS each
), base AS (
  SELECT sum(opening) AS yen, count(*) AS known FROM (
    SELECT DISTINCT ON (account) account, opening FROM bank_statement
    WHERE opening IS NOT NULL ORDER BY account, first_day, id) AS first
), entry AS (
  -- a correction counts on the day of what it corrects
  SELECT moved.entry_id AS id, moved.yen, coalesce(original.on_day, booked.on_day) AS day,
         coalesce(part.yen, 0) AS matched
  FROM (SELECT entry_id, sum(yen) AS yen FROM posting
        WHERE account = 'assets:bank' GROUP BY entry_id) AS moved
  JOIN journal_entry booked ON booked.id = moved.entry_id
  LEFT JOIN journal_entry original ON original.id = booked.reverses
  LEFT JOIN (SELECT entry_id, sum(yen) AS yen FROM bank_match
             WHERE entry_id IS NOT NULL GROUP BY entry_id) AS part
    ON part.entry_id = moved.entry_id
), part AS (
  SELECT match.line_id, sum(match.yen) AS yen,
         coalesce(sum(match.yen) FILTER (WHERE match.entry_id IS NULL), 0) AS ignored,
         coalesce(sum(match.yen) FILTER (WHERE entry.day > account.as_of), 0) AS early,
         coalesce(sum(match.yen) FILTER (WHERE entry.day <= account.as_of), 0) AS booked
  FROM account CROSS JOIN bank_match match LEFT JOIN entry ON entry.id = match.entry_id
  GROUP BY match.line_id
), line AS (
  SELECT count(*) FILTER (WHERE inside AND bank_line.yen <> coalesce(part.yen, 0)) AS open_count,
         coalesce(sum(bank_line.yen) FILTER (WHERE inside), 0) AS yen,
         coalesce(sum(bank_line.yen - coalesce(part.yen, 0)) FILTER (WHERE inside), 0) AS open,
         coalesce(sum(part.ignored) FILTER (WHERE inside), 0) AS ignored,
         coalesce(sum(part.early) FILTER (WHERE inside), 0) AS early,
         coalesce(sum(part.booked) FILTER (WHERE NOT inside), 0) AS late
  FROM account CROSS JOIN bank_line
  CROSS JOIN LATERAL (SELECT bank_line.day <= account.as_of AS inside) AS placed
  LEFT JOIN part ON part.line_id = bank_line.id
), books AS (
  SELECT coalesce(sum(entry.yen), 0) AS yen,
         coalesce(sum(entry.yen - entry.matched), 0) AS open
  FROM account JOIN entry ON entry.day <= account.as_of
)
SELECT account.as_of, account.accounts, base.known, base.yen AS opening, line.yen AS lines,
       line.open AS open_lines, line.open_count, line.ignored, line.early, line.late,
       books.yen AS booked, books.open AS open_entries
FROM account CROSS JOIN base CROSS JOIN line CROSS JOIN books
""")

# Each account by its own last statement: what the bank says less what its lines add up to. Of
# several statements that end on that day the one with the day's end counts, fetched last or not.
_MISSING = text("""
SELECT coalesce(sum(missing), 0) FROM (
  SELECT DISTINCT ON (account) latest.closing - base.opening - counted.yen AS missing
  FROM (SELECT account, max(last_day) AS last_day FROM bank_statement
        WHERE closing IS NOT NULL GROUP BY account) AS ended
  JOIN bank_statement latest USING (account, last_day)
  JOIN (SELECT DISTINCT ON (account) account, opening FROM bank_statement
        WHERE opening IS NOT NULL ORDER BY account, first_day, id) AS base USING (account)
  JOIN LATERAL (SELECT coalesce(sum(yen), 0) AS yen FROM bank_line
        WHERE account = ended.account AND day <= ended.last_day) AS counted ON true
  WHERE latest.closing IS NOT NULL
  ORDER BY account, latest.closing - base.opening <> counted.yen, latest.id DESC
) AS accounts
""")


@dataclass(frozen=True)
class BankMatch:
    """The bank account on ``as_of`` (the last day on a statement): both balances, in yen.

    A correction (``entry.reversed``) counts on the day of the entry it corrects.

    ``ledger`` less ``statement`` is ``open_entries`` (booked, not on a statement yet) less
    ``open_lines`` (on the statement, not explained yet), less ``ignored`` (set aside with a
    reason), plus what was matched across the day (``across``), less ``opening`` (what stood in
    the account before the first statement). ``unexplained`` is what is left then: it is zero
    unless lines of a statement are missing. ``statement`` is None where no bank says a balance.
    ``open_items`` counts open lines and open entries.
    """

    as_of: dt.date
    statement: Yen | None
    ledger: Yen
    open_lines: Yen
    open_entries: Yen
    ignored: Yen
    across: Yen
    opening: Yen
    unexplained: Yen
    open_items: int

    @property
    def equal(self) -> bool:
        """Whether books and bank show the same yen and nothing is open."""
        return self.statement == self.ledger and self.open_items == 0

    @property
    def explained(self) -> bool:
        """Whether every yen of the difference is named."""
        return self.statement is not None and self.unexplained == 0


def bank_matched(connection: Connection) -> BankMatch | None:
    """Books and bank as of the last statement; None before the first one."""
    row = connection.execute(_SUMS).one()
    if row.as_of is None:
        return None
    missing = int(connection.execute(_MISSING).scalar_one())
    opening = int(row.opening or 0)
    counted = opening + int(row.lines)
    statement = Yen(counted + missing) if row.known == row.accounts else None
    waiting = len(open_entries(connection, last=row.as_of))
    return BankMatch(
        as_of=row.as_of,
        statement=statement,
        ledger=Yen(int(row.booked)),
        open_lines=Yen(int(row.open_lines)),
        open_entries=Yen(int(row.open_entries)),
        ignored=Yen(int(row.ignored)),
        across=Yen(int(row.late) - int(row.early)),
        opening=Yen(opening),
        unexplained=Yen(0) if statement is None else Yen(missing),
        open_items=int(row.open_count) + waiting,
    )
