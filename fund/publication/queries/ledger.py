"""Reading the public ledger: pages by keyset, totals of exactly the filter, single entries."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, text, true

from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.publication.models import public_entry

CHUNK = 2_000
# A look at the index for each year; DISTINCT would read the whole log for every page.
_YEARS = text("""
SELECT y.fy FROM generate_series(
  (SELECT min(fy)::int FROM public_entry), (SELECT max(fy)::int FROM public_entry)) AS y(fy)
WHERE EXISTS (SELECT 1 FROM public_entry e WHERE e.fy = y.fy) ORDER BY y.fy DESC
""")
_COMMON = frozenset({"v", "no", "kind", "fy", "on", "postings", "reverses", "reason", "clauses"})


@dataclass(frozen=True)
class LedgerFilter:
    """What a reader asked for; None or empty means no restriction.

    ``first`` and ``last`` are inclusive days (a gift counts by the first of its month),
    ``low`` and ``high`` inclusive yen of the movement, ``words`` folded words to be found all.
    """

    fy: int | None = None
    kinds: tuple[str, ...] = ()
    field: str | None = None
    group: str | None = None
    low: int | None = None
    high: int | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Totals:
    """Sums of yen over a filter, one for each money word."""

    came_in: Yen
    committed: Yen
    out: Yen
    spent: Yen
    returned: Yen
    left: Yen


@dataclass(frozen=True)
class LedgerRow:
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
    groups: tuple[str, ...]
    fields: tuple[str, ...]
    size: Yen
    came_in: Yen
    committed: Yen
    out: Yen
    left: Yen
    body: bytes
    appended_at: dt.datetime
    reversed_by: int | None = None

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


def conditions(wanted: LedgerFilter) -> ColumnElement[bool]:
    """The filter in SQL."""
    column = public_entry.c
    asked: tuple[tuple[object, Callable[[], ColumnElement[bool]]], ...] = (
        (wanted.fy, lambda: column.fy == wanted.fy),
        (wanted.kinds or None, lambda: column.kind.in_(wanted.kinds)),
        (wanted.field, lambda: column.fields.contains([wanted.field])),
        (wanted.group, lambda: column.groups.contains([wanted.group])),
        (wanted.low, lambda: column.size_yen >= wanted.low),
        (wanted.high, lambda: column.size_yen <= wanted.high),
        (wanted.first, lambda: column.first_day >= wanted.first),
        (wanted.last, lambda: column.first_day <= wanted.last),
    )
    tests = [test() for value, test in asked if value is not None]
    tests += [column.search_text.contains(word, autoescape=True) for word in wanted.words]
    return and_(true(), *tests)


def totals(connection: Connection, wanted: LedgerFilter) -> Totals:
    """Exact sums over everything the filter finds."""
    column = public_entry.c
    row = connection.execute(
        select(
            *(
                func.coalesce(func.sum(summed), 0)
                for summed in (
                    column.in_yen,
                    column.committed_yen,
                    column.out_yen,
                    column.spent_yen,
                    column.returned_yen,
                    column.left_yen,
                )
            )
        ).where(conditions(wanted))
    ).one()
    return Totals(*(Yen(int(yen)) for yen in row))


def page(
    connection: Connection, wanted: LedgerFilter, after: int | None, limit: int
) -> tuple[list[LedgerRow], int | None]:
    """Up to ``limit`` rows below the number ``after``, newest first, and the next ``after``."""
    query = select(public_entry).where(conditions(wanted))
    if after is not None:
        query = query.where(public_entry.c.no < after)
    found = connection.execute(query.order_by(public_entry.c.no.desc()).limit(limit + 1)).all()
    rows = [ledger_row(row) for row in found[:limit]]
    return _with_reversals(connection, rows), rows[-1].no if len(found) > limit else None


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


def size_of(connection: Connection, wanted: LedgerFilter, most: int) -> int:
    """How many rows a filter finds, counted no further than ``most``."""
    some = select(public_entry.c.no).where(conditions(wanted)).limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def entry(connection: Connection, no: int) -> LedgerRow | None:
    """One public entry by its number."""
    found = connection.execute(select(public_entry).where(public_entry.c.no == no)).one_or_none()
    return _with_reversals(connection, [ledger_row(found)])[0] if found else None


def related(
    connection: Connection, *, column: str, value: str, limit: int
) -> tuple[list[LedgerRow], bool]:
    """Entries of one gift, award or run (``gift_no``, ``award_no``, ``run_no``), oldest first.

    Returns the first ``limit`` and whether there are more.
    """
    found = connection.execute(
        select(public_entry)
        .where(public_entry.c[column] == value)
        .order_by(public_entry.c.no)
        .limit(limit + 1)
    ).all()
    return [ledger_row(row) for row in found[:limit]], len(found) > limit


def gift_entries(connection: Connection, gift_nos: Sequence[str]) -> dict[str, int]:
    """The number of the entry in which each of these gifts was accepted."""
    rows = connection.execute(
        select(public_entry.c.gift_no, public_entry.c.no).where(
            public_entry.c.gift_no.in_(set(gift_nos)), public_entry.c.kind == "donation.received"
        )
    )
    return {row.gift_no: row.no for row in rows}


def as_of(connection: Connection) -> dt.datetime | None:
    """When the newest public entry was appended (aware UTC); None for an empty log."""
    return connection.execute(
        select(public_entry.c.appended_at).order_by(public_entry.c.no.desc()).limit(1)
    ).scalar_one_or_none()


def last_no(connection: Connection) -> int:
    """The highest public number; zero for an empty log."""
    return int(connection.execute(select(func.max(public_entry.c.no))).scalar_one() or 0)


def fiscal_years(connection: Connection) -> list[int]:
    """Fiscal years with public entries, newest first."""
    return list(connection.execute(_YEARS).scalars())


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
        groups=tuple(row.groups),
        fields=tuple(row.fields),
        size=Yen(row.size_yen),
        came_in=Yen(row.in_yen),
        committed=Yen(row.committed_yen),
        out=Yen(row.out_yen),
        left=Yen(row.left_yen),
        body=bytes(row.body),
        appended_at=row.appended_at,
    )


def _with_reversals(connection: Connection, rows: list[LedgerRow]) -> list[LedgerRow]:
    """The rows, each knowing the entry that reversed it."""
    if not rows:
        return rows
    rows_undone = connection.execute(
        select(public_entry.c.reverses, public_entry.c.no).where(
            public_entry.c.reverses.in_([row.no for row in rows])
        )
    )
    undone = {row.reverses: row.no for row in rows_undone}
    return [replace(row, reversed_by=undone.get(row.no)) for row in rows]


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
    rows = connection.execute(
        select(public_entry).where(
            public_entry.c.award_no.in_(set(award_nos)), public_entry.c.kind == "award.decided"
        )
    )
    return {
        row.award_no: AwardFacts(
            row.award_no,
            decided.text("group") or "",
            decided.text("programme") or "",
            decided.named_fields,
            decided.text("title") or "",
            Yen(decided.number("ceiling")),
            row.no,
        )
        for row in rows
        for decided in (ledger_row(row),)
    }
