"""L5: one flow among those that differ only in who pays whom.

Receipts, spending and the yen of each rank are decided; what is left is settled without favour.
(a) First-choice shares of designated classes are made as equal as possible, in steps of a
sixteenth of a class's money. (b) A lottery: every arc gets a price from a hash of its public name
and a salt that nobody can choose afterwards, and the cheapest flow wins. The result does not
depend on the solver, because the winner is *proved* to be the only one.
"""

from __future__ import annotations

import hashlib

import numpy as np

from fund.allocation.domain.classes import ClassTable, Flags, Ints
from fund.allocation.domain.face import Face, Pieces
from fund.allocation.domain.waterfill import components

_STEPS = 16
_LOTTERY_BITS = 31  # prices times nodes stay far inside the solver's 64-bit costs


def equalise_first_choices(face: Face, table: ClassTable) -> None:
    """Keep the flows that minimise the sum of squared first-choice shares, in sixteenths.

    The j-th sixteenth of a class's money costs j, so it pays to serve those who have less.
    """
    network = face.network
    designated = np.array([not key.undesignated for key in table.preferences], np.bool_)
    chosen = (network.choice_rank == 1) & designated[network.choice_class]
    arcs = network.choices[chosen]
    yen = table.class_yen[network.choice_class[chosen]]
    steps = np.arange(_STEPS + 1)
    # ceil(yen * j / 16) without overflow: whole sixteenths and the remainder apart.
    ends = (yen // _STEPS)[:, None] * steps + -(-((yen % _STEPS)[:, None] * steps) // _STEPS)
    ends[:, -1] = np.maximum(ends[:, -1], face.upper[arcs])
    low, high = face.lower[arcs][:, None], face.upper[arcs][:, None]
    size = np.diff(np.clip(ends, low, high), axis=1)
    cost = np.tile(steps[:-1], len(arcs))
    face.narrow(Pieces(np.repeat(arcs, _STEPS), size.ravel(), cost))


def draw_lots(face: Face, salt: str) -> int:
    """Fix the whole flow by lottery; return how many drawings were needed (0 or more)."""
    drawings = 0
    while not is_unique(face):
        arcs = np.flatnonzero(face.free)
        face.narrow_linear(arcs, _prices(face, arcs, f"{salt}/{drawings}"))
        drawings += 1
    return drawings


def _prices(face: Face, arcs: Ints, salt: str) -> Ints:
    """A price below 2^31 for each arc, from SHA-256 of salt and public names."""
    network = face.network
    names = network.names
    drawn = [
        hashlib.sha256(f"{salt}|{names[tail]}|{names[head]}".encode()).digest()
        for tail, head in zip(network.tail[arcs].tolist(), network.head[arcs].tolist(), strict=True)
    ]
    return np.array(
        [int.from_bytes(digest[:4]) >> (32 - _LOTTERY_BITS) for digest in drawn], np.int64
    )


def is_unique(face: Face) -> bool:
    """Whether the face is a single flow: its residual graph has no cycle but there-and-back.

    Arcs with room both ways must form a forest; with its trees shrunk to points, the arcs with
    room one way must form an acyclic graph.
    """
    network = face.network
    up, down = face.flow < face.upper, face.flow > face.lower
    both = up & down
    label = components(network.nodes, network.tail[both], network.head[both])
    trees = int((label == np.arange(network.nodes)).sum())
    if trees != network.nodes - int(both.sum()):
        return False
    forward, backward = up & ~down, down & ~up
    tail = label[np.concatenate((network.tail[forward], network.head[backward]))]
    head = label[np.concatenate((network.head[forward], network.tail[backward]))]
    return _is_acyclic(network.nodes, tail, head)


def _is_acyclic(nodes: int, tail: Ints, head: Ints) -> bool:
    """Peel off nodes that nothing enters until no arc, or only cycles, are left."""
    while len(tail):
        entered: Flags = np.zeros(nodes, np.bool_)
        entered[head] = True
        kept = entered[tail]
        if kept.all():
            return False
        tail, head = tail[kept], head[kept]
    return True
