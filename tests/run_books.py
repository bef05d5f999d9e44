"""Approved runs and their lines, for books that are written without running the rule.

The database lets yen be committed by lines of an approved run only, so books made up for tests
bring the run along: drafted by one person, approved by another, its problem left empty.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from sqlalchemy import text

from fund.ledger import facts, journal
from fund.platform.house import Transaction

RUN = """
INSERT INTO person (email, name, password_hash, created_at)
VALUES ('drafts@example.jp', '見本の起案者', 'x', now()),
       ('approves@example.jp', '見本の承認者', 'x', now()) ON CONFLICT DO NOTHING;
INSERT INTO allocation_run (no, fy, serial, run_date, state, rule, edition_code, problem,
  problem_sha256, plan, plan_sha256, total_yen, drafted_by, drafted_at, approved_by, approved_at)
SELECT :no, :fy, :serial, :on, 'approved', 'LEX-FLOW/1', (SELECT min(code) FROM edition), '{}',
       :problem, '{}', :plan, :total, drafts.id, :now, approves.id, :now
FROM person AS drafts, person AS approves
WHERE drafts.email = 'drafts@example.jp' AND approves.email = 'approves@example.jp'
ON CONFLICT DO NOTHING
"""
LINE = """
INSERT INTO allocation_line (run_id, line, share_id, award_no, yen, rank, use, entry_id)
SELECT id, :line, :share, :award, :yen, :rank, :use, :entry FROM allocation_run WHERE no = :no
"""


def approved(
    tx: Transaction,
    run: str,
    on: dt.date,
    total: int,
    *,
    problem: str = "a" * 64,
    plan: str = "b" * 64,
) -> None:
    """A run that may move ``total`` yen, unless there is one of this number already."""
    fy, serial = (int(part) for part in re.findall(r"\d+", run)[:2])
    asked = {"no": run, "fy": fy, "serial": serial, "on": on, "total": total, "now": tx.now}
    for statement in RUN.split(";\n"):
        tx.connection.execute(text(statement), {**asked, "problem": problem, "plan": plan})


def booked(
    tx: Transaction, lines: Sequence[facts.Line], on: dt.date, clauses: tuple[str, ...]
) -> None:
    """Lines of an approved run with their entries."""
    for line in lines:
        entry = journal.record(tx, facts.allocation_line(line, on, clauses))
        tx.connection.execute(
            text(LINE),
            {
                "no": line.run_no,
                "line": line.line,
                "share": line.share_id,
                "award": line.award_no,
                "yen": int(line.yen),
                "rank": line.rank,
                "use": line.use,
                "entry": entry,
            },
        )
