"""What must be zero about closed fiscal years: each by a decision, its fingerprint still right."""

from __future__ import annotations

from sqlalchemy import Connection, text

from fund.platform.invariants import Invariant, by_sql
from fund.publication.closing.domain import balance_sha256

_CLOSINGS = text("""
SELECT no, fy, convert_from(body, 'UTF8')::jsonb->>'sha256' AS sha256
FROM public_entry WHERE kind = 'period.closed' ORDER BY no
""")
_BEFORE = text("""
SELECT account, sum(yen) AS yen FROM public_posting WHERE no < :no GROUP BY account
""")

_LATE = """
SELECT entry.id AS entry, entry.kind, entry.fact_id AS fact, entry.on_day AS day,
       closing.fy AS closed
FROM journal_entry closing
JOIN journal_entry entry ON entry.id > closing.id AND entry.xact <> closing.xact
 AND (entry.fy <= closing.fy OR entry.on_day <= make_date(closing.fy + 1, 3, 31))
WHERE closing.kind = 'period.closed'
UNION ALL
SELECT later.no, later.kind, later.on_text, later.first_day, closing.fy
FROM public_entry closing
JOIN public_entry later ON later.no > closing.no AND later.fy <= closing.fy
WHERE closing.kind = 'period.closed'
"""

_UNDECIDED = """
SELECT entry.fact_id AS closing, decided.state, decided.proposed_by, decided.ended_by
FROM journal_entry entry
LEFT JOIN year_closing decided ON decided.fy = entry.fy AND decided.state = 'closed'
WHERE entry.kind = 'period.closed'
  AND (decided.id IS NULL OR decided.ended_by = decided.proposed_by)
UNION ALL
SELECT 'FY' || decided.fy, decided.state, decided.proposed_by, decided.ended_by
FROM year_closing decided
LEFT JOIN journal_entry entry ON entry.kind = 'period.closed' AND entry.fy = decided.fy
WHERE decided.state = 'closed' AND entry.id IS NULL
"""


def _fingerprints(connection: Connection) -> list[str]:
    """Closings whose fingerprint is not that of the balances over the entries before them."""
    wrong = []
    for closing in connection.execute(_CLOSINGS).all():
        rows = connection.execute(_BEFORE, {"no": closing.no})
        counted = balance_sha256({row.account: int(row.yen) for row in rows})
        if counted != closing.sha256:
            wrong.append(f"entry={closing.no} fy={closing.fy} sha256={closing.sha256}")
    return wrong


CLOSED = (
    Invariant(
        "years-add-up",
        "締めた年度の指紋は、その前の記帳をすべて足した残高の指紋とおなじ",
        "The fingerprint of every closed year is that of all balances before it",
        _fingerprints,
    ),
    by_sql(
        "years-stay-closed",
        "締めた年度の日付の記帳が、あとから加わっていない",
        "Nothing was dated into a fiscal year after it was closed",
        _LATE,
    ),
    by_sql(
        "years-closed-by-two",
        "年度の締めには、起案した人とは別の人の決定がある",
        "Every closing of a fiscal year was decided by another person than proposed it",
        _UNDECIDED,
    ),
)
