"""L6 (R7): from classes to single gifts.

Inside a class older vintages take the better ranks. Inside a pot (class x vintage) each gift's
spent yen is its exact share a_d * z / a, rounded by largest remainder (ties: date, id), so it is
the floor or the ceiling of the share; then each rank in turn is shared out in the same way
(``within = fifo`` serves the oldest gift first instead). At last gifts and grants are matched
north-west inside each class and rank.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fund.allocation.domain.classes import ClassTable, Gifts, Ints, sums
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
    by_pot = np.argsort(table.pot_of, kind="stable")
    pot = table.pot_of[by_pot]
    share = split(pot, len(table.pot_yen))
    spent = share(gifts.yen[by_pot], table.pot_yen, pot_spent)
    pieces = _ranked(share, spent, pot, table, pot_spent, rows)
    gift, row, yen = _match(pieces, table, pot, rows)
    by_gift = np.empty_like(spent)
    by_gift[by_pot] = spent
    return LedgerArrays(by_gift, by_pot[gift], row, yen)


class _LargestRemainder:
    """Hamilton's method inside each pot; entries come sorted by pot, then by age."""

    def __init__(self, pot: Ints, pots: int) -> None:
        self.pot = pot
        self.pots = pots

    def __call__(self, held: Ints, total: Ints, wanted: Ints) -> Ints:
        """Parts of ``wanted[pot]`` in proportion to ``held``, which sums to ``total[pot]``."""
        part = np.where((wanted == total)[self.pot], held, 0)
        open_ = np.flatnonzero(((wanted > 0) & (wanted < total))[self.pot] & (held > 0))
        if not len(open_):
            return part
        pot = self.pot[open_]
        quotient, remainder = _proportion(held[open_], wanted[pot], total[pot])
        left = (wanted - sums(pot, quotient, self.pots))[pot]
        by_remainder = np.lexsort((-remainder, pot))
        sorted_pot = pot[by_remainder]
        first = np.searchsorted(sorted_pot, sorted_pot)
        rank = np.arange(len(pot)) - first
        quotient[by_remainder] += rank < left[by_remainder]
        part[open_] = quotient
        return part


class _Fifo:
    """First in, first out inside each pot; entries come sorted by pot, then by age."""

    def __init__(self, pot: Ints, pots: int) -> None:
        self.pot = pot
        self.first = np.searchsorted(pot, np.arange(pots))

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


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Spent yen cut by rank: ``entry`` (index in pot order), ``rank``, ``yen``; int64."""

    entry: Ints
    rank: Ints
    yen: Ints


def _ranked(
    share: _LargestRemainder | _Fifo,
    spent: Ints,
    pot: Ints,
    table: ClassTable,
    pot_spent: Ints,
    rows: ClassRows,
) -> _Pieces:
    """Cut each gift's spent yen into ranks, older vintages and better ranks first."""
    pot_left, left = pot_spent.copy(), spent.copy()
    cuts: list[tuple[Ints, int, Ints]] = []
    for rank in np.unique(rows.rank).tolist():
        here = rows.rank == rank
        class_yen = sums(rows.owner[here], rows.yen[here], len(table.preferences))
        pot_yen = _oldest_first(table, pot_left, class_yen)
        part = share(left, pot_left, pot_yen)
        left -= part
        pot_left -= pot_yen
        entry = np.flatnonzero(part)
        cuts.append((entry, rank, part[entry]))
    return _Pieces(
        np.concatenate([entry for entry, _, _ in cuts] or [pot[:0]]),
        np.concatenate([np.full(len(entry), rank) for entry, rank, _ in cuts] or [pot[:0]]),
        np.concatenate([yen for _, _, yen in cuts] or [pot[:0]]),
    )


def _oldest_first(table: ClassTable, pot_left: Ints, class_yen: Ints) -> Ints:
    """Spread a class's yen at one rank over its pots, which are sorted by age."""
    fill = _Fifo(table.pot_class, len(table.preferences))
    return fill(pot_left, class_yen, class_yen)


def _match(
    pieces: _Pieces, table: ClassTable, pot: Ints, rows: ClassRows
) -> tuple[Ints, Ints, Ints]:
    """North-west inside each (class, rank); both sides list the same totals in the same order."""
    owner = table.pot_class[pot[pieces.entry]]
    order = np.lexsort((pieces.entry, pieces.rank, owner))
    left, row, yen = north_west(pieces.yen[order], rows.yen)
    return pieces.entry[order][left], row, yen
