"""What must be zero about the public log: it agrees with the books, to the yen and the byte."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

from fund.kernel.canonical import canonical
from fund.platform.invariants import Invariant, by_sql
from fund.publication import queries
from fund.publication.closing.invariants import CLOSED
from fund.publication.counting import COUNTED
from fund.publication.domain.kinds import KIND_WORDS
from fund.publication.signed_invariants import SIGNED

_PRIVATE = ("name", "email", "address", "phone", "donor", "person", "received_on", "salt")

_SUMS = """
SELECT public_entry.no AS entry, coalesce(open.account, booked.account) AS account,
       coalesce(open.yen, 0) AS public, coalesce(booked.yen, 0) AS booked
FROM public_entry
JOIN (SELECT no, account, sum(yen) AS yen FROM public_posting GROUP BY no, account) AS open
  FULL JOIN (
    SELECT source.no, posting.account, sum(posting.yen) AS yen
    FROM public_source source JOIN posting ON posting.entry_id = source.entry_id
    GROUP BY source.no, posting.account HAVING sum(posting.yen) <> 0
  ) AS booked ON booked.no = open.no AND booked.account = open.account
  ON public_entry.no = coalesce(open.no, booked.no)
WHERE coalesce(open.yen, 0) <> coalesce(booked.yen, 0)
"""

_BALANCE = """
WITH private AS (
  SELECT posting.account, posting.yen
  FROM journal_entry entry JOIN posting ON posting.entry_id = entry.id
  LEFT JOIN public_source source ON source.entry_id = entry.id WHERE source.entry_id IS NULL
)
SELECT account, sum(yen) AS off FROM (
  SELECT account, yen FROM posting
  UNION ALL SELECT account, -yen FROM private
  UNION ALL SELECT account, -yen FROM public_posting
) AS moves GROUP BY account HAVING sum(yen) <> 0
"""

# An hour after later entries became public, an earlier one that may be public has to be.
_LEFT_BEHIND = """
SELECT entry.id AS entry, entry.kind, entry.fact_id AS fact
FROM journal_entry entry LEFT JOIN public_source source ON source.entry_id = entry.id
WHERE source.entry_id IS NULL
  AND entry.kind NOT LIKE 'payment.%'
  AND NOT EXISTS (SELECT 1 FROM journal_entry mistake
                  LEFT JOIN public_source shown ON shown.entry_id = mistake.id
                  WHERE mistake.id = entry.reverses AND mistake.kind = 'payment.received'
                    AND shown.entry_id IS NULL)
  AND entry.booked_at < (
    SELECT max(later.booked_at) - interval '1 hour' FROM journal_entry later
    JOIN public_source done ON done.entry_id = later.id
  )
"""

_ORPHANS = """
SELECT public_entry.no AS entry, public_entry.kind,
       count(source.entry_id) AS sources, min(booked.kind) AS booked
FROM public_entry
LEFT JOIN public_source source ON source.no = public_entry.no
LEFT JOIN journal_entry booked ON booked.id = source.entry_id
GROUP BY public_entry.no, public_entry.kind
HAVING count(source.entry_id) = 0
  OR (public_entry.kind NOT LIKE 'payments.%' AND count(source.entry_id) <> 1)
  OR bool_or(booked.kind <> replace(public_entry.kind, 'payments.', 'payment.')
    AND (booked.kind, public_entry.kind) NOT IN (
      ('payment.disputed', 'payments.returned'), ('payment.reinstated', 'payments.received')))
"""

_OVERDRAWN = """
SELECT account, no AS entry, balance FROM (
  SELECT account, no, sum(yen) OVER (PARTITION BY account ORDER BY no) AS balance
  FROM public_posting
  WHERE account LIKE 'held:%' OR account LIKE 'fund:%' OR account LIKE 'committed:%'
) AS running WHERE balance > 0
"""


def _bodies(connection: Connection) -> list[str]:
    """Entries whose bytes are not canonical or say something else than their columns."""
    wrong = []
    newest = None
    while True:
        rows, newest = queries.page(connection, queries.LedgerFilter(), newest, queries.CHUNK)
        for row in rows:
            content = json.loads(row.body)
            said = (content["no"], content["kind"], content["fy"], content["on"])
            if canonical(content) != row.body:
                wrong.append(f"entry={row.no} bytes=not canonical sha256={row.sha256}")
            elif said != (row.no, row.kind, row.fy, row.on):
                wrong.append(f"entry={row.no} body and columns differ")
            elif row.kind not in KIND_WORDS or content["v"] != 1:
                wrong.append(f"entry={row.no} kind={row.kind} unknown")
            elif private := sorted(set(_PRIVATE) & content.keys()):
                wrong.append(f"entry={row.no} private={','.join(private)}")
        if newest is None:
            return wrong


def _postings(connection: Connection) -> list[str]:
    """Entries whose bytes list other postings than the table of postings."""
    found = connection.execute(
        text("""
SELECT entry.no FROM public_entry entry
LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_object('account', account, 'yen', yen) ORDER BY line) AS lines
  FROM public_posting WHERE no = entry.no
) AS listed ON true
WHERE coalesce(listed.lines, '[]') <> convert_from(entry.body, 'UTF8')::jsonb->'postings'
""")
    )
    return [f"entry={row.no} postings differ" for row in found]


INVARIANTS = (
    by_sql(
        "log-numbers",
        "公開台帳の番号は、1から抜けなく続いている",
        "Public numbers run from 1 without a gap",
        "SELECT max(no) AS last, count(*) AS entries FROM public_entry HAVING max(no) <> count(*)",
    ),
    by_sql(
        "log-balanced",
        "公開台帳の記帳は、一つずつ足すと0円になる",
        "Every public entry sums to zero",
        "SELECT no AS entry, sum(yen) AS off FROM public_posting GROUP BY no HAVING sum(yen) <> 0",
    ),
    by_sql(
        "log-agrees",
        "公開台帳の記帳は、もとの帳簿と1円までおなじ",
        "Every public entry moves exactly the yen of the entries it stands for",
        _SUMS,
    ),
    by_sql(
        "log-sources",
        "公開台帳の記帳には、もとの記帳がちょうど一つある（入金の合計をのぞく）",
        "Every public entry stands for exactly one booked entry, sums of payments apart",
        _ORPHANS,
    ),
    by_sql(
        "log-trial-balance",
        "公開台帳の残高は、帳簿から受け入れ前の入金などを除いたものとおなじ",
        "The public trial balance is the internal one without what is still private",
        _BALANCE,
    ),
    by_sql(
        "log-complete",
        "公開すべき記帳が、置き去りになっていない",
        "No entry that may be public was left behind",
        _LEFT_BEHIND,
    ),
    by_sql(
        "log-never-overdrawn",
        "公開台帳を順に読んでも、預り金・基金・決まったお金は足りなくならない",
        "Read in order, no public account of the fund is ever overdrawn",
        _OVERDRAWN,
    ),
    Invariant(
        "log-bytes",
        "公開台帳のデータは決まった書き方で、個人の情報を含まない",
        "The log's bytes are canonical, agree with their columns and hold no person",
        _bodies,
    ),
    Invariant(
        "log-postings",
        "公開台帳のデータの仕訳は、仕訳の表とおなじ",
        "The postings in the bytes are those of the table",
        _postings,
    ),
    *COUNTED,
    *CLOSED,
    *SIGNED,
)
