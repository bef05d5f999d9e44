"""The disclosure rule: how a table about donors is divided so that it points at nobody.

What may be shown are *atoms*, the parts of a table in a period that hold either nobody or at least
the manual's smallest number of people. Everything published of a table is a sum of whole atoms, so
no subtraction, between rows, years or the whole time, leads to fewer people than that. A total
that the ledger itself shows stays what it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations

People = frozenset[str]
_Together = Mapping[tuple[str, str, str], People]
_MOST_YEARS = 12
"""Beyond so many undivided years their combinations are not gone through any more."""


@dataclass(frozen=True)
class Cell:
    """Who stands behind a category in a period; ``part`` divides a category further.

    ``people`` may be a sample: as many as the rule asks for are enough.
    """

    period: str
    category: str
    people: People
    part: str = ""


@dataclass(frozen=True)
class Breakdown:
    """How a table is divided: categories that stand together, and periods left undivided.

    Among the periods, None is all time. ``whole`` says that even all of it together is about too
    few people, so that no part is told.
    """

    groups: tuple[tuple[str, ...], ...]
    undivided: frozenset[str | None] = frozenset()
    whole: bool = False

    def tells(self, period: str | None) -> bool:
        """Whether the table of a period, or of all time, may be divided."""
        return not self.whole and period not in self.undivided


def divided(cells: Iterable[Cell], smallest: int, order: Sequence[str] | None = None) -> Breakdown:
    """Join categories until every atom holds nobody or ``smallest`` people.

    Neighbours of ``order`` are joined, where there is one; else those with too few people, and
    others only when these together are still too few.

    Periods with too few people stand together with the next smallest one, undivided: the table
    of all time minus the other years tells no more than their sum. Where it would, with their
    totals, all time is left undivided instead.

    Raises:
        ValueError: if a cell's category is not in ``order``.
    """
    found = list(cells)
    if order is not None and (unknown := {cell.category for cell in found} - set(order)):
        raise ValueError(f"categories without a place: {sorted(unknown)}")
    poor, block = _poor(found, smallest)
    joined = [replace(cell, period="") if cell.period in block else cell for cell in found]
    groups = _grouped(joined, order, smallest)
    if groups is not None and (not block or _untold(found, block, groups, smallest)):
        return Breakdown(groups, block)
    rest = [cell for cell in found if cell.period not in poor]
    groups = _grouped(rest, order, smallest)
    if groups is None or not any(cell.people for cell in rest):
        return Breakdown((), whole=True)
    return Breakdown(groups, poor | {None})


def _grouped(
    cells: Iterable[Cell], order: Sequence[str] | None, smallest: int
) -> tuple[tuple[str, ...], ...] | None:
    """The order cut into the smallest safe groups; None if not even all of it is safe."""
    people: dict[tuple[str, str, str], People] = defaultdict(frozenset)
    for cell in cells:
        people[cell.period, cell.category, cell.part] |= cell.people
    if order is None:
        order = _small_first(people, smallest)
    groups: list[tuple[str, ...]] = []
    waiting: tuple[str, ...] = ()
    for category in order:
        waiting = (*waiting, category)
        if _safe(people, waiting, smallest):
            groups.append(waiting)
            waiting = ()
    while waiting:
        if not groups:
            return None
        waiting = (*groups.pop(), *waiting)
        if _safe(people, waiting, smallest):
            groups.append(waiting)
            waiting = ()
    return tuple(groups)


def is_small(people: int, smallest: int) -> bool:
    """Whether so many people are too few to be shown on their own; nobody is not."""
    return 0 < people < smallest


def _poor(cells: Sequence[Cell], smallest: int) -> tuple[frozenset[str], frozenset[str]]:
    """Periods with too few people, and with them as many others as it takes to have enough."""
    people: dict[str, People] = defaultdict(frozenset)
    for cell in cells:
        people[cell.period] |= cell.people
    waiting = sorted(people, key=lambda period: (len(people[period]), period))
    poor = {period for period in waiting if is_small(len(people[period]), smallest)}
    if len(people) < 2:
        return frozenset(), frozenset()
    block = set(poor)
    together: People = frozenset().union(*(people[period] for period in poor))
    for period in waiting:
        if is_small(len(together), smallest) and people[period] and period not in block:
            block.add(period)
            together |= people[period]
    return frozenset(poor), frozenset(block)


def _untold(
    cells: Sequence[Cell],
    block: frozenset[str],
    groups: Sequence[tuple[str, ...]],
    smallest: int,
) -> bool:
    """Whether totals of years and of groups, known of a block, lead to nothing inside it.

    The totals of some years, less those of groups that are theirs alone, leave what they have in
    common with the others; the totals of all their groups, less their own, what the others have.
    """
    if len(block) > _MOST_YEARS:
        return False
    group_of = {category: number for number, group in enumerate(groups) for category in group}
    for part in {cell.part for cell in cells}:
        people: dict[tuple[str, int], People] = defaultdict(frozenset)
        for cell in cells:
            if cell.period in block and cell.part == part and cell.people:
                people[cell.period, group_of[cell.category]] |= cell.people
        if not _untangled(people, block, smallest):
            return False
    return True


def _untangled(
    people: Mapping[tuple[str, int], People], block: frozenset[str], smallest: int
) -> bool:
    for some in chain.from_iterable(combinations(block, many) for many in range(1, len(block))):
        inside = {group for year, group in people if year in some}
        outside = {group for year, group in people if year not in some}
        shared = inside & outside
        for known in (set(some), block - set(some)):
            left = [key for key in people if key[0] in known and key[1] in shared]
            rest = {key for key in people if key[0] in {year for year, _ in left}} - set(left)
            behind: People = frozenset().union(*(people[key] for key in left))
            if rest and is_small(len(behind), smallest):
                return False
    return True


def _small_first(people: _Together, smallest: int) -> list[str]:
    """Categories that cannot stand alone before those that can, each by its people."""
    behind: dict[str, People] = defaultdict(frozenset)
    for (_period, category, _part), some in people.items():
        behind[category] |= some
    return sorted(behind, key=lambda one: (_safe(people, (one,), smallest), len(behind[one]), one))


def _safe(people: _Together, group: tuple[str, ...], smallest: int) -> bool:
    places: dict[tuple[str, str], People] = defaultdict(frozenset)
    for (period, category, part), some in people.items():
        if category in group:
            places[period, part] |= some
    return not any(is_small(len(some), smallest) for some in places.values())
