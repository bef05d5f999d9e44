"""Exact integer water-filling inside a face: everybody as equal as the wishes allow.

The receipts attainable on an optimal face form an M-convex set (integral base polyhedron), on
which the greedy deal, yen by yen to the smallest key, is optimal for *every* threshold at once
(Megiddo 1974; Fujishige 1980; Frank and Murota on decreasingly minimal bases). Hence the
decomposition algorithm, for all connected components in parallel:

1. Deal the component's total freely, ignoring the network (:mod:`fund.allocation.domain.deal`).
2. Ask for the flow that exceeds this deal by the fewest yen: cost 0 up to it, 1 beyond.
3. Nothing in excess: the deal is attainable and therefore final. Otherwise the potentials cut the
   component into a part that stays at or below the deal and a part that stays at or above it;
   both are dealt again with the totals they really have.

Each round settles or splits every component, so it ends after at most as many rounds as items;
in practice a handful.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fund.allocation.domain.classes import Flags, Ints, distinct, sums
from fund.allocation.domain.deal import Items, deal
from fund.allocation.domain.face import Face, Pieces


@dataclass(frozen=True, slots=True)
class Takers:
    """Arcs that are to be filled evenly, all of them touching the node ``apart``.

    ``arc`` int64[n]; ``near`` int64[n] are their other ends; ``weight`` [n] (Python integers if
    they do not fit 62 bits); ``before`` int64[n] yen count as already dealt; ``order`` int64[n].
    """

    apart: int
    arc: Ints
    near: Ints
    weight: Any
    before: Ints
    order: Ints

    def only(self, chosen: Flags) -> Takers:
        """The chosen takers."""
        return Takers(
            self.apart,
            self.arc[chosen],
            self.near[chosen],
            self.weight[chosen],
            self.before[chosen],
            self.order[chosen],
        )


def waterfill(face: Face, takers: Takers) -> None:
    """Fix the flow of every taker's arc at its fair amount.

    Requires that inside each connected component of the free arcs (without ``apart``) the total
    of the takers is the same on every flow of the face.
    """
    while True:
        takers = takers.only(face.free[takers.arc])
        if not len(takers.arc):
            return
        group, groups = _groups(face, takers)
        fair = _fair_shares(face, takers, group, groups)
        if (fair != face.flow[takers.arc]).any():
            face.narrow(_excess(face, takers, fair))
        unmet = np.zeros(groups, np.bool_)
        unmet[group[fair != face.flow[takers.arc]]] = True
        final = ~unmet[group]
        face.fix(takers.arc[final], fair[final])
        face.settle()


def _groups(face: Face, takers: Takers) -> tuple[Ints, int]:
    """For each taker the number (0..G-1) of its connected component, and G."""
    network = face.network
    inner = face.free & (network.tail != takers.apart) & (network.head != takers.apart)
    label = components(network.nodes, network.tail[inner], network.head[inner])
    names, group = distinct(label[takers.near])
    return group, len(names)


def _fair_shares(face: Face, takers: Takers, group: Ints, groups: int) -> Ints:
    items = Items(
        weight=takers.weight,
        low=takers.before + face.lower[takers.arc],
        high=takers.before + face.upper[takers.arc],
        order=takers.order,
    )
    total = sums(group, takers.before + face.flow[takers.arc], groups)
    return deal(items, group, total) - takers.before


def _excess(face: Face, takers: Takers, fair: Ints) -> Pieces:
    """Cost 0 up to the fair share and 1 beyond it."""
    arcs = np.repeat(takers.arc, 2)
    size = np.stack((fair - face.lower[takers.arc], face.upper[takers.arc] - fair), axis=1)
    cost = np.tile(np.array([0, 1], np.int64), len(takers.arc))
    order = np.argsort(arcs, kind="stable")
    return Pieces(arcs[order], size.ravel()[order], cost[order])


def components(nodes: int, tail: Ints, head: Ints) -> Ints:
    """The connected component of each node, named by its smallest node, int64[nodes].

    Labels travel along arcs and then along themselves (pointer jumping), all at once.
    """
    label = np.arange(nodes)
    while True:
        lowest = np.minimum(label[tail], label[head])
        following = label.copy()
        np.minimum.at(following, label[tail], lowest)
        np.minimum.at(following, label[head], lowest)
        following = following[following]
        if (following == label).all():
            return label
        label = following
