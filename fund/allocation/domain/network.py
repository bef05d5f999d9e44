"""Step 2 of the rule: classes, uses and grants as one circulation network.

::

    source -> class -> [level] -> use -> grant -> sink -> source

There is one arc source -> class for each pot (class x vintage) and one node for each *use* that
some class names and some grant offers. Uses keep the network linear: classes x grants arcs
become classes x levels + grants x fields. A level that names several uses gets a node of its own,
so that one arc carries everything a class pays at one rank.

A detour, from a class over a *worse* level to a grant that a better level permits too, needs no
arc to forbid it: level L2 of the rule prefers the better one at any price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fund.allocation.domain.classes import ClassTable, Ints
from fund.allocation.domain.problem import Grant
from fund.allocation.domain.wishes import uses_of

SOURCE, SINK = 0, 1
_FIRST_CLASS = 2


@dataclass(frozen=True, slots=True)
class Network:
    """A directed graph with named groups of arcs; all arrays are int64.

    ``tail[m]``, ``head[m]`` and ``room[m]`` (yen) describe arc m. The groups are arc numbers:
    ``pots[v]`` source -> class of pot v, ``choices`` class -> level or use, ``offers`` use ->
    grant, ``needs[g]`` grant g -> sink, ``back`` sink -> source. For each of ``choices`` the
    arrays ``choice_class`` and ``choice_rank`` tell whose choice it is. ``names[v]`` is a name
    of node v that does not depend on the order of the input.
    """

    names: tuple[str, ...]
    tail: Ints
    head: Ints
    room: Ints
    pots: Ints
    choices: Ints
    choice_class: Ints
    choice_rank: Ints
    offers: Ints
    needs: Ints
    back: int

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return len(self.names)

    def class_node(self, index: Ints) -> Ints:
        """Nodes of the classes with the given indices."""
        return index + _FIRST_CLASS

    def grant_node(self, index: Ints) -> Ints:
        """Nodes of the grants with the given indices."""
        return self.tail[self.needs[index]]


class _Drawing:
    """A network being drawn; nodes and arcs are numbered in the order they appear."""

    def __init__(self) -> None:
        self.names: list[str] = ["source", "sink"]
        self.tail: list[int] = []
        self.head: list[int] = []
        self.room: list[int] = []

    def node(self, name: str) -> int:
        self.names.append(name)
        return len(self.names) - 1

    def arc(self, tail: int, head: int, room: int) -> int:
        self.tail.append(tail)
        self.head.append(head)
        self.room.append(room)
        return len(self.tail) - 1


def draw(table: ClassTable, grants: Sequence[Grant], need: Ints) -> Network:
    """The network of a problem; ``need[g]`` yen is what grant g may still receive.

    Inner arcs have room for all their class or grant could want and one yen more: they never
    bind, so that no potential is ever spent on them (see ``certificates``).
    """
    drawing = _Drawing()
    for index in range(len(table.preferences)):
        drawing.node(f"class:{index}")
    pots = [
        drawing.arc(SOURCE, _FIRST_CLASS + owner, yen)
        for owner, yen in zip(table.pot_class.tolist(), table.pot_yen.tolist(), strict=True)
    ]
    named = {use for key in table.preferences for _, uses in key.levels for use in uses}
    offered = sorted({use for grant in grants for use in uses_of(grant) if use in named})
    use_node = {use: drawing.node(f"use:{use}") for use in offered}
    choices = _draw_choices(drawing, table, use_node)
    grant_node = [drawing.node(f"grant:{grant.id}") for grant in grants]
    offers = [
        drawing.arc(use_node[use], node, yen + 1)
        for grant, node, yen in zip(grants, grant_node, need.tolist(), strict=True)
        for use in uses_of(grant)
        if use in use_node
    ]
    needs = [
        drawing.arc(node, SINK, yen) for node, yen in zip(grant_node, need.tolist(), strict=True)
    ]
    back = drawing.arc(SINK, SOURCE, int(table.pot_yen.sum()) + 1)
    arcs = np.array(choices, np.int64).reshape(-1, 3)
    return Network(
        names=tuple(drawing.names),
        tail=np.array(drawing.tail, np.int64),
        head=np.array(drawing.head, np.int64),
        room=np.array(drawing.room, np.int64),
        pots=np.array(pots, np.int64),
        choices=arcs[:, 0],
        choice_class=arcs[:, 1],
        choice_rank=arcs[:, 2],
        offers=np.array(offers, np.int64),
        needs=np.array(needs, np.int64),
        back=back,
    )


def _draw_choices(
    drawing: _Drawing, table: ClassTable, use_node: dict[str, int]
) -> list[tuple[int, int, int]]:
    """One arc (arc, class, rank) for each class and level that can reach a grant."""
    choices: list[tuple[int, int, int]] = []
    class_yen = table.class_yen.tolist()
    for index, preference in enumerate(table.preferences):
        plenty = class_yen[index] + 1
        seen: set[str] = set()
        for rank, uses in preference.levels:
            fresh = [use for use in uses if use in use_node and use not in seen]
            seen.update(fresh)
            if not fresh:
                continue
            if len(fresh) == 1:
                target = use_node[fresh[0]]
            else:
                target = drawing.node(f"level:{index}:{rank}")
                for use in fresh:
                    drawing.arc(target, use_node[use], plenty)
            choices.append((drawing.arc(_FIRST_CLASS + index, target, plenty), index, rank))
    return choices
