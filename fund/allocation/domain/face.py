"""The set of all flows that are optimal so far, as lower and upper bounds on arcs.

Lexicographic optimisation needs no weights "large enough". After optimising one cost, integer
node potentials p with

    reduced cost  r(u->v) = cost(u->v) + p(u) - p(v) >= 0   on every arc of the residual graph

certify the optimum, and by complementary slackness a feasible flow is optimal *exactly if* it is
at its lower bound wherever r > 0 and at its upper bound wherever r < 0. So every optimal set is
again a box of arc bounds: the next level of the rule simply continues inside it (Ahuja, Magnanti
and Orlin, *Network Flows*, 1993, chapters 9 and 14). Costs may be convex and piecewise linear;
an arc is then several parallel pieces, which fill in the order of their costs.

A face first tries to certify the flow it already has and asks the solver only if that fails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from fund.allocation.domain.classes import Flags, Ints
from fund.allocation.domain.network import Network

_HASTE = 48  # rounds of Bellman-Ford before a flow that was only guessed is called doubtful
_WORD = 2.0**62 * 0.999  # what may enter or leave a node in one step


@dataclass(frozen=True, slots=True)
class Pieces:
    """A piecewise linear cost: consecutive stretches of arcs.

    ``arc``, ``size`` (yen) and ``cost`` are int64 arrays, sorted by arc and inside an arc by
    ascending cost; the sizes of an arc add up to its free range (upper - lower).
    """

    arc: Ints
    size: Ints
    cost: Ints


class Face:
    """All circulations between ``lower`` and ``upper``; ``flow`` is one of them (yen, int64)."""

    def __init__(self, network: Network, upper: Ints) -> None:
        self.network = network
        self.lower = np.zeros_like(upper)
        self.upper = upper.copy()
        self.flow = np.zeros_like(upper)
        self._settled: list[tuple[Ints, Flags]] = []

    @property
    def free(self) -> Flags:
        """Arcs whose flow is not determined yet."""
        return self.upper > self.lower

    def fix(self, arcs: Ints, yen: Ints) -> None:
        """Declare that on every optimal flow these arcs carry exactly ``yen``."""
        self.lower[arcs] = self.upper[arcs] = yen

    def narrow_linear(self, arcs: Ints, cost: Ints) -> Ints:
        """Keep the flows of least cost for a cost per yen on the given arcs.

        Returns the potentials that prove it, int64[nodes]: the reduced cost vector over all
        levels so far is lexicographically >= 0 on every residual arc of the whole network.
        """
        price = np.zeros_like(self.flow)
        price[arcs] = cost
        priced = np.flatnonzero(self.free & (price != 0))
        settled = list(reversed(self._settled))
        size = self.upper[priced] - self.lower[priced]
        potential = self.narrow(Pieces(priced, size, price[priced]))
        for arc, at_tail in settled:
            tail, head = self.network.tail[arc], self.network.head[arc]
            leaf, other = np.where(at_tail, tail, head), np.where(at_tail, head, tail)
            potential[leaf] = potential[other] + np.where(at_tail, -price[arc], price[arc])
        return potential

    def narrow(self, pieces: Pieces) -> Ints:
        """Keep the flows of least convex cost; arcs without pieces cost nothing.

        Returns potentials of the free part of the network, int64[nodes].
        """
        graph = _Residual(self, pieces)
        potential = graph.potentials(_HASTE)
        while potential is None:
            graph.improve()
            potential = graph.potentials(graph.nodes + 1)
        self.flow = graph.flow()
        reduced = graph.cost + potential[graph.tail] - potential[graph.head]
        lower = self.lower.copy()
        upper = self.lower.copy()
        np.add.at(lower, graph.arc, np.where(reduced < 0, graph.size, 0))
        np.add.at(upper, graph.arc, np.where(reduced <= 0, graph.size, 0))
        self.lower, self.upper = lower, upper
        self.settle()
        return potential

    def settle(self) -> None:
        """Fix arcs that conservation determines: the only free arc of a node, again and again.

        Such a leaf keeps no say in later levels; its potential there is the one that makes the
        reduced cost of its last arc zero.
        """
        tail, head, nodes = self.network.tail, self.network.head, self.network.nodes
        while True:
            free = np.flatnonzero(self.free)
            degree = np.bincount(tail[free], minlength=nodes)
            degree += np.bincount(head[free], minlength=nodes)
            last = free[(degree[tail[free]] == 1) | (degree[head[free]] == 1)]
            if not len(last):
                return
            self.fix(last, self.flow[last])
            self._settled.append((last, degree[tail[last]] == 1))


class _Residual:
    """The free part of a face with the costs of one level; pieces are parallel arcs."""

    def __init__(self, face: Face, pieces: Pieces) -> None:
        network = face.network
        plain = face.free
        plain[pieces.arc] = False
        others = np.flatnonzero(plain)
        kept = pieces.size > 0
        self.arc = np.concatenate((pieces.arc[kept], others))
        self.size = np.concatenate((pieces.size[kept], (face.upper - face.lower)[others]))
        self.cost = np.concatenate((pieces.cost[kept], np.zeros(len(others), np.int64)))
        self.tail, self.head = network.tail[self.arc], network.head[self.arc]
        self.nodes = network.nodes
        self._lower = face.lower
        # Sums over all pieces may wrap around 2^64; differences inside one arc are exact again.
        end = np.cumsum(self.size)
        first = np.flatnonzero(np.diff(self.arc, prepend=-1) != 0)
        start = end - self.size
        start -= np.repeat(start[first], np.diff(first, append=len(self.arc)))
        self.yen = np.clip((face.flow - face.lower)[self.arc] - start, 0, self.size)

    def flow(self) -> Ints:
        """The flow on the arcs of the network."""
        result = self._lower.copy()
        np.add.at(result, self.arc, self.yen)
        return result

    def _both_ways(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """Residual arcs: piece number, tail, head, cost, room."""
        forward = np.flatnonzero(self.yen < self.size)
        backward = np.flatnonzero(self.yen > 0)
        return (
            np.concatenate((forward, backward)),
            np.concatenate((self.tail[forward], self.head[backward])),
            np.concatenate((self.head[forward], self.tail[backward])),
            np.concatenate((self.cost[forward], -self.cost[backward])),
            np.concatenate(((self.size - self.yen)[forward], self.yen[backward])),
        )

    def potentials(self, rounds: int) -> Ints | None:
        """Shortest distances from everywhere at once (Bellman-Ford); None on a negative cycle.

        None is also the answer when ``rounds`` do not suffice to decide.
        """
        _, tail, head, cost, _ = self._both_ways()
        distance = np.zeros(self.nodes, np.int64)
        for _ in range(rounds):
            before = distance.copy()
            np.minimum.at(distance, head, before[tail] + cost)
            changed = distance < before
            if not changed.any():
                return distance
        return None

    def improve(self) -> None:
        """Add a cheapest circulation of the residual graph, in steps of bounded size.

        The bound keeps the sums at every node inside a 64-bit word, as the solver demands. It
        binds only for totals near 2^62 yen; the certificate then asks for another step.
        """
        piece, tail, head, cost, room = self._both_ways()
        while max(_load(tail, room), _load(head, room)) >= _WORD:
            room = np.minimum(room, room.max() // 2)
        solver = min_cost_flow.SimpleMinCostFlow()
        arcs = solver.add_arcs_with_capacity_and_unit_cost(
            tail.astype(np.int32), head.astype(np.int32), room, cost
        )
        status = solver.solve()
        if status != solver.OPTIMAL:
            raise AssertionError(f"a feasible circulation was called {status}")
        moved = np.asarray(solver.flows(arcs))
        forward = np.zeros(len(piece), np.bool_)
        forward[: int((self.yen < self.size).sum())] = True
        np.add.at(self.yen, piece, np.where(forward, moved, -moved))


def _load(node: Ints, room: Ints) -> float:
    """About the largest sum of ``room`` at a node; floats suffice to keep clear of a limit."""
    return float(np.bincount(node, weights=room).max(initial=0))
