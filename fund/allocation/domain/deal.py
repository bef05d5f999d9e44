"""Dealing yen one at a time to whoever is least filled, without dealing them one at a time.

Item i has a weight W_i; its k-th yen has the key (k / W_i, order_i). Dealing takes the yen with
the smallest keys: the divisor method of Jefferson and D'Hondt (Balinski and Young, *Fair
Representation*, 1982), here with a lower and an upper bound for each item.

Exactness. Let W_i < 2^b. Two different fractions k/W differ by more than 2^-2b, so the integers
floor(k * 2^2b / W) order them exactly as the fractions do, equal ones staying equal. The level of
the water is then an *integer*, found by bisection for all groups at once; k has a key of at most
t exactly if k <= ((t+1) * W - 1) >> 2b. No fraction and no float is ever formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fund.allocation.domain.classes import Ints, sums

_WORD = 62


@dataclass(frozen=True, slots=True)
class Items:
    """n items that share water: counts run from ``low`` to ``high``, all int64[n] and >= 0.

    ``weight`` may exceed 64 bits and is then an array of Python integers. ``order`` breaks ties.
    """

    weight: Any
    low: Ints
    high: Ints
    order: Ints


def deal(items: Items, group: Ints, total: Ints) -> Ints:
    """Counts that sum to ``total[g]`` in each group g of ``group`` (0..G-1), int64[n].

    Requires sum of ``low`` <= total <= sum of ``high`` in every group.
    """
    by_group = np.lexsort((items.order, group))
    group = group[by_group]
    water = _Water(items.weight[by_group], items.low[by_group], items.high[by_group], group)
    level = water.highest_level(total)
    counts = water.counts(level)
    left = total - sums(group, counts, len(total))
    eager = water.counts(level + 1) > counts
    before: Ints = np.cumsum(eager) - eager
    first = np.full(len(total), len(group), np.int64)
    np.minimum.at(first, group, before)
    counts += eager & (before - first[group] < left[group])
    dealt = np.empty_like(counts)
    dealt[by_group] = counts
    return dealt


class _Water:
    """Counts as a function of an integer water level for each group."""

    def __init__(self, weight: Any, low: Ints, high: Ints, group: Ints) -> None:
        self.shift = 2 * max(int(weight.max()).bit_length(), 1)
        fullest = int((high // weight).max()) + 1
        narrow = fullest.bit_length() + self.shift + int(weight.max()).bit_length() < _WORD
        kind: type[Any] = np.int64 if narrow else object
        self.weight, self.low, self.high = (np.asarray(a, kind) for a in (weight, low, high))
        self.group = group
        self.kind = kind

    def counts(self, level: Any) -> Ints:
        """How many yen of each item have a key of at most the level of its group, int64[n]."""
        reached = ((level[self.group] + 1) * self.weight - 1) >> self.shift
        counts: Ints = np.minimum(np.maximum(reached, self.low), self.high).astype(np.int64)
        return counts

    def highest_level(self, total: Ints) -> Any:
        """The highest level in each group at which the counts do not exceed the total."""
        groups = len(total)
        low = np.full(groups, -1, self.kind)
        top = (self.high << self.shift) // self.weight
        high = np.full(groups, int(top.max()) + 1, self.kind)
        # Invariant: the counts at low fit; at high they fit only if everything does.
        while (high - low > 1).any():
            middle = (low + high) // 2
            fits = sums(self.group, self.counts(middle), groups) <= total
            low, high = np.where(fits, middle, low), np.where(fits, high, middle)
        return low
