"""Figures of the fund at a glance, all of them sums over public entries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, text

from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.money import Yen
from fund.publication.domain.kinds import WORD_KINDS
from fund.publication.queries.ledger import LedgerFilter, totals


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
    what is committed and what is left is the balance at its end.
    """

    fy: int | None
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
        fy, moved.came_in, standing.committed, moved.out, moved.spent, moved.returned, standing.left
    )


@dataclass(frozen=True)
class Period:
    """What came in and went out in a month (its first day) or a fiscal year (1 April)."""

    first_day: dt.date
    came_in: Yen
    out: Yen


_MONTHS = text("""
SELECT date_trunc('month', first_day)::date AS first_day, sum(in_yen) AS came_in,
       sum(out_yen) AS out
FROM public_entry WHERE fy = :fy AND (in_yen <> 0 OR out_yen <> 0) GROUP BY 1 ORDER BY 1
""")
_YEARS = text("""
SELECT make_date(fy, 4, 1) AS first_day, sum(in_yen) AS came_in, sum(out_yen) AS out
FROM public_entry WHERE in_yen <> 0 OR out_yen <> 0 GROUP BY fy ORDER BY fy
""")


def periods(connection: Connection, fy: int | None) -> list[Period]:
    """In and out by month of a fiscal year, or by fiscal year; periods without any left out."""
    rows = connection.execute(_YEARS) if fy is None else connection.execute(_MONTHS, {"fy": fy})
    return [Period(row.first_day, Yen(int(row.came_in)), Yen(int(row.out))) for row in rows]


@dataclass(frozen=True)
class Fidelity:
    """How far wishes were met: designated yen allocated, those at the first wish, and changes."""

    designated: Yen
    first_wish: Yen
    undesignated: Yen
    redirected: tuple[tuple[str, int, Yen], ...]

    @property
    def per_mille(self) -> int | None:
        """Designated yen that met the first wish, in thousandths, rounded down; None for none."""
        return self.first_wish * 1000 // self.designated if self.designated else None


_RANKS = text("""
SELECT p.account = 'fund:general' AS undesignated,
       (convert_from(e.body, 'UTF8')::jsonb->>'rank')::int = 1 AS met, sum(p.yen) AS yen
FROM public_entry e JOIN public_posting p ON p.no = e.no AND p.account LIKE 'fund:%'
WHERE e.kind = 'allocation.line' AND (CAST(:fy AS int) IS NULL OR e.fy = :fy)
GROUP BY 1, 2
""")
_CHANGES = text("""
SELECT coalesce(reason, '') AS reason, count(*) AS many, sum(size_yen) AS yen FROM public_entry
WHERE kind = 'designation.redirected' AND (CAST(:fy AS int) IS NULL OR fy = :fy)
GROUP BY 1 ORDER BY 1
""")


def fidelity(connection: Connection, fy: int | None) -> Fidelity:
    """Wish fidelity of a fiscal year or of all time."""
    rows = connection.execute(_RANKS, {"fy": fy}).all()
    changes = connection.execute(_CHANGES, {"fy": fy})
    return Fidelity(
        designated=Yen(sum(int(row.yen) for row in rows if not row.undesignated)),
        first_wish=Yen(sum(int(row.yen) for row in rows if not row.undesignated and row.met)),
        undesignated=Yen(sum(int(row.yen) for row in rows if row.undesignated)),
        redirected=tuple((row.reason, int(row.many), Yen(int(row.yen))) for row in changes),
    )


_AGES = text("""
SELECT vintage, sum(open_yen) AS open_yen FROM (
  SELECT min(fy) AS vintage, sum(left_yen) AS open_yen FROM (
    SELECT coalesce(gift_no, convert_from(body, 'UTF8')::jsonb->>'share', '#' || no) AS lot,
           fy, left_yen
    FROM public_entry WHERE left_yen <> 0 AND first_day <= :last
  ) AS moves GROUP BY lot
) AS lots GROUP BY vintage HAVING sum(open_yen) <> 0 ORDER BY vintage
""")


def ages(connection: Connection, fy: int | None) -> list[tuple[int, Yen]]:
    """Unspent money at the end of a fiscal year (or now) by the year it was accepted in."""
    last = dt.date(9999, 1, 1) if fy is None else fiscal_year_bounds(fy)[1]
    rows = connection.execute(_AGES, {"last": last})
    return [(int(row.vintage), Yen(int(row.open_yen))) for row in rows]


_WAITS = text("""
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY months) AS middle, max(months) AS longest,
       count(*) AS lines
FROM (
  SELECT (extract(year FROM line.first_day) - extract(year FROM gift.first_day)) * 12
         + extract(month FROM line.first_day) - extract(month FROM gift.first_day) AS months
  FROM public_entry line
  JOIN public_entry gift ON gift.gift_no = line.gift_no AND gift.kind = 'donation.received'
  WHERE line.kind = 'allocation.line' AND (CAST(:fy AS int) IS NULL OR line.fy = :fy)
) AS waits
""")


@dataclass(frozen=True)
class Waits:
    """Months from the acceptance of a gift to its allocation, over allocation lines."""

    middle: int | None
    longest: int | None
    lines: int


def waits(connection: Connection, fy: int | None) -> Waits:
    """How long gifts waited; months only, because the day of a gift is not public."""
    row = connection.execute(_WAITS, {"fy": fy}).one()
    if row.middle is None:
        return Waits(None, None, 0)
    return Waits(int(row.middle), int(row.longest), int(row.lines))


@dataclass(frozen=True)
class Fees:
    """Card fees charged, and paid back to the fund by the municipality's budget."""

    charged: Yen
    reimbursed: Yen


def fees(connection: Connection, fy: int | None) -> Fees:
    """Who pays the fees: a gift is never cut."""
    charged = totals_size(connection, "fee.charged", fy)
    return Fees(charged, totals_size(connection, "fee.reimbursed", fy))


def totals_size(connection: Connection, kind: str, fy: int | None) -> Yen:
    """Yen moved by one kind of entry in a fiscal year or in all time."""
    found = connection.execute(
        text(
            "SELECT coalesce(sum(size_yen), 0) FROM public_entry WHERE kind = :kind"
            " AND (CAST(:fy AS int) IS NULL OR fy = :fy)"
        ),
        {"kind": kind, "fy": fy},
    ).scalar_one()
    return Yen(int(found))
