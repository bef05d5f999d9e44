"""Figures of the fund at a glance, all of them sums over public entries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.money import Yen
from fund.publication.domain.kinds import WORD_KINDS
from fund.publication.queries.filters import LedgerFilter
from fund.publication.queries.sums import LATEST, by_tag, counted_to, totals

_OPENING = "opening.balance"


@dataclass(frozen=True)
class Word:
    """A money word: its name, its yen, and the ledger's arguments that add up to it."""

    name: str
    yen: Yen
    arguments: dict[str, str]


@dataclass(frozen=True)
class SixWords:
    """The six money words in yen; of one fiscal year, or of all time when ``fy`` is None.

    In a year, what came in, went out, was spent and was returned is of that year, while
    what is committed and what is left is the balance at its end. ``before`` is what was there
    before: the opening balance and, in a year, all that earlier years left. Always

    before + came in + returned - out - committed = left.
    """

    fy: int | None
    carried: Yen
    opened: Yen
    came_in: Yen
    committed: Yen
    out: Yen
    spent: Yen
    returned: Yen
    left: Yen

    def words(self) -> tuple[Word, ...]:
        """The words in the order of the house: in, committed, out, spent, returned, left."""
        yen = {
            "in": self.came_in,
            "committed": self.committed,
            "out": self.out,
            "spent": self.spent,
            "returned": self.returned,
            "left": self.left,
        }
        return tuple(Word(name, yen[name], word_arguments(name, self.fy)) for name in yen)

    @property
    def before(self) -> Yen:
        """What the fund had before it earned or gave anything in the year, or ever."""
        return Yen(self.carried + self.opened)

    def beginnings(self) -> tuple[Word, ...]:
        """What was there before, with the ledger's arguments that show it: carried, opened."""
        found = []
        if self.fy is not None and (self.carried or not self.opened):
            eve = fiscal_year_bounds(self.fy)[0] - dt.timedelta(days=1)
            found.append(Word("carried", self.carried, {"to": eve.isoformat()}))
        if self.opened or not found:
            year = {} if self.fy is None else {"fy": str(self.fy)}
            found.append(Word("opened", self.opened, {**year, "kind": _OPENING}))
        return tuple(found)


def word_arguments(name: str, fy: int | None) -> dict[str, str]:
    """The arguments of ``/ledger`` whose totals show a money word."""
    found: dict[str, str] = {}
    if name in WORD_KINDS:
        found["kind"] = ",".join(WORD_KINDS[name])
    if fy is not None and name in {"committed", "left"}:
        found["to"] = fiscal_year_bounds(fy)[1].isoformat()
    elif fy is not None:
        found["fy"] = str(fy)
    return found


def six_words(connection: Connection, fy: int | None = None) -> SixWords:
    """The six money words from public entries, of a fiscal year or of all time."""
    moved = totals(connection, LedgerFilter(fy=fy))
    standing = moved
    if fy is not None:
        standing = totals(connection, LedgerFilter(last=fiscal_year_bounds(fy)[1]))
    return SixWords(
        fy=fy,
        carried=_carried(connection, fy),
        opened=totals(connection, LedgerFilter(fy=fy, kinds=(_OPENING,))).left,
        came_in=moved.came_in,
        committed=standing.committed,
        out=moved.out,
        spent=moved.spent,
        returned=moved.returned,
        left=standing.left,
    )


def _carried(connection: Connection, fy: int | None) -> Yen:
    """What earlier years left, committed money included."""
    if fy is None:
        return Yen(0)
    eve = fiscal_year_bounds(fy)[0] - dt.timedelta(days=1)
    return totals(connection, LedgerFilter(last=eve)).kept


@dataclass(frozen=True)
class Period:
    """What came in and went out in a month (its first day) or a fiscal year (1 April).

    ``last`` is the first day of the last month, where several stand together.
    """

    first_day: dt.date
    came_in: Yen
    out: Yen
    last: dt.date | None = None


_PERIODS = text("""
SELECT date_trunc('month', first_day)::date AS first_day,
       sum(in_yen)::bigint AS came_in, sum(out_yen)::bigint AS out
FROM (
  SELECT fy, CASE WHEN :by_fy THEN make_date(fy, 4, 1) ELSE first_day END AS first_day,
         in_yen, out_yen
  FROM public_cell WHERE tag = ''
  UNION ALL
  SELECT fy, CASE WHEN :by_fy THEN make_date(fy, 4, 1) ELSE first_day END, in_yen, out_yen
  FROM public_entry WHERE no > :over
) AS summed
WHERE (CAST(:fy AS int) IS NULL OR fy = :fy) AND (in_yen <> 0 OR out_yen <> 0)
GROUP BY 1 ORDER BY 1
""")


def periods(connection: Connection, fy: int | None) -> list[Period]:
    """In and out by month of a fiscal year, or by fiscal year; periods without any left out."""
    asked = {"fy": fy, "by_fy": fy is None, "over": counted_to(connection)}
    rows = connection.execute(_PERIODS, asked)
    return [Period(row.first_day, Yen(int(row.came_in)), Yen(int(row.out))) for row in rows]


def fits(connection: Connection, fy: int | None) -> dict[str, Yen]:
    """Allocated yen of a fiscal year or of all time by how they met the donor's wish.

    ``first`` wish, an ``other`` one, or ``open``: all the money waited in the general pot.
    """
    met: dict[str, int] = defaultdict(int)
    for found in by_tag(connection, "fit:", fy=fy):
        met[found.tag] += found.yen
    return {fit: Yen(yen) for fit, yen in met.items()}


def changes(connection: Connection, fy: int | None) -> dict[str, tuple[int, Yen]]:
    """Reason code → how often wishes were redirected for it, and yen."""
    found = sorted(by_tag(connection, "reason:", fy=fy), key=lambda change: change.tag)
    return {one.tag: (one.entries, Yen(one.yen)) for one in found}


def ages(connection: Connection, fy: int | None) -> list[tuple[int, Yen]]:
    """Unspent money at the end of a fiscal year (or now) by the year it was accepted in.

    Money that a group returns is as old as the gift it came from.
    """
    last = LATEST if fy is None else fiscal_year_bounds(fy)[1]
    sums: dict[int, int] = defaultdict(int)
    for found in by_tag(connection, "age:", last=last):
        sums[int(found.tag)] += found.yen
    return [(year, Yen(yen)) for year, yen in sorted(sums.items()) if yen]


WAITS = ((0, 2), (3, 5), (6, 11), (12, 23), (24, 1_200))
"""From which to which month a row of the table of waits goes."""


@dataclass(frozen=True)
class Waits:
    """Months from the acceptance of a gift to its allocation, over allocation lines.

    ``longest`` is the longest that enough people waited to be shown. ``quarter`` and
    ``three_quarters`` say how widely they spread: half of all lines lie between.
    ``by_span`` has lines and yen for each span of ``WAITS``, or for some of them together.
    """

    middle: int | None
    longest: int | None
    lines: int
    quarter: int | None = None
    three_quarters: int | None = None
    by_span: tuple[tuple[tuple[int, int], int, Yen], ...] = ()


def waits(connection: Connection, fy: int | None, spans: Sequence[tuple[int, int]]) -> Waits:
    """How long gifts waited; months only, because the day of a gift is not public."""
    found = sorted(
        (int(one.tag), one.entries, one.yen) for one in by_tag(connection, "wait:", fy=fy)
    )
    lines = sum(many for _months, many, _yen in found)
    if not lines:
        return Waits(None, None, 0)

    def reached(part: int) -> int:
        """The shortest wait within which ``part`` quarters of the lines were allocated."""
        seen = 0
        for months, many, _yen in found:
            seen += many
            if 4 * seen >= part * lines:
                return months
        return found[-1][0]

    by_span = tuple(
        (
            (low, high),
            sum(many for months, many, _yen in found if low <= months <= high),
            Yen(sum(yen for months, _many, yen in found if low <= months <= high)),
        )
        for low, high in spans
    )
    return Waits(reached(2), found[-1][0], lines, reached(1), reached(3), by_span)


@dataclass(frozen=True)
class Fees:
    """Card fees charged, and paid back to the fund by the municipality's budget."""

    charged: Yen
    reimbursed: Yen


def fees(connection: Connection, fy: int | None) -> Fees:
    """Who pays the fees: a gift is never cut."""
    charged = totals(connection, LedgerFilter(fy=fy, kinds=("fee.charged",))).moved
    reimbursed = totals(connection, LedgerFilter(fy=fy, kinds=("fee.reimbursed",))).moved
    return Fees(charged, reimbursed)
