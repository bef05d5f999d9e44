"""Proofs that fit on a page: prices for levels 1 and 2, and the sets behind a lack or a surplus.

**Prices.** Let w(c, g) be the vector that a yen of class c paid to grant g adds to the levels, in
their order: 1 for the total, 1 for the rank it is used at if the class is designated, else 0.
Published are integer vectors p(c), q(g) >= 0 (all comparisons lexicographic) with

    p(c) + q(g) >= w(c, g)  for every permitted pair, with equality where yen flow;
    p(c) > 0 only if class c is spent to the last yen;  q(g) > 0 only if grant g is full.

Then no other allocation x' can be better: W(x') = sum w x' <= sum (p + q) x' <= sum a(c) p(c) +
sum need(g) q(g) = W(x). This is linear-programming duality with vectors for numbers; anyone can
check it by reading the ledger once. The vectors are differences of the node potentials that
certified each level (:mod:`fund.allocation.domain.face`).

**Sets.** A maximum flow leaves a unique smallest set of grants that money could not fill (the
sink side of a minimum cut) and, mirrored, of gifts that grants could not absorb (Ford and
Fulkerson 1956; Hall 1935).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fund.allocation.domain.classes import Flags, Ints
from fund.allocation.domain.face import Face
from fund.allocation.domain.level1_total import maximise_total
from fund.allocation.domain.minima import Outline, Question
from fund.allocation.domain.network import SINK, SOURCE


@dataclass(frozen=True, slots=True)
class Prices:
    """``classes`` int64[C, L] and ``grants`` int64[G, L] for the L ``levels``, in their order."""

    levels: tuple[str, ...]
    classes: Ints
    grants: Ints


def prices(question: Question, found: Outline) -> Prices:
    """The price vectors of classes and grants; those of inactive grants mean nothing."""
    network = question.network
    potential = np.stack([values for _, values in found.proofs], axis=1)
    classes = network.class_node(np.arange(len(question.table.preferences)))
    grants = network.tail[network.needs]
    return Prices(
        levels=tuple(name for name, _ in found.proofs),
        classes=_not_below_zero(potential[classes] - potential[SOURCE]),
        grants=_not_below_zero(potential[SINK] - potential[grants]),
    )


def _not_below_zero(vectors: Ints) -> Ints:
    """Vectors whose first nonzero entry is negative become zero: nothing flows there."""
    nonzero = vectors != 0
    first = np.argmax(nonzero, axis=1)
    leading = np.take_along_axis(vectors, first[:, None], axis=1)
    return np.where(leading < 0, 0, vectors)


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a maximum flow stops.

    ``total`` is its value. ``short`` bool[G] are the grants that all money permitted for them
    (``permitted`` yen) cannot fill; they ask for ``requested`` yen. ``surplus`` bool[C] are the
    classes whose ``money`` exceeds the ``absorbable`` yen of all grants they may pay.
    """

    total: int
    short: Flags
    requested: int
    permitted: int
    surplus: Flags
    money: int
    absorbable: int


def cut(question: Question, found: Outline, flow: Ints) -> Cut:
    """The minimum cuts nearest to the sink and to the source, on the active grants."""
    network, table = question.network, question.table
    room = network.room.copy()
    room[network.needs] = np.where(found.active, question.needs.need, 0)
    if question.order != "funding_first":
        face = Face(network, room)
        maximise_total(face)
        flow = face.flow
    forward, backward = flow < room, flow > 0
    forward[network.back] = backward[network.back] = False
    tail = np.concatenate((network.tail[forward], network.head[backward]))
    head = np.concatenate((network.head[forward], network.tail[backward]))
    from_source = _reach(network.nodes, tail, head, SOURCE)
    to_sink = _reach(network.nodes, head, tail, SINK)
    classes = network.class_node(np.arange(len(table.preferences)))
    grants = network.tail[network.needs]
    yen, need = table.class_yen, room[network.needs]
    return Cut(
        total=int(flow[network.back]),
        short=to_sink[grants],
        requested=int(need[to_sink[grants]].sum()),
        permitted=int(yen[to_sink[classes]].sum()),
        surplus=from_source[classes],
        money=int(yen[from_source[classes]].sum()),
        absorbable=int(need[from_source[grants]].sum()),
    )


def _reach(nodes: int, tail: Ints, head: Ints, start: int) -> Flags:
    """Nodes that can be reached from ``start``."""
    seen = np.zeros(nodes, np.bool_)
    seen[start] = True
    while True:
        fresh = head[seen[tail] & ~seen[head]]
        if not len(fresh):
            return seen
        seen[fresh] = True
