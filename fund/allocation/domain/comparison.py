"""Two plans side by side: what differs, and which yen went another way.

Money is followed class by class: inside one wish (equal levels) yen are interchangeable, so a
difference of the lottery is no difference. What an award lost of a class and another gained of
the same class went from the one to the other; what is left over waited before, waits now, or is
money that only one of the two plans had.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
WAITING, MONEY = "waiting", "money"
"""Ends of a shift that are no award: yen that wait in the fund, and yen only one plan has."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of a comparison: a problem and the plan that answers it, as documents."""

    problem: Document
    plan: Document


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure in both plans (yen, unless said otherwise)."""

    before: int
    after: int

    @property
    def change(self) -> int:
        """How much more the second plan has."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Shift:
    """Yen of equal wishes that stood at ``source`` in one plan and at ``target`` in the other.

    Both are numbers of awards, ``WAITING`` or ``MONEY``.
    """

    source: str
    target: str
    yen: int


@dataclass(frozen=True, slots=True)
class AwardDifference:
    """One award in both plans; ``asked`` and ``gets`` in yen of this run, ``codes`` of reasons.

    ``own`` names the statements about the award itself that differ: ``added``, ``gone``,
    ``asked``, ``least``, ``tier``, ``score``, ``weight``, ``fixed``. ``inward`` and ``outward``
    are the shifts of yen that touch it.
    """

    award: str
    group: str
    asked: Pair
    gets: Pair
    codes: tuple[str, str]
    own: tuple[str, ...]
    inward: tuple[Shift, ...]
    outward: tuple[Shift, ...]

    @property
    def differs(self) -> bool:
        """Whether anything a reader sees is different."""
        return bool(self.gets.change or self.own or self.codes[0] != self.codes[1])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything in which two plans differ; ``policy`` lists (switch, before, after)."""

    total: Pair
    ranks: tuple[Pair, ...]
    undesignated: Pair
    money: Pair
    waiting: Pair
    policy: tuple[tuple[str, Any, Any], ...]
    awards: tuple[AwardDifference, ...]
    shifts: tuple[Shift, ...]
    other_gifts: Pair
    """Donations that only the first, and that only the second plan has (a count)."""

    @property
    def fidelity(self) -> tuple[int | None, int | None]:
        """Of designated yen used, how many in a thousand met the first choice."""
        first = self.ranks[0] if self.ranks else Pair(0, 0)
        return (
            per_mille(first.before, sum(one.before for one in self.ranks)),
            per_mille(first.after, sum(one.after for one in self.ranks)),
        )

    @property
    def is_same(self) -> bool:
        """Whether every award gets the same and every rank is met the same."""
        figures = (self.total, self.undesignated, self.waiting, *self.ranks)
        return not any(one.change for one in figures) and not any(
            one.differs for one in self.awards
        )


def per_mille(part: int, whole: int) -> int | None:
    """How many in a thousand, rounded down; None of nothing."""
    return part * 1000 // whole if whole else None


def fidelity(plan: Document) -> int | None:
    """Of the designated yen a plan uses, how many in a thousand meet the donor's first choice."""
    ranks = plan["rank_yen"]
    return per_mille(ranks[0] if ranks else 0, sum(ranks))


def compare(before: Sheet, after: Sheet) -> Comparison:
    """Lay two plans side by side, award by award."""
    one, other = _Side(before), _Side(after)
    shifts = _shifts(one, other)
    depth = max(len(before.plan["rank_yen"]), len(after.plan["rank_yen"]))
    ranks = [_rank(before.plan, after.plan, at) for at in range(depth)]
    names = sorted(one.grants.keys() | other.grants.keys())
    return Comparison(
        total=Pair(before.plan["total"], after.plan["total"]),
        ranks=tuple(ranks),
        undesignated=Pair(before.plan["undesignated_yen"], after.plan["undesignated_yen"]),
        money=Pair(one.money, other.money),
        waiting=Pair(one.money - before.plan["total"], other.money - after.plan["total"]),
        policy=tuple(_policy(before.problem["policy"], after.problem["policy"])),
        awards=tuple(_award(name, one, other, shifts) for name in names),
        shifts=tuple(shifts),
        other_gifts=Pair(len(one.free.keys() - other.free), len(other.free.keys() - one.free)),
    )


class _Side:
    """A sheet, indexed."""

    def __init__(self, sheet: Sheet) -> None:
        problem, plan = sheet.problem, sheet.plan
        self.plan = plan
        self.grants: dict[str, Document] = {grant["id"]: grant for grant in problem["grants"]}
        used: Counter[str] = Counter()
        self.paid: Counter[str] = Counter()
        for row in problem.get("previous", []):
            used[row["donation"]] += row["amount"]
            self.paid[row["grant"]] += row["amount"]
        self.fixed: Counter[str] = Counter()
        for row in problem.get("fixed", []):
            self.fixed[row["grant"]] += row["amount"]
        self.free: dict[str, int] = {}
        kind: dict[str, str] = {}
        # What stands where, of each wish: class -> place -> yen.
        self.stands: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for gift in problem["donations"]:
            free = gift["amount"] - gift.get("refunded", 0) - used[gift["id"]]
            if free:
                self.free[gift["id"]] = free
            kind[gift["id"]] = json.dumps(
                [gift["levels"], gift["on_exhausted"]], sort_keys=True, ensure_ascii=False
            )
            self.stands[kind[gift["id"]]][WAITING] += free
        for row in plan["ledger"]:
            place = self.stands[kind[row["donation"]]]
            place[row["grant"]] += row["amount"]
            place[WAITING] -= row["amount"]
        self.money = sum(self.free.values())

    def asked(self, name: str) -> int:
        """Yen an award may still receive in this run."""
        grant = self.grants.get(name)
        return 0 if grant is None else int(grant["approved_max"]) - self.paid[name]

    def gets(self, name: str) -> int:
        """Yen an award receives in this run."""
        return int(self.plan["grants"].get(name, 0))

    def code(self, name: str) -> str:
        """Why it receives no more; empty where it is not in the run."""
        reason = self.plan["reasons"]["grants"].get(name)
        return "" if reason is None else str(reason["code"])


def _rank(before: Document, after: Document, at: int) -> Pair:
    one, other = before["rank_yen"], after["rank_yen"]
    return Pair(one[at] if at < len(one) else 0, other[at] if at < len(other) else 0)


def _policy(before: Document, after: Document) -> Iterable[tuple[str, Any, Any]]:
    defaults = {"equalise": True}
    for key in ("order", "spend_order", "vintage", "within", "equalise"):
        one, other = before.get(key, defaults.get(key)), after.get(key, defaults.get(key))
        if one != other:
            yield key, one, other


def _shifts(one: _Side, other: _Side) -> list[Shift]:
    """Which yen went another way, added up over all wishes; the largest first."""
    found: Counter[tuple[str, str]] = Counter()
    for kind in sorted(one.stands.keys() | other.stands.keys()):
        before, after = one.stands.get(kind, Counter()), other.stands.get(kind, Counter())
        lost = [(place, before[place] - after[place]) for place in sorted(before | after)]
        gave = [(place, yen) for place, yen in lost if yen > 0]
        took = [(place, -yen) for place, yen in lost if yen < 0]
        balance = sum(before.values()) - sum(after.values())
        if balance > 0:
            took.append((MONEY, balance))
        elif balance < 0:
            gave.append((MONEY, -balance))
        found.update(_matched(gave, took))
    return [
        Shift(source, target, yen)
        for (source, target), yen in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    ]


def _matched(gave: list[tuple[str, int]], took: list[tuple[str, int]]) -> Counter[tuple[str, str]]:
    """The two lists, which have equal sums, matched from their beginnings."""
    matched: Counter[tuple[str, str]] = Counter()
    left, right = list(gave), list(took)
    while left and right:
        (source, has), (target, wants) = left[-1], right[-1]
        yen = min(has, wants)
        matched[source, target] += yen
        left[-1], right[-1] = (source, has - yen), (target, wants - yen)
        if has == yen:
            left.pop()
        if wants == yen:
            right.pop()
    return matched


def _award(name: str, one: _Side, other: _Side, shifts: list[Shift]) -> AwardDifference:
    grant: Document = other.grants.get(name) or one.grants[name]
    return AwardDifference(
        award=name,
        group=grant["group"],
        asked=Pair(one.asked(name), other.asked(name)),
        gets=Pair(one.gets(name), other.gets(name)),
        codes=(one.code(name), other.code(name)),
        own=tuple(_own(name, one, other)),
        inward=tuple(shift for shift in shifts if shift.target == name),
        outward=tuple(shift for shift in shifts if shift.source == name),
    )


def _own(name: str, one: _Side, other: _Side) -> Iterable[str]:
    before, after = one.grants.get(name), other.grants.get(name)
    if before is None or after is None:
        yield "added" if before is None else "gone"
        return
    if one.asked(name) != other.asked(name):
        yield "asked"
    for word, key in (
        ("least", "min_viable"),
        ("tier", "tier"),
        ("score", "score"),
        ("weight", "weight"),
    ):
        if before[key] != after[key]:
            yield word
    if one.fixed[name] != other.fixed[name]:
        yield "fixed"
