"""The flow diagram's arithmetic: four columns of the same total, from sums of postings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

POTS = ("group", "field", "theme", "general")
SOURCES = ("gifts", "interest", "opening", "returned", "carried")
_SOURCE_OF = {
    "interest.earned": "interest",
    "opening.balance": "opening",
    "grant.returned": "returned",
}
MOST_GROUPS = 8
REST = "rest"
BEFORE = "before"
OTHERS = "others"


@dataclass(frozen=True)
class Moves:
    """Sums of yen, natural sign, over a period.

    ``arrived`` by (kind of entry, pot class), ``allocated`` by (pot class, award number),
    and what stood in pots (by class) and awards before and after the period.
    """

    arrived: Mapping[tuple[str, str], int]
    allocated: Mapping[tuple[str, str], int]
    pots_before: Mapping[str, int]
    awards_before: Mapping[str, int]
    pots_after: Mapping[str, int]
    awards_after: Mapping[str, int]

    def merged(self, pots: Mapping[str, str]) -> Moves:
        """The same with classes of pots under the name they are shown by, several in one."""
        arrived: dict[tuple[str, str], int] = defaultdict(int)
        given: dict[tuple[str, str], int] = defaultdict(int)
        for (kind, pot), yen in self.arrived.items():
            arrived[kind, pots.get(pot, pot)] += yen
        for (pot, award), yen in self.allocated.items():
            given[pots.get(pot, pot), award] += yen
        before, after = _renamed(self.pots_before, pots), _renamed(self.pots_after, pots)
        return Moves(arrived, given, before, self.awards_before, after, self.awards_after)


@dataclass(frozen=True)
class Picture:
    """Three steps of flows; each maps (from, to) to yen ≥ 0 and every step has the same total.

    Step one: source → wish (pot class, or ``before`` for what was decided earlier). Step two:
    wish → group number, ``others`` or ``rest``. Step three: group → ``out``, ``coming``, ``rest``.
    """

    sources: Mapping[tuple[str, str], int]
    wishes: Mapping[tuple[str, str], int]
    ends: Mapping[tuple[str, str], int]

    @property
    def total(self) -> int:
        """Yen that flow through every column."""
        return sum(self.sources.values())


def picture(moves: Moves, group_of: Mapping[str, str]) -> Picture | None:
    """The flows of a period, or None when they cannot be drawn (a net flow runs backwards)."""
    to_group, ends = _groups(moves, group_of)
    wishes: dict[tuple[str, str], int] = defaultdict(int)
    for (pot, group), yen in to_group.items():
        wishes[pot, group] += yen
    for pot, yen in moves.pots_after.items():
        wishes[pot, REST] += yen
        ends[REST, REST] += yen
    sources = _sources(moves, wishes)
    drawn = Picture(*(_positive(step) for step in (sources, wishes, ends)))
    totals = {sum(step.values()) for step in (drawn.sources, drawn.wishes, drawn.ends)}
    everything = (*sources.values(), *wishes.values(), *ends.values())
    if len(totals) != 1 or min(everything, default=0) < 0 or not drawn.total:
        return None
    return drawn


def _renamed(sums: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for name, yen in sums.items():
        found[names.get(name, name)] += yen
    return found


def _groups(
    moves: Moves, group_of: Mapping[str, str]
) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """Money to each group (by wish) and how much of it was paid out; small ones together."""
    by_group: dict[str, int] = defaultdict(int)
    for (_pot, award), yen in moves.allocated.items():
        by_group[group_of.get(award, OTHERS)] += yen
    for award, yen in moves.awards_before.items():
        by_group[group_of.get(award, OTHERS)] += yen
    largest = sorted(by_group, key=lambda group: (-by_group[group], group))[:MOST_GROUPS]

    def shown(award: str) -> str:
        group = group_of.get(award, OTHERS)
        return group if group in largest else OTHERS

    flows: dict[tuple[str, str], int] = defaultdict(int)
    ends: dict[tuple[str, str], int] = defaultdict(int)
    for (pot, award), yen in moves.allocated.items():
        flows[pot, shown(award)] += yen
        ends[shown(award), "out"] += yen
    for award, yen in moves.awards_before.items():
        flows[BEFORE, shown(award)] += yen
        ends[shown(award), "out"] += yen
    for award, yen in moves.awards_after.items():
        ends[shown(award), "coming"] += yen
        ends[shown(award), "out"] -= yen
    return flows, ends


def _sources(moves: Moves, wishes: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Where the money of each wish came from; redirected money keeps its source."""
    flows: dict[tuple[str, str], int] = defaultdict(int)
    for (kind, pot), yen in moves.arrived.items():
        flows[_SOURCE_OF.get(kind, "gifts"), pot] += yen
    for pot, yen in moves.pots_before.items():
        flows["carried", pot] += yen
    needed: dict[str, int] = defaultdict(int)
    for (pot, _group), yen in wishes.items():
        needed[pot] += yen
    flows["carried", BEFORE] += needed.pop(BEFORE, 0)
    taken: list[tuple[str, int]] = []
    short: list[tuple[str, int]] = []
    for pot in sorted({pot for _source, pot in flows} | needed.keys()):
        if pot == BEFORE:
            continue
        extra = sum(yen for (_s, at), yen in flows.items() if at == pot) - needed.get(pot, 0)
        if extra > 0:
            taken += _take(flows, pot, extra)
        elif extra < 0:
            short.append((pot, -extra))
    _give(flows, taken, short)
    return flows


def _take(flows: dict[tuple[str, str], int], pot: str, extra: int) -> list[tuple[str, int]]:
    """Money that left a pot for another one, taken from what came in there, carried money first."""
    taken = []
    for source in reversed(SOURCES):
        part = min(extra, max(0, flows.get((source, pot), 0)))
        if part:
            flows[source, pot] -= part
            extra -= part
            taken.append((source, part))
    return taken


def _give(
    flows: dict[tuple[str, str], int], taken: list[tuple[str, int]], short: list[tuple[str, int]]
) -> None:
    for pot, missing in short:
        left = missing
        while left and taken:
            source, part = taken.pop()
            used = min(part, left)
            flows[source, pot] += used
            left -= used
            if part > used:
                taken.append((source, part - used))


def _positive(step: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {key: yen for key, yen in step.items() if yen > 0}
