"""State machines as drawn tables: every edge is listed, a missing edge is a Conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fund.kernel.errors import Conflict
from fund.kernel.sentences import filled


@dataclass(frozen=True)
class Transitions:
    """The legal moves of one kind of thing: ``edges`` maps each state to its successors."""

    thing: str
    edges: Mapping[str, frozenset[str]]

    @classmethod
    def table(cls, thing: str, edges: Mapping[str, set[str]]) -> Transitions:
        """Build from a plain mapping; states that are only targets are added as ends."""
        drawn = {state: frozenset(after) for state, after in edges.items()}
        for after in list(drawn.values()):
            for state in after:
                drawn.setdefault(state, frozenset())
        return cls(thing, drawn)

    @property
    def states(self) -> tuple[str, ...]:
        """All states in the order drawn."""
        return tuple(self.edges)

    def allows(self, before: str, after: str) -> bool:
        """Whether the edge from ``before`` to ``after`` is drawn."""
        return after in self.edges.get(before, frozenset())

    def check(self, before: str, after: str) -> None:
        """Pass silently along a drawn edge.

        Raises:
            Conflict: naming both ends of the missing edge.
        """
        if not self.allows(before, after):
            raise Conflict(
                filled(
                    "%(thing)s: %(before)s → %(after)s は行えません",
                    thing=filled(self.thing),
                    before=before,
                    after=after,
                )
            )
