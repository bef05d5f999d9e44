"""L6 (R7): from classes to single gifts.

Inside a class older vintages take the better ranks. Inside a pot (class x vintage) each gift's
spent yen is its exact share a_d * z / a, rounded by largest remainder (ties: date, id), so it is
the floor or the ceiling of the share; then each rank in turn is shared out in the same way
(``within = fifo`` serves the oldest gift first instead). At last gifts and grants are matched
north-west inside each class and rank.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from fund.allocation.domain.classes import ClassTable, Gifts, Ints, in_order, sums
from fund.allocation.domain.payments import ClassRows, north_west
from fund.allocation.domain.problem import Within

_WORD = 2**62
_TOGETHER = 100_000
"""About so many gifts are shared out at a time. No class looks at another: threads work side by
side (numpy lets them), and helping arrays over so few stay in the processor's own memory."""


@dataclass(frozen=True, slots=True)
class LedgerArrays:
    """n gifts and r rows; int64 arrays, yen.

    ``spent[n]`` per gift. Rows: ``gift`` (index), ``row`` (index into the class rows, which tell
    grant, rank and use) and ``yen`` > 0, grouped by class and rank.
    """

    spent: Ints
    gift: Ints
    row: Ints
    yen: Ints


def disaggregate(
    gifts: Gifts, table: ClassTable, pot_spent: Ints, rows: ClassRows, within: Within
) -> LedgerArrays:
    """Share each pot's spending out to its gifts and match them with the class rows.

    However the classes are cut into stretches, the rows are the same.
    """
    by_pot = in_order(table.pot_of)
    spent = np.zeros(len(gifts), np.int64)

    def shared(stretch: _Stretch) -> LedgerArrays:
        ours = by_pot[stretch.gifts]
        part = _share_out(stretch, gifts.yen[ours], within)
        spent[ours] = part.spent
        return replace(part, gift=ours[part.gift], row=part.row + stretch.first_row)

    stretches = _stretches(table, pot_spent, rows)
    if len(stretches) < 2:
        parts = list(map(shared, stretches))
    else:
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            parts = list(threads.map(shared, stretches))
    none = [spent[:0]]
    return LedgerArrays(
        spent,
        np.concatenate(none + [part.gift for part in parts]),
        np.concatenate(none + [part.row for part in parts]),
        np.concatenate(none + [part.yen for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Neighbouring classes: their pots (class numbers from 0), gifts in pot order, and rows."""

    gifts: slice
    first_row: int
    classes: int
    pot_class: Ints
    pot_yen: Ints
    pot_spent: Ints
    members: Ints
    row_class: Ints
    row_rank: Ints
    row_yen: Ints


def _stretches(table: ClassTable, pot_spent: Ints, rows: ClassRows) -> list[_Stretch]:
    """All classes, in stretches of whole classes with about ``_TOGETHER`` gifts."""
    members = np.bincount(table.pot_of, minlength=len(table.pot_yen))
    each = np.arange(len(table.preferences) + 1)
    pots = np.searchsorted(table.pot_class, each)
    lines = np.searchsorted(rows.owner, each)
    before = np.append(0, np.cumsum(members))[pots]
    steps = np.searchsorted(before, np.arange(0, len(table.pot_of), _TOGETHER))
    ends = np.unique(np.append(steps, each[-1])).tolist()
    found = []
    for first, last in pairwise(ends):
        pot, line = slice(pots[first], pots[last]), slice(lines[first], lines[last])
        found.append(
            _Stretch(
                gifts=slice(before[first], before[last]),
                first_row=int(lines[first]),
                classes=last - first,
                pot_class=table.pot_class[pot] - first,
                pot_yen=table.pot_yen[pot],
                pot_spent=pot_spent[pot],
                members=members[pot],
                row_class=rows.owner[line] - first,
                row_rank=rows.rank[line],
                row_yen=rows.yen[line],
            )
        )
    return found


def _share_out(stretch: _Stretch, held: Ints, within: Within) -> LedgerArrays:
    """The part of the ledger that belongs to a stretch; gifts and rows counted from its first."""
    split = _Fifo if within == "fifo" else _LargestRemainder
    pot = np.repeat(np.arange(len(stretch.members)), stretch.members)
    share = split(pot, stretch.members)
    spent = share(held, stretch.pot_yen, stretch.pot_spent)
    entry, piece = _by_class(_ranked(share, spent, stretch), stretch, pot)
    at, row, yen = north_west(piece, stretch.row_yen)
    return LedgerArrays(spent, entry[at], row, yen)


class _LargestRemainder:
    """Hamilton's method inside each pot; entries come sorted by pot, then by age."""

    def __init__(self, pot: Ints, members: Ints) -> None:
        self.pot = pot
        self.members = members

    def __call__(self, held: Ints, total: Ints, wanted: Ints) -> Ints:
        """Parts of ``wanted[pot]`` in proportion to ``held``, which sums to ``total[pot]``."""
        part = np.where(np.repeat(wanted == total, self.members), held, 0)
        shared = np.repeat((wanted > 0) & (wanted < total), self.members)
        open_ = np.flatnonzero(shared & (held > 0))
        if not len(open_):
            return part
        pot = self.pot[open_]
        quotient, remainder = _proportion(held[open_], wanted[pot], total[pot])
        left = (wanted - sums(pot, quotient, len(self.members)))[pot]
        by_remainder = np.lexsort((-remainder, pot))
        rank = np.arange(len(pot)) - np.searchsorted(pot, pot)
        quotient[by_remainder] += rank < left[by_remainder]
        part[open_] = quotient
        return part


class _Fifo:
    """First in, first out inside each pot; entries come sorted by pot, then by age."""

    def __init__(self, pot: Ints, members: Ints) -> None:
        self.pot = pot
        self.first = np.cumsum(members) - members

    def __call__(self, held: Ints, total: Ints, wanted: Ints) -> Ints:  # noqa: ARG002
        """The oldest ``wanted[pot]`` yen of what is ``held``."""
        before = np.cumsum(held) - held
        start = np.append(before, 0)[np.minimum(self.first, len(held))]
        part: Ints = np.clip(wanted[self.pot] - (before - start[self.pot]), 0, held)
        return part


def _proportion(held: Ints, wanted: Ints, total: Ints) -> tuple[Ints, Ints]:
    """Quotient and remainder of held * wanted / total, exact also beyond 64 bits."""
    quotient, remainder = np.empty_like(held), np.empty_like(held)
    small = held <= _WORD // wanted
    product = held[small] * wanted[small]
    quotient[small], remainder[small] = np.divmod(product, total[small])
    if not small.all():
        product = held[~small].astype(object) * wanted[~small].astype(object)
        quotient[~small] = product // total[~small]
        remainder[~small] = product % total[~small]
    return quotient, remainder


Pieces: TypeAlias = "tuple[Ints, Ints]"
"""Spent yen at one rank: entries (ascending index in pot order) and their yen > 0."""


def _ranked(share: _LargestRemainder | _Fifo, spent: Ints, stretch: _Stretch) -> list[Pieces]:
    """Cut each gift's spent yen into ranks, better ranks first, older vintages first."""
    pot_left, left = stretch.pot_spent.copy(), spent.copy()
    cuts = []
    for rank in np.unique(stretch.row_rank).tolist():
        here = stretch.row_rank == rank
        class_yen = sums(stretch.row_class[here], stretch.row_yen[here], stretch.classes)
        pot_yen = _oldest_first(stretch, pot_left, class_yen)
        part = share(left, pot_left, pot_yen)
        left -= part
        pot_left -= pot_yen
        entry = np.flatnonzero(part)
        cuts.append((entry, part[entry]))
    return cuts


def _oldest_first(stretch: _Stretch, pot_left: Ints, class_yen: Ints) -> Ints:
    """Spread a class's yen at one rank over its pots, which are sorted by age."""
    fill = _Fifo(stretch.pot_class, np.bincount(stretch.pot_class, minlength=stretch.classes))
    return fill(pot_left, class_yen, class_yen)


def _by_class(cuts: list[Pieces], stretch: _Stretch, pot: Ints) -> Pieces:
    """All pieces in the order (class, rank, entry), in which the class rows list the same yen.

    Inside a rank they lie class by class already: whole runs of them move, nothing is sorted.
    """
    first_pot = np.searchsorted(stretch.pot_class, np.arange(stretch.classes + 1))
    bounds = np.searchsorted(pot, first_pot)
    ends = [np.searchsorted(entry, bounds).tolist() for entry, _ in cuts]
    runs = [
        (entry[end[at] : end[at + 1]], yen[end[at] : end[at + 1]])
        for at in range(stretch.classes)
        for (entry, yen), end in zip(cuts, ends, strict=True)
    ]
    return (
        np.concatenate([pot[:0], *(entry for entry, _ in runs)]),
        np.concatenate([pot[:0], *(yen for _, yen in runs)]),
    )
