"""What must be zero about the ledger, recomputed from postings alone."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

from fund.ledger.domain import entry_body
from fund.platform.invariants import Invariant, by_sql

_ENTRIES = text("""
SELECT entry.id, entry.kind, entry.fact_id, entry.fy, entry.on_day, entry.reason,
       entry.reverses, entry.clauses, entry.detail, entry.sha256,
       (SELECT coalesce(array_agg(account ORDER BY line), '{}')
          FROM posting WHERE entry_id = entry.id) AS accounts,
       (SELECT coalesce(array_agg(yen ORDER BY line), '{}')
          FROM posting WHERE entry_id = entry.id) AS yens,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(lot.share_id, lot_posting.account,
                                                    lot_posting.yen)), '[]')
          FROM lot_posting JOIN lot ON lot.id = lot_posting.lot_id
          WHERE lot_posting.entry_id = entry.id) AS lots
FROM journal_entry entry ORDER BY entry.id
""")


def _altered(connection: Connection) -> list[str]:
    """Entries whose content no longer hashes to what was stored when they were written."""
    broken = []
    for row in connection.execution_options(yield_per=2000).execute(_ENTRIES):
        body = entry_body(
            {
                "kind": row.kind,
                "fact": row.fact_id,
                "fy": row.fy,
                "on": row.on_day.isoformat(),
                "reason": row.reason,
                "reverses": row.reverses,
                "clauses": list(row.clauses),
                "detail": row.detail,
            },
            tuple(zip(row.accounts, row.yens, strict=True)),
            tuple(sorted((share, account, yen) for share, account, yen in row.lots)),
        )
        if hashlib.sha256(body).digest() != bytes(row.sha256):
            broken.append(f"entry={row.id} kind={row.kind} fact={row.fact_id}")
    return broken


INVARIANTS = (
    by_sql(
        "entries-balanced",
        "すべての仕訳で借方と貸方が等しい",
        "Every journal entry balances",
        """
        SELECT entry.id AS entry, entry.kind, coalesce(sum(posting.yen), 0) AS off_by,
               count(posting.line) AS postings
        FROM journal_entry entry LEFT JOIN posting ON posting.entry_id = entry.id
        GROUP BY entry.id
        HAVING coalesce(sum(posting.yen), 0) <> 0
            OR (count(posting.line) < 2
                AND NOT (count(posting.line) = 0 AND is_governance(entry.kind)))
        """,
    ),
    Invariant(
        "entries-unaltered",
        "すべての仕訳は記帳したときの内容のままである（SHA-256）",
        "Every journal entry is as it was written (SHA-256)",
        _altered,
    ),
    by_sql(
        "parents-are-there",
        "どの仕訳行にも仕訳があり、どの寄附の動きにも寄附がある",
        "Every posting has its entry, every lot posting its entry and its lot",
        """
        SELECT 'posting' AS of, entry_id AS entry, NULL::bigint AS lot FROM posting
        WHERE NOT EXISTS (SELECT FROM journal_entry WHERE journal_entry.id = posting.entry_id)
        UNION ALL
        SELECT 'lot_posting', entry_id, lot_id FROM lot_posting
        WHERE NOT EXISTS (SELECT FROM journal_entry WHERE journal_entry.id = lot_posting.entry_id)
           OR NOT EXISTS (SELECT FROM lot WHERE lot.id = lot_posting.lot_id)
        """,
    ),
    by_sql(
        "pots-are-lots",
        "使いみちごとの残高は、その中の寄附の残りの合計と等しい",
        "Every pot equals the sum of its open lots",
        """
        SELECT account, sum(books) AS books, sum(lots) AS lots FROM (
          SELECT account, -yen AS books, 0 AS lots FROM posting WHERE account LIKE 'fund:%'
          UNION ALL
          SELECT account, 0, -yen FROM lot_posting
        ) both_sides GROUP BY account HAVING sum(books) <> sum(lots)
        """,
    ),
    by_sql(
        "guard-agrees",
        "残高の見張りは仕訳の合計と等しい",
        "The overdraft guard agrees with the postings",
        """
        SELECT account, sum(books) AS books, sum(guarded) AS guarded FROM (
          SELECT account, -yen AS books, 0 AS guarded FROM posting WHERE is_guarded(account)
          UNION ALL SELECT account, 0, yen FROM pot
          UNION ALL SELECT account, 0, yen FROM pot_inflow
        ) both_sides GROUP BY account HAVING sum(books) <> sum(guarded)
        """,
    ),
    by_sql(
        "nothing-overdrawn",
        "基金・交付予定・預り金のどれもマイナスになっていない",
        "No fund, committed or held account is overdrawn",
        """
        SELECT account, -sum(yen) AS balance FROM posting
        WHERE is_guarded(account) GROUP BY account HAVING sum(yen) > 0
        """,
    ),
    by_sql(
        "lots-hold",
        "どの寄附も、いただいた額より多く使われていない",
        "No lot has given more than it holds",
        """
        SELECT lot.share_id AS lot, lot.yen AS given, -coalesce(sum(lot_posting.yen), 0) AS open
        FROM lot LEFT JOIN lot_posting ON lot_posting.lot_id = lot.id
        GROUP BY lot.id
        HAVING -coalesce(sum(lot_posting.yen), 0) NOT BETWEEN 0 AND lot.yen
        """,
    ),
    by_sql(
        "editions-in-the-journal",
        "手引きのどの版も、記帳された指紋と同じである",
        "Every edition of the manual has the fingerprint entered in the journal",
        """
        SELECT edition.code AS edition, entry.detail ->> 'sha256' AS journal
        FROM edition LEFT JOIN journal_entry entry
          ON entry.fact_kind = 'manual.edition' AND entry.fact_id = edition.code
        WHERE entry.detail ->> 'sha256' IS DISTINCT FROM encode(edition.sha256, 'hex')
        """,
    ),
)
