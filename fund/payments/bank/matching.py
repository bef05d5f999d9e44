"""Which open line is which open fact: a pure function of both lists.

Level A is certain enough to be done without asking: the gift's number stands in the payer's
name, or name and amount agree, or (for facts that carry no name, such as a payout) the amount
does within a few days, and in each case nothing else could be meant on either side. Level B is
shown for one tap: the amount with a similar name, or name or number with another amount.
Everything else is found by hand (level C).
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

NAMED_DAYS = 5
"""How many days a booked gift with the payer's name and the bank's day may lie apart."""
WAITING_DAYS = 120
"""How long after the offer a transfer for a gift may come."""
NAMELESS_DAYS = 4
"""How far a payout, a payment to a group or a deposit may lie from the bank's day."""
SIMILAR = 72
"""Per cent of two names that must agree for a proposal."""
SHOWN = 3
_COMPARED = 60


@dataclass(frozen=True)
class OpenLine:
    """A line with yen left to explain (signed); ``key`` and ``refs`` come from the payer's name."""

    id: int
    day: dt.date
    yen: int
    key: str
    refs: tuple[str, ...]


@dataclass(frozen=True)
class OpenFact:
    """Money the bank should show: an entry already booked, or a gift that waits for a transfer.

    ``yen`` is what is still open of it (signed), ``key`` the name of the person if one is known,
    ``ref`` the gift's number. ``waits`` marks a gift whose money is not booked yet.
    """

    id: tuple[str, int | str]
    what: str
    day: dt.date
    yen: int
    key: str = ""
    ref: str = ""
    waits: bool = False


@dataclass(frozen=True)
class Proposal:
    """A line and a fact that may belong together; ``why`` is one of the words of ``WHY``."""

    line: int
    fact: OpenFact
    level: str
    why: str


WHY = ("number", "name", "amount", "similar", "near", "other_amount")


def near(line: OpenLine, fact: OpenFact) -> bool:
    """Whether the days allow that the line is the fact."""
    apart = (line.day - fact.day).days
    if fact.waits:
        return -1 <= apart <= WAITING_DAYS
    return abs(apart) <= (NAMED_DAYS if fact.key else NAMELESS_DAYS)


def certain(lines: Sequence[OpenLine], facts: Sequence[OpenFact]) -> list[Proposal]:
    """Level A: each line and each fact at most once, in the order of the lines."""
    taken: dict[int, Proposal] = {}
    used: set[tuple[str, int | str]] = set()
    names = {fact.key for fact in facts if fact.key}
    for why in ("number", "name", "amount"):
        left_lines = [
            line
            for line in lines
            # A payer somebody waits for is not the till's cash of the same amount.
            if line.id not in taken and (why != "amount" or line.key not in names)
        ]
        left_facts = [fact for fact in facts if fact.id not in used]
        for line, fact in _alone(left_lines, left_facts, why):
            if line.id not in taken and fact.id not in used:
                taken[line.id] = Proposal(line.id, fact, "A", why)
                used.add(fact.id)
    return [taken[line.id] for line in lines if line.id in taken]


def _alone(
    lines: Sequence[OpenLine], facts: Sequence[OpenFact], why: str
) -> Iterable[tuple[OpenLine, OpenFact]]:
    """Pairs that agree and where neither side agrees with anything else."""
    of_key: dict[Hashable, list[OpenFact]] = defaultdict(list)
    for fact in facts:
        for key in _fact_keys(fact, why):
            of_key[key].append(fact)
    lines_of: dict[Hashable, list[OpenLine]] = defaultdict(list)
    for line in lines:
        for key in _line_keys(line, why):
            if key in of_key:
                lines_of[key].append(line)
    for key, group in lines_of.items():
        yield from _pairs(group, of_key[key], alike=why == "name")


def _line_keys(line: OpenLine, why: str) -> list[Hashable]:
    if why == "number":
        return [(line.yen, ref) for ref in line.refs]
    if why == "name":
        return [(line.yen, line.key)] if line.key else []
    return [line.yen]


def _fact_keys(fact: OpenFact, why: str) -> list[Hashable]:
    if why == "number":
        return [(fact.yen, fact.ref)] if fact.ref else []
    if why == "name":
        return [(fact.yen, fact.key)] if fact.key else []
    # A named fact is never taken by its amount alone: everybody gives 10,000 yen.
    return [] if fact.key or fact.ref else [fact.yen]


def _pairs(
    lines: list[OpenLine], facts: list[OpenFact], *, alike: bool
) -> Iterable[tuple[OpenLine, OpenFact]]:
    """Inside one group: the pair that is alone; or, of one payer, as many lines as facts.

    When the same person sent the same amount several times, and as often as it was promised,
    every way to pair them says the same; the order of the days is taken.
    """
    by_day = sorted(lines, key=lambda line: (line.day, line.id))
    facts_by_day = sorted(facts, key=lambda fact: (fact.day, str(fact.id)))
    if alike and len(by_day) == len(facts_by_day):
        both = list(zip(by_day, facts_by_day, strict=True))
        if all(near(line, fact) for line, fact in both):
            yield from both
            return
    for line in by_day:
        close = list(islice((fact for fact in facts_by_day if near(line, fact)), 2))
        if len(close) == 1:
            back = list(islice((other for other in by_day if near(other, close[0])), 2))
            if len(back) == 1:
                yield line, close[0]


def likely(
    lines: Sequence[OpenLine], facts: Sequence[OpenFact], shown: int = SHOWN
) -> Mapping[int, list[Proposal]]:
    """Level B: for each line the best facts, at most ``shown``, the best first."""
    known = _Facts(facts)
    found: dict[int, list[Proposal]] = {}
    for line in lines:
        scored: dict[tuple[str, int | str], tuple[int, Proposal]] = {}
        for fact in known.around(line):
            same_way = (fact.yen > 0) == (line.yen > 0)
            score, why = _score(line, fact) if same_way else (0, "")
            if score:
                scored[fact.id] = (score, Proposal(line.id, fact, "B", why))
        best = sorted(scored.values(), key=lambda pair: (-pair[0], str(pair[1].fact.id)))
        if best:
            found[line.id] = [proposal for _, proposal in best[:shown]]
    return found


class _Facts:
    """Facts by amount, name and number, so that a line meets few of them."""

    def __init__(self, facts: Sequence[OpenFact]) -> None:
        self._by_yen: dict[int, list[OpenFact]] = defaultdict(list)
        self._by_name: dict[str, list[OpenFact]] = defaultdict(list)
        self._by_ref: dict[str, OpenFact] = {}
        for fact in facts:
            self._by_yen[fact.yen].append(fact)
            if fact.key:
                self._by_name[fact.key].append(fact)
            if fact.ref:
                self._by_ref[fact.ref] = fact

    def around(self, line: OpenLine) -> Iterable[OpenFact]:
        """The facts that share a number, the name or the amount with a line, nearest first."""
        yield from (self._by_ref[ref] for ref in line.refs if ref in self._by_ref)
        if line.key:
            yield from self._by_name.get(line.key, [])[:_COMPARED]
        same = self._by_yen.get(line.yen, [])
        yield from sorted(same, key=lambda fact: abs((line.day - fact.day).days))[:_COMPARED]


def _score(line: OpenLine, fact: OpenFact) -> tuple[int, str]:
    """How likely a pair is (higher is likelier, 0 not worth showing) and why."""
    same = line.yen == fact.yen
    score, why = 0, ""
    if fact.ref and fact.ref in line.refs:
        score, why = 900 + 100 * same, "number" if same else "other_amount"
    elif line.key and fact.key == line.key:
        if same or near(line, fact):
            score, why = 700 + 100 * same, "name" if same else "other_amount"
    elif same and fact.key and line.key:
        score, why = _similar(line.key, fact.key), "similar"
    elif same and near(line, fact):
        score, why = 500, "near"
    return (score - min(abs((line.day - fact.day).days), 90) if score else 0), why


def _similar(one: str, other: str) -> int:
    """Above 500 for names that may be the same; banks cut long ones at their end."""
    alike = round(100 * difflib.SequenceMatcher(None, one, other).ratio())
    cut = len(one) >= 4 and other.startswith(one)
    return 500 + alike if alike >= SIMILAR or cut else 0
