"""L6 (R7): from classes to single gifts.

Inside a class older vintages take the better ranks. Inside a pot (class x vintage) each gift's
spent yen is its exact share a_d * z / a, rounded by largest remainder (ties: date, id), so it is
the floor or the ceiling of the share; then each rank in turn is shared out in the same way
(``within = fifo`` serves the oldest gift first instead). At last gifts and grants are matched
north-west inside each class and rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from fund.allocation.domain.classes import ClassTable, Gifts, Ints, in_order, sums
from fund.allocation.domain.payments import ClassRows, north_west
from fund.allocation.domain.problem import Within

_WORD = 2**62


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
    """Share each pot's spending out to its gifts and match them with the class rows."""
    split = _Fifo if within == "fifo" else _LargestRemainder
    by_pot = in_order(table.pot_of)
    members = np.bincount(table.pot_of, minlength=len(table.pot_yen))
    pot = np.repeat(np.arange(len(members)), members)
    share = split(pot, members)
    spent = share(gifts.yen[by_pot], table.pot_yen, pot_spent)
    entry, piece = _by_class(_ranked(share, spent, table, pot_spent, rows), table, pot)
    at, row, yen = north_west(piece, rows.yen)
    by_gift = np.empty_like(spent)
    by_gift[by_pot] = spent
    return LedgerArrays(by_gift, by_pot[entry[at]], row, yen)


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


def _ranked(
    share: _LargestRemainder | _Fifo,
    spent: Ints,
    table: ClassTable,
    pot_spent: Ints,
    rows: ClassRows,
) -> list[Pieces]:
    """Cut each gift's spent yen into ranks, better ranks first, older vintages first."""
    pot_left, left = pot_spent.copy(), spent.copy()
    cuts = []
    for rank in np.unique(rows.rank).tolist():
        here = rows.rank == rank
        class_yen = sums(rows.owner[here], rows.yen[here], len(table.preferences))
        pot_yen = _oldest_first(table, pot_left, class_yen)
        part = share(left, pot_left, pot_yen)
        left -= part
        pot_left -= pot_yen
        entry = np.flatnonzero(part)
        cuts.append((entry, part[entry]))
    return cuts


def _oldest_first(table: ClassTable, pot_left: Ints, class_yen: Ints) -> Ints:
    """Spread a class's yen at one rank over its pots, which are sorted by age."""
    fill = _Fifo(table.pot_class, np.bincount(table.pot_class, minlength=len(table.preferences)))
    return fill(pot_left, class_yen, class_yen)


def _by_class(cuts: list[Pieces], table: ClassTable, pot: Ints) -> Pieces:
    """All pieces in the order (class, rank, entry), in which the class rows list the same yen.

    Inside a rank they lie class by class already: whole stretches move, nothing is sorted.
    """
    first_pot = np.searchsorted(table.pot_class, np.arange(len(table.preferences) + 1))
    bounds = np.searchsorted(pot, first_pot)
    ends = [np.searchsorted(entry, bounds).tolist() for entry, _ in cuts]
    stretches = [
        (entry[end[at] : end[at + 1]], yen[end[at] : end[at + 1]])
        for at in range(len(table.preferences))
        for (entry, yen), end in zip(cuts, ends, strict=True)
    ]
    return (
        np.concatenate([pot[:0], *(entry for entry, _ in stretches)]),
        np.concatenate([pot[:0], *(yen for _, yen in stretches)]),
    )
