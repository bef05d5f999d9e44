"""M: a grant that cannot reach its minimum receives nothing, and its money goes elsewhere.

Maximising the total with "nothing or at least m" is NP-hard (subset sum) and would let a low
grant displace a high one. The rule is therefore polynomial and explainable: solve, cancel every
grant that stays below its minimum, repeat; then offer each cancelled grant one more chance in
committee order, and keep it exactly if nobody falls below a minimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from ortools.graph.python import max_flow

from fund.allocation.domain.classes import ClassTable, Flags, Ints
from fund.allocation.domain.face import Face
from fund.allocation.domain.level1_total import maximise_total
from fund.allocation.domain.level2_ranks import maximise_rank, ranks_in_use
from fund.allocation.domain.level3_receipts import Needs, order_receipts
from fund.allocation.domain.network import SINK, SOURCE, Network
from fund.allocation.domain.problem import Order


@dataclass(frozen=True, slots=True)
class Question:
    """What the levels are asked about: network, classes, needs, and which of R2 and R3 leads."""

    network: Network
    table: ClassTable
    needs: Needs
    order: Order


@dataclass(frozen=True, slots=True)
class Outline:
    """Levels 1, 2 and the coarse part of 3 for one set of active grants.

    ``active`` bool[G]; ``proofs`` holds (level name, potentials int64[nodes]) in the order of the
    levels. Up to its minimum every grant's receipt is final in ``face.flow``.
    """

    active: Flags
    face: Face
    proofs: tuple[tuple[str, Ints], ...]


def outline(question: Question, active: Flags) -> Outline:
    """Solve the levels that decide whether minima are reached."""
    network = question.network
    room = network.room.copy()
    room[network.needs] = np.where(active, question.needs.need, 0)
    face = Face(network, room)
    levels: list[tuple[str, Callable[[], Ints]]] = [
        (f"rank {rank}", partial(maximise_rank, face, question.table, rank))
        for rank in ranks_in_use(face, question.table)
    ]
    place = 0 if question.order == "funding_first" else len(levels)
    levels.insert(place, ("total", partial(maximise_total, face)))
    proofs = tuple((name, level()) for name, level in levels)
    order_receipts(face, question.needs)
    return Outline(active, face, proofs)


def choose_grants(question: Question) -> Outline:
    """The outline for the grants that remain once every minimum is respected."""
    result = outline(question, question.needs.need > 0)
    while (short := _short(question, result)).any():
        result = outline(question, result.active & ~short)
    cancelled = np.flatnonzero((question.needs.need > 0) & ~result.active)
    for grant in cancelled[np.argsort(question.needs.order[cancelled])].tolist():
        active = result.active.copy()
        active[grant] = True
        if _hopeless(question, active):
            continue
        trial = outline(question, active)
        if not _short(question, trial).any():
            result = trial
    return result


def _short(question: Question, found: Outline) -> Flags:
    """Active grants that stay below their minimum."""
    receipt = found.face.flow[question.network.needs]
    return found.active & (receipt < question.needs.minimum)


def _hopeless(question: Question, active: Flags) -> bool:
    """Whether even a flow that serves nothing but the minima cannot reach all of them."""
    network, minimum = question.network, question.needs.minimum
    room = network.room.copy()
    room[network.needs] = np.where(active, minimum, 0)
    room[network.back] = 0
    wanted = int(room[network.needs].sum())
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        network.tail.astype(np.int32), network.head.astype(np.int32), room
    )
    decided = solver.solve(SOURCE, SINK) == solver.OPTIMAL
    return decided and int(solver.optimal_flow()) < wanted
