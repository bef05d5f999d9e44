"""Step 1 of the rule: add the gifts up by preference class and vintage, exactly.

Gifts of one class and one vintage are equals, so the flow problem sees only their sum. Sums are
taken in int64: the whole problem holds at most 2^62 yen, therefore no partial sum overflows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fund.allocation.domain.wishes import Preference

Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

_DENSE = 4  # a lookup table may have this many cells for each gift before sorting is cheaper


@dataclass(frozen=True, slots=True)
class Gifts:
    """n gifts as arrays, in the order (received, id): the index is the age order.

    ``preference`` int[n] points into ``preferences`` (any order, no duplicates), ``vintage``
    int[n] grows with time, ``yen`` int64[n] is the money still free.
    """

    preferences: Sequence[Preference]
    preference: Ints
    vintage: Ints
    yen: Ints

    def __len__(self) -> int:
        return len(self.yen)


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The gifts of a problem, added up.

    ``preferences`` is sorted and holds only classes that occur. Row v of ``pot_class``,
    ``pot_vintage`` and ``pot_yen`` (int64[V], sorted by class, then vintage) is one
    class x vintage, called a pot; ``pot_of`` int64[n] says where each gift lies.
    """

    preferences: tuple[Preference, ...]
    pot_class: Ints
    pot_vintage: Ints
    pot_yen: Ints
    pot_of: Ints

    @property
    def class_yen(self) -> Ints:
        """Yen of each class over all vintages, int64[C]."""
        return sums(self.pot_class, self.pot_yen, len(self.preferences))


def sums(index: Ints, yen: Ints, size: int) -> Ints:
    """Exact sum of ``yen`` for each value of ``index`` in ``0..size-1``, int64[size]."""
    result = np.zeros(size, np.int64)
    np.add.at(result, index, yen)
    return result


def in_order(number: Ints) -> Ints:
    """The stable order of whole numbers >= 0, digit by digit of 16 bits: no comparisons, O(n)."""
    digit = number.astype(np.uint16)
    order = np.argsort(digit, kind="stable")
    for shift in range(16, int(number.max(initial=0)).bit_length(), 16):
        digit = (number >> shift).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
    return order


def distinct(values: Ints) -> tuple[Ints, Ints]:
    """The different values in ascending order, and for each entry the number of its value."""
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    first = np.ones(len(values), np.bool_)
    first[1:] = ascending[1:] != ascending[:-1]
    number = np.empty(len(values), np.int64)
    number[order] = np.cumsum(first) - 1
    return ascending[first], number


def classify(gifts: Gifts) -> ClassTable:
    """Group gifts by (preference, vintage) in O(n)."""
    order = sorted(range(len(gifts.preferences)), key=lambda at: gifts.preferences[at])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    oldest = int(gifts.vintage.min()) if len(gifts) else 0
    span = int(gifts.vintage.max()) - oldest + 1 if len(gifts) else 1
    cell = place[gifts.preference] * span + (gifts.vintage - oldest)
    occupied, pot_of = _number(cell, len(order) * span)
    classes, pot_class = distinct(occupied // span)
    return ClassTable(
        preferences=tuple(gifts.preferences[order[at]] for at in classes.tolist()),
        pot_class=pot_class,
        pot_vintage=occupied % span + oldest,
        pot_yen=sums(pot_of, gifts.yen, len(occupied)),
        pot_of=pot_of,
    )


def _number(cell: Ints, cells: int) -> tuple[Ints, Ints]:
    """The occupied cells in ascending order, and for each entry the number of its cell."""
    if cells > _DENSE * len(cell) + 1024:
        return distinct(cell)
    present = np.zeros(cells, np.bool_)
    present[cell] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[cell]
