"""Reading the public ledger: its entries page by page and one by one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, text

from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.publication.models import public_entry
from fund.publication.queries.filters import LedgerFilter
from fund.publication.queries.pages import above, below
from fund.publication.queries.sums import Ends, ends

CHUNK = 2_000
# Years of the counted cells, and of the few entries above them.
# From one kind and year to the next by the index: not every cell of every day is read.
_YEARS = text("""
WITH RECURSIVE step AS (
  (SELECT kind, fy FROM public_cell WHERE tag = '' ORDER BY kind, fy LIMIT 1)
  UNION ALL
  SELECT further.kind, further.fy FROM step CROSS JOIN LATERAL (
    SELECT kind, fy FROM public_cell WHERE tag = '' AND (kind, fy) > (step.kind, step.fy)
    ORDER BY kind, fy LIMIT 1
  ) AS further
)
SELECT fy FROM step UNION SELECT fy FROM public_entry WHERE no > :over ORDER BY fy DESC
""")
_COLUMNS = (
    *("no", "kind", "fy", "on_text", "reverses", "reason", "groups", "fields", "size_yen"),
    *("in_yen", "committed_yen", "out_yen", "spent_yen", "returned_yen", "left_yen"),
    *("body", "appended_at"),
)
_ROWS = text(f"""
SELECT {", ".join(f"e.{name}" for name in _COLUMNS)},
       mirror.no AS reversed_by, mirror.reason AS reversed_for
FROM public_entry e LEFT JOIN LATERAL (
  SELECT no, reason FROM public_entry WHERE reverses = e.no ORDER BY no DESC LIMIT 1
) AS mirror ON true
WHERE e.no = ANY(:nos) ORDER BY e.no DESC
""")
_ACCEPTED = text("""
SELECT gift_no, no FROM public_entry
WHERE gift_no = ANY(:gifts) AND kind = 'donation.received'
""")
_DECIDED = text("""
SELECT award_no, no, body FROM public_entry
WHERE award_no = ANY(:awards) AND kind = 'award.decided'
""")
_COMMON = frozenset({"v", "no", "kind", "fy", "on", "postings", "reverses", "reason", "clauses"})


class LedgerRow(NamedTuple):
    """One public entry with what it means; ``facts`` are its kind's own fields."""

    no: int
    kind: str
    fy: int
    on: str
    postings: tuple[tuple[str, int], ...]
    reverses: int | None
    reason: str | None
    clauses: tuple[str, ...]
    facts: Mapping[str, Json]
    groups: Sequence[str]
    fields: Sequence[str]
    size: Yen
    came_in: Yen
    committed: Yen
    out: Yen
    spent: Yen
    returned: Yen
    left: Yen
    body: bytes
    appended_at: dt.datetime
    reversed_by: int | None
    reversed_for: str | None
    """The number and the reason of the entry that reversed this one."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the entry's canonical bytes, lower-case hex."""
        return hashlib.sha256(self.body).hexdigest()

    def text(self, name: str) -> str | None:
        """One of the entry's own facts, if it is there and a text."""
        value = self.facts.get(name)
        return value if isinstance(value, str) else None

    @property
    def named_fields(self) -> tuple[str, ...]:
        """The field codes the entry itself names (an award's decision does)."""
        codes = self.facts.get("fields")
        return (
            tuple(code for code in codes if isinstance(code, str))
            if isinstance(codes, list)
            else ()
        )

    def number(self, name: str) -> int:
        """One of the entry's own facts as an integer; zero if it is not there."""
        value = self.facts.get(name)
        return value if isinstance(value, int) else 0


def page(
    connection: Connection,
    wanted: LedgerFilter,
    after: int | None,
    limit: int,
    where: Ends | None = None,
) -> tuple[list[LedgerRow], int | None]:
    """Up to ``limit`` rows below the number ``after``, newest first, and the next ``after``."""
    found = below(connection, wanted, after, limit + 1, where or ends(connection))
    rows = _rows(connection, found[:limit])
    return rows, rows[-1].no if len(found) > limit else None


def page_before(
    connection: Connection,
    wanted: LedgerFilter,
    before: int,
    limit: int,
    where: Ends | None = None,
) -> tuple[list[LedgerRow], int | None]:
    """The ``limit`` rows next above ``before``, newest first, and the next ``before``."""
    found = above(connection, wanted, before, limit + 1, where or ends(connection))
    rows = _rows(connection, found[:limit])
    return rows, rows[0].no if len(found) > limit else None


def _rows(connection: Connection, nos: Sequence[int]) -> list[LedgerRow]:
    """The entries of these numbers, newest first, each knowing the entry that reversed it."""
    if not nos:
        return []
    return [ledger_row(row) for row in connection.execute(_ROWS, {"nos": list(nos)})]


def every(
    connection: Connection, wanted: LedgerFilter, after: int | None, most: int | None
) -> Iterator[list[LedgerRow]]:
    """All rows of a filter in chunks, newest first, at most ``most``; memory stays flat."""
    left = most
    while left is None or left > 0:
        rows, after = page(connection, wanted, after, CHUNK if left is None else min(CHUNK, left))
        if rows:
            yield rows
        if after is None:
            return
        left = None if left is None else left - len(rows)


def entry(connection: Connection, no: int) -> LedgerRow | None:
    """One public entry by its number."""
    found = _rows(connection, [no])
    return found[0] if found else None


def related(
    connection: Connection,
    *,
    column: str,
    value: str,
    limit: int,
    after: int = 0,
    kind: str | None = None,
) -> tuple[list[LedgerRow], bool]:
    """Entries of one gift, award or run (``gift_no``, ``award_no``, ``run_no``), oldest first.

    Returns the first ``limit`` above the number ``after`` (of one kind, if asked) and whether
    there are more.
    """
    asked = select(public_entry.c.no).where(
        public_entry.c[column] == value, public_entry.c.no > after
    )
    if kind is not None:
        asked = asked.where(public_entry.c.kind == kind)
    found = connection.execute(asked.order_by(public_entry.c.no).limit(limit + 1)).scalars().all()
    return _rows(connection, found[:limit])[::-1], len(found) > limit


def gift_entries(connection: Connection, gift_nos: Sequence[str]) -> dict[str, int]:
    """The number of the entry in which each of these gifts was accepted."""
    if not gift_nos:
        return {}
    rows = connection.execute(_ACCEPTED, {"gifts": list(gift_nos)})
    return {row.gift_no: row.no for row in rows}


def as_of(connection: Connection) -> dt.datetime | None:
    """When the newest public entry was appended (aware UTC); None for an empty log."""
    return connection.execute(
        select(public_entry.c.appended_at).order_by(public_entry.c.no.desc()).limit(1)
    ).scalar_one_or_none()


def fiscal_years(connection: Connection, where: Ends | None = None) -> list[int]:
    """Fiscal years with public entries, newest first."""
    counted = (where or ends(connection)).counted
    return list(connection.execute(_YEARS, {"over": counted}).scalars())


def ledger_row(row: Row[Any]) -> LedgerRow:
    """A row of the table as a frozen value; its facts come from the canonical body itself."""
    content: dict[str, Any] = json.loads(row.body)
    return LedgerRow(
        no=row.no,
        kind=row.kind,
        fy=row.fy,
        on=row.on_text,
        postings=tuple((line["account"], line["yen"]) for line in content["postings"]),
        reverses=row.reverses,
        reason=row.reason,
        clauses=tuple(content.get("clauses", ())),
        facts={key: value for key, value in content.items() if key not in _COMMON},
        groups=row.groups,
        fields=row.fields,
        size=Yen(row.size_yen),
        came_in=Yen(row.in_yen),
        committed=Yen(row.committed_yen),
        out=Yen(row.out_yen),
        spent=Yen(row.spent_yen),
        returned=Yen(row.returned_yen),
        left=Yen(row.left_yen),
        body=bytes(row.body),
        appended_at=row.appended_at,
        reversed_by=row.reversed_by,
        reversed_for=row.reversed_for,
    )


@dataclass(frozen=True)
class AwardFacts:
    """An award as its public decision names it; ``no`` is the decision's entry number."""

    award_no: str
    group_no: str
    programme: str
    fields: tuple[str, ...]
    title: str
    ceiling: Yen
    no: int


def award_facts(connection: Connection, award_nos: Collection[str]) -> dict[str, AwardFacts]:
    """The decisions of awards that are public, by award number."""
    if not award_nos:
        return {}
    rows = connection.execute(_DECIDED, {"awards": list(award_nos)})
    return {award: _award_facts(award, no, json.loads(body)) for award, no, body in rows}


def _award_facts(award_no: str, no: int, facts: Mapping[str, Any]) -> AwardFacts:
    """A decision's own words; what is not there is empty, never guessed."""

    def words(name: str) -> str:
        value = facts.get(name)
        return value if isinstance(value, str) else ""

    ceiling, fields = facts.get("ceiling"), facts.get("fields")
    return AwardFacts(
        award_no=award_no,
        group_no=words("group"),
        programme=words("programme"),
        fields=tuple(code for code in fields or () if isinstance(code, str)),
        title=words("title"),
        ceiling=Yen(ceiling if isinstance(ceiling, int) else 0),
        no=no,
    )
