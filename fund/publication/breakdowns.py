"""How the tables about donors are divided, each decided by the one rule of ``giving.domain.cells``.

Pages, their machine twins and the API read their tables from here; the entries themselves are
public one by one and are no table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.giving import queries as giving
from fund.giving.domain.cells import Breakdown, Cell, divided, is_small
from fund.kernel.money import Yen
from fund.publication import queries
from fund.publication.queries import WAITS, Origin
from fund.publication.queries.people import Behind, people_by_month, people_by_tag

FITS_IN_ORDER = ("other", "open", "first")
"""Later wishes are the rarest: they stand with gifts without a wish before with the first one."""


@dataclass(frozen=True)
class Breakdowns:
    """How each table of the glance page is divided; periods are fiscal years as text.

    ``months`` divides the year that is shown and ``ages`` the money that is left. ``longest`` is
    the longest wait, in months, that at least ``smallest`` people had, by fiscal year or ``""``
    for all time.
    """

    smallest: int
    uses: Breakdown
    fits: Breakdown
    reasons: Breakdown
    waits: Breakdown
    ages: Breakdown
    months: Breakdown
    pots: Breakdown
    groups: Breakdown
    longest: int | None


def breakdowns(connection: Connection, fy: int | None, today: dt.date) -> Breakdowns:
    """How the tables of a fiscal year, or of all time, are divided by the manual of ``today``."""
    smallest = giving.smallest_cell(connection, today)

    def read(prefix: str) -> list[Behind]:
        return people_by_tag(connection, prefix, smallest) if smallest > 1 else []

    arrived, waited = read("in:"), read("wait:")
    pots = divided(_cells(arrived), smallest)
    given = _given(read("to:"), pots)
    spans = [Cell(str(one.fy), _span(int(one.tag)), one.people) for one in waited]
    ages = [Cell("", str(one.fy), one.people) for one in arrived]
    months = _months(connection, fy, smallest)
    return Breakdowns(
        smallest,
        divided(_cells(read("use:")), smallest),
        divided(_cells(read("fit:")), smallest, FITS_IN_ORDER),
        divided(_cells(read("reason:")), smallest),
        divided(spans, smallest, [_span(low) for low, _high in WAITS]),
        divided(ages, smallest, sorted({cell.category for cell in ages})),
        divided(months, smallest, sorted(cell.category for cell in months)),
        pots,
        divided(given, smallest),
        _longest([one for one in waited if fy in {None, one.fy}], smallest),
    )


def joined(groups: Iterable[Sequence[str]], present: Iterable[str]) -> list[tuple[str, ...]]:
    """The categories that are present, those of a group together; nobody is behind the others."""
    rest = dict.fromkeys(present)
    found = [tuple(one for one in group if one in rest) for group in groups]
    placed = {one for group in found for one in group}
    return [*(group for group in found if group), *((one,) for one in rest if one not in placed)]


def names_together(groups: Iterable[Sequence[str]]) -> Mapping[str, str]:
    """Category → the name of what it is shown in: itself, or its group with commas between."""
    return {one: ",".join(sorted(group)) for group in groups for one in group}


@dataclass(frozen=True)
class ShownOrigin:
    """Where an award's money came from, as far as it is told.

    ``gifts`` is None and ``by_wish`` empty where too few people are behind it; a key of
    ``by_wish`` names several wishes, with commas between, where too few are behind one.
    """

    gifts: int | None
    yen: Yen
    by_wish: Mapping[str, Yen]
    others: Yen
    smallest: int


def origin(connection: Connection, award_no: str, today: dt.date) -> ShownOrigin:
    """What is told of the gifts behind an award, by the manual in force on ``today``."""
    found = queries.origin_of_award(connection, award_no)
    smallest = giving.smallest_cell(connection, today)
    marks = giving.people_behind(connection, found.gift_nos)
    cells = [
        Cell("", pot, frozenset(marks.get(no, no) for no in nos))
        for pot, nos in found.gifts_by_pot.items()
    ]
    everybody = frozenset().union(*(cell.people for cell in cells))
    gifts = None if is_small(len(everybody), smallest) else found.gifts
    groups = divided(cells, smallest).groups
    return ShownOrigin(gifts, found.yen, _sums(found, groups), found.others, smallest)


def _sums(found: Origin, groups: Iterable[Sequence[str]]) -> dict[str, Yen]:
    return {
        ",".join(sorted(group)): Yen(sum(found.by_pot[pot] for pot in group)) for group in groups
    }


def _cells(found: Iterable[Behind]) -> list[Cell]:
    return [Cell(str(one.fy), one.tag, one.people) for one in found]


def _given(found: Iterable[Behind], pots: Breakdown) -> list[Cell]:
    """Bands from wishes to groups, wishes that stand together as one."""
    names = names_together(pots.groups)
    cells = []
    for one in found:
        pot, _colon, group = one.tag.partition(":")
        cells.append(Cell(str(one.fy), group, one.people, names.get(pot, pot)))
    return cells


def _months(connection: Connection, fy: int | None, smallest: int) -> list[Cell]:
    if fy is None or smallest < 2:
        return []
    found = people_by_month(connection, fy, smallest)
    return [Cell("", month, people) for month, people in found.items()]


def _span(months: int) -> str:
    return str(next(low for low, high in WAITS if low <= months <= high))


def _longest(waited: Iterable[Behind], smallest: int) -> int | None:
    people: frozenset[str] = frozenset()
    for one in sorted(waited, key=lambda one: -int(one.tag)):
        people |= one.people
        if len(people) >= smallest:
            return int(one.tag)
    return None
