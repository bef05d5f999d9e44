"""R9 over a whole gift: which of its yen go back, when some are already allocated or paid out.

The same order as ``chargeback.reverse`` for one donation, here for a gift of several shares:
(i) unspent yen, the last share first; (ii) its lines, the latest run first and in it the worst
rank first. A line gives what its award has not paid out (nor been asked to pay) yet; beyond that
the group keeps the money and (iii) the ward stands in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COMMITTED, WARD = "committed", "ward"


@dataclass(frozen=True)
class Unspent:
    """Yen of a share that stand in a pot; ``place`` is the share's position in its gift."""

    share: str
    place: int
    pot: str
    yen: int


@dataclass(frozen=True)
class Line:
    """A line of an approved run and what still stands of it; ``run`` grows with time."""

    run: int
    line: int
    share: str
    award: str
    rank: int
    use: str
    yen: int


@dataclass(frozen=True)
class Part:
    """Yen taken from one line, and whether they were still committed or the ward stands in."""

    line: Line
    yen: int
    source: str


@dataclass(frozen=True)
class TakenBack:
    """Where the yen are found: from (share, pot) and from lines."""

    unspent: tuple[tuple[Unspent, int], ...]
    parts: tuple[Part, ...]


def take_back(
    yen: int, unspent: Sequence[Unspent], lines: Sequence[Line], free: Mapping[str, int]
) -> TakenBack:
    """Find ``yen`` of a gift; ``free`` are each award's committed yen nobody has asked for.

    Raises:
        ValueError: if the gift does not have that much.
    """
    left = yen
    direct: list[tuple[Unspent, int]] = []
    for lot in sorted(unspent, key=lambda lot: (-lot.place, lot.pot)):
        part = min(left, lot.yen)
        if part > 0:
            direct.append((lot, part))
            left -= part
    parts: list[Part] = []
    still = dict(free)
    for line in sorted(lines, key=last_first):
        wanted = min(left, line.yen)
        left -= wanted
        committed = min(wanted, max(0, still.get(line.award, 0)))
        if committed:
            still[line.award] -= committed
            parts.append(Part(line, committed, COMMITTED))
        if wanted > committed:
            parts.append(Part(line, wanted - committed, WARD))
    if left or yen < 1:
        raise ValueError(f"the gift has no {yen} yen to give back: {left} are missing")
    return TakenBack(tuple(direct), tuple(parts))


def last_first(line: Line) -> tuple[int, int, str, str, int]:
    """The order in which lines give back: as ``chargeback.reverse`` orders booked rows."""
    return (-line.run, -line.rank, line.award, line.use, line.line)
