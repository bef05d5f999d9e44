"""R9: yen that go back after they were allocated, to a donor's bank or from a group.

A lost dispute or a refund of q yen of one donation is met in this order:

(i)   by what the donation has not spent;
(ii)  by reversing its rows, the latest run first and in it the worst choice first;
(iii) a paid award is never clawed back: each hole is offered as an award of its own, with the
      same id, group, fields and programme, to all other money by the same rule in a pre-run;
(iv)  what no wish permits is left for the fund's own reserve, never for other donors' money.

Money that a group returns walks the other way: back to the gifts it came from, those the rule
spends last coming first, and equals pro rata.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from fund.allocation.domain.files import problem_from
from fund.allocation.domain.plan import Plan
from fund.allocation.domain.planning import planned
from fund.allocation.domain.problem import Problem
from fund.allocation.domain.wishes import preference_of, vintage_of
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen, prorate


class BookedRow(NamedTuple):
    """A ledger row of an approved run; ``run`` grows with time, negative yen take back."""

    run: int
    donation: str
    grant: str
    rank: int
    use: str
    amount: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """How ``yen`` of a donation go back: ``unspent`` yen directly, the rest by negative rows."""

    donation: str
    yen: int
    unspent: int
    rows: tuple[BookedRow, ...]

    @property
    def holes(self) -> dict[str, int]:
        """Yen that paid awards lose by the reversal and that must be found elsewhere."""
        holes: Counter[str] = Counter()
        for row in self.rows:
            holes[row.grant] -= row.amount
        return dict(sorted(holes.items()))


@dataclass(frozen=True, slots=True)
class Reinstatement:
    """The pre-run that refills holes; ``uncovered`` yen per award fall to the fund's reserve."""

    problem: Problem
    plan: Plan
    uncovered: dict[str, int]


def reverse(problem: Problem, donation: str, yen: int, booked: Iterable[BookedRow]) -> Reversal:
    """Steps (i) and (ii) for ``yen`` of a donation, given every row booked in earlier runs.

    Raises:
        Invalid: if the donation never had that much.
    """
    rows = _standing(row for row in booked if row.donation == donation)
    gift = next((gift for gift in problem.donations if gift.id == donation), None)
    held = 0 if gift is None else gift.amount - gift.refunded
    unspent = min(yen, held - sum(row.amount for row in rows))
    rows.sort(key=lambda row: (-row.run, -row.rank, row.grant, row.use))
    back = _take(rows, yen - unspent)
    if yen < 1 or unspent + sum(-row.amount for row in back) != yen:
        raise Invalid(f"donation {donation} has no {yen} yen to give back")
    return Reversal(donation, yen, unspent, tuple(back))


def reversed_problem(problem: Problem, reversal: Reversal) -> Problem:
    """The problem after a reversal: the yen are refunded, earlier payments are reduced."""
    document = json.loads(problem.canonical)
    for gift in document["donations"]:
        if gift["id"] == reversal.donation:
            gift["refunded"] = gift.get("refunded", 0) + reversal.yen
    left = Counter(reversal.holes)
    for row in document.get("previous", []):
        if row["donation"] == reversal.donation:
            taken = min(row["amount"], left[row["grant"]])
            row["amount"] -= taken
            left[row["grant"]] -= taken
    return problem_from(document)


def reinstate(problem: Problem, holes: Mapping[str, int]) -> Reinstatement:
    """Steps (iii) and (iv): offer ``holes`` (yen per award) to all money that is free now.

    ``problem`` is the one after the reversals; its manual payments and its other awards do not
    take part in the pre-run.
    """
    given: Counter[str] = Counter()
    for row in problem.previous:
        given[row.donation] += row.amount
    document = json.loads(problem.canonical)
    for gift in document["donations"]:
        gift["amount"] -= gift.pop("refunded", 0) + given[gift["id"]]
    document["grants"] = [
        grant | {"approved_max": holes[grant["id"]], "min_viable": 0}
        for grant in document["grants"]
        if holes.get(grant["id"], 0) > 0
    ]
    document |= {"previous": [], "fixed": []}
    prerun = problem_from(document)
    plan = planned(prerun)
    received: Mapping[str, Any] = plan.document["grants"]
    uncovered = {name: yen - received[name] for name, yen in holes.items() if yen > 0}
    return Reinstatement(prerun, plan, {name: yen for name, yen in uncovered.items() if yen})


def walk_back(
    problem: Problem, grant: str, yen: int, booked: Iterable[BookedRow]
) -> tuple[BookedRow, ...]:
    """Negative rows that return ``yen`` of an award to the gifts that paid it.

    The inverse of the rule: the latest run first; in it undesignated money, then the worst
    choice, the widest wish and the youngest vintage first; equals by largest remainder.

    Raises:
        Invalid: if the award did not receive that much.
    """
    rows = _standing(row for row in booked if row.grant == grant)
    if not 0 < yen <= sum(row.amount for row in rows):
        raise Invalid(f"grant {grant} has no {yen} yen to return")
    gifts = {gift.id: gift for gift in problem.donations}

    def last_spent(row: BookedRow) -> tuple[int, ...]:
        gift = gifts[row.donation]
        preference = preference_of(gift, problem.run_date)
        age = vintage_of(gift.received, problem.policy.vintage)
        return (-row.run, -preference.undesignated, -row.rank, -preference.flex, -age)

    rows.sort(key=lambda row: (*last_spent(row), gifts[row.donation].received, row))
    back: list[BookedRow] = []
    for _, band in groupby(rows, key=last_spent):
        equals = list(band)
        whole = sum(row.amount for row in equals)
        parts = prorate(Yen(min(yen, whole)), [row.amount for row in equals])
        back += [
            row._replace(amount=-int(part)) for row, part in zip(equals, parts, strict=True) if part
        ]
        yen -= min(yen, whole)
    return tuple(back)


def _standing(booked: Iterable[BookedRow]) -> list[BookedRow]:
    """What is left of each row after everything taken back before."""
    left: Counter[tuple[int, str, str, int, str]] = Counter()
    for row in booked:
        left[row[:5]] += row.amount
    return [BookedRow(*key, amount) for key, amount in left.items() if amount > 0]


def _take(rows: Iterable[BookedRow], yen: int) -> list[BookedRow]:
    """Negative rows for ``yen`` yen, taken from the rows in their order."""
    back = []
    for row in rows:
        part = min(yen, row.amount)
        if part > 0:
            back.append(row._replace(amount=-part))
            yen -= part
    return back
