"""L2 (R3, R5): as many designated yen as possible at the first choice, then at the second, ...

Undesignated yen are not counted, so they are used last. Rank-maximality is taken one rank at a
time instead of by steep weights (Irving et al., *Rank-maximal matchings*, 2006), which keeps all
costs at 0 and -1.
"""

from __future__ import annotations

import numpy as np

from fund.allocation.domain.classes import ClassTable, Flags, Ints
from fund.allocation.domain.face import Face


def ranks_in_use(face: Face, table: ClassTable) -> list[int]:
    """Ranks at which some designated class can reach a grant, ascending."""
    return sorted(set(face.network.choice_rank[_designated(face, table)].tolist()))


def maximise_rank(face: Face, table: ClassTable, rank: int) -> Ints:
    """Keep the flows with the most designated yen at ``rank``; return the potentials."""
    network = face.network
    arcs = network.choices[_designated(face, table) & (network.choice_rank == rank)]
    return face.narrow_linear(arcs, np.full(len(arcs), -1))


def _designated(face: Face, table: ClassTable) -> Flags:
    free = np.array([not key.undesignated for key in table.preferences], np.bool_)
    return free[face.network.choice_class]
