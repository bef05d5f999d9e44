"""Planning: a problem becomes arrays for the rule, and its answer a plan in the problem's words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from fund.allocation.domain.classes import Gifts, Ints
from fund.allocation.domain.plan import FORMAT, RULE, LedgerRow, Plan
from fund.allocation.domain.problem import Donation, Override, Payment, Problem
from fund.allocation.domain.reasons import explain_donations, explain_grants
from fund.allocation.domain.rule import Allocation, allocate_arrays
from fund.allocation.domain.wishes import Preference, choice, preference_of, vintage_of


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A problem prepared for the arrays: donations by age, and what is fixed beforehand."""

    problem: Problem
    donations: list[Donation]
    preferences: list[Preference]
    gifts: Gifts
    fixed: tuple[LedgerRow, ...]
    paid: Ints


def planned(problem: Problem) -> Plan:
    """The plan of a problem by the rule LEX-FLOW, byte for byte the same for equal problems."""
    sheet = _prepare(problem)
    salt = problem.policy.salt or problem.sha256
    grants = sorted(problem.grants, key=lambda grant: grant.id)
    answer = allocate_arrays(sheet.gifts, grants, sheet.paid, problem.policy, salt)
    ledger = _ledger(sheet, answer)
    return Plan(ledger, _document(sheet, answer, ledger))


def _prepare(problem: Problem) -> _Sheet:
    donations = sorted(problem.donations, key=lambda gift: (gift.received, gift.id))
    preferences = [preference_of(gift, problem.run_date) for gift in donations]
    distinct = {preference: at for at, preference in enumerate(dict.fromkeys(preferences))}
    used, paid = _before(problem)
    unit = problem.policy.vintage
    gifts = Gifts(
        preferences=list(distinct),
        preference=np.array([distinct[key] for key in preferences], np.int64),
        vintage=np.array([vintage_of(gift.received, unit) for gift in donations], np.int64),
        yen=np.array([gift.amount - gift.refunded - used[gift.id] for gift in donations], np.int64),
    )
    grants = sorted(grant.id for grant in problem.grants)
    received = np.array([paid[grant] for grant in grants], np.int64)
    return _Sheet(problem, donations, preferences, gifts, _fixed(problem), received)


def _before(problem: Problem) -> tuple[Counter[str], Counter[str]]:
    """Yen used per donation and received per grant before the rule begins."""
    used: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    rows: list[Payment | Override] = [*problem.previous, *problem.fixed]
    for row in rows:
        used[row.donation] += row.amount
        paid[row.grant] += row.amount
    return used, paid


def _fixed(problem: Problem) -> tuple[LedgerRow, ...]:
    donations = {gift.id: gift for gift in problem.donations}
    grants = {grant.id: grant for grant in problem.grants}
    rows = []
    for row in problem.fixed:
        preference = preference_of(donations[row.donation], problem.run_date)
        stated = choice(preference, grants[row.grant])
        if stated is None:
            raise AssertionError("reading refuses overrides outside the wish")
        rows.append(LedgerRow(row.donation, row.grant, *stated, row.amount))
    return tuple(rows)


def _ledger(sheet: _Sheet, answer: Allocation) -> tuple[LedgerRow, ...]:
    """Rows of the rule and manual rows; equal ones are added up."""
    rows, arrays, grants = answer.rows, answer.ledger, answer.needs.grants
    found: Counter[tuple[str, int, str, str]] = Counter()
    for gift, grant, rank, use, yen in zip(
        arrays.gift.tolist(),
        rows.grant[arrays.row].tolist(),
        rows.rank[arrays.row].tolist(),
        rows.use[arrays.row].tolist(),
        arrays.yen.tolist(),
        strict=True,
    ):
        found[sheet.donations[gift].id, rank, grants[grant].id, rows.uses[use]] += yen
    for row in sheet.fixed:
        found[row.donation, row.rank, row.grant, row.use] += row.amount
    return tuple(
        LedgerRow(donation, grant, rank, use, amount)
        for (donation, rank, grant, use), amount in sorted(found.items())
    )


def _document(sheet: _Sheet, answer: Allocation, ledger: tuple[LedgerRow, ...]) -> dict[str, Any]:
    problem, grants = sheet.problem, answer.needs.grants
    cancelled = np.flatnonzero((answer.needs.need > 0) & ~answer.active)
    by_order = cancelled[np.argsort(answer.needs.order[cancelled])]
    spent = {gift.id: 0 for gift in sheet.donations}
    received = {grant.id: 0 for grant in grants}
    for row in ledger:
        spent[row.donation] += row.amount
        received[row.grant] += row.amount
    total = sum(received.values())
    rank_yen = _rank_yen(sheet, ledger)
    return {
        "format": FORMAT,
        "problem_sha256": problem.sha256,
        "rule": dict(RULE),
        "total": total,
        "rank_yen": rank_yen,
        "undesignated_yen": total - sum(rank_yen),
        "dropped": [grants[at].id for at in by_order.tolist()],
        "grants": received,
        "class_vintage": _class_vintage(sheet, answer),
        "spent": spent,
        "max_total_ignoring_ranks": answer.cut.total + sum(row.amount for row in sheet.fixed),
        "shortage_set": _shortage(answer),
        "surplus_set": _surplus(sheet, answer),
        "ledger": [row._asdict() for row in ledger],
        "potentials": _potentials(answer),
        "reasons": {
            "donations": _donation_reasons(sheet, answer, ledger),
            "grants": explain_grants(answer, received),
        },
    }


def _donation_reasons(
    sheet: _Sheet, answer: Allocation, ledger: tuple[LedgerRow, ...]
) -> dict[str, Any]:
    used: dict[str, set[int]] = {}
    for row in ledger:
        used.setdefault(row.donation, set()).add(row.rank)
    donations = list(zip(sheet.donations, sheet.preferences, strict=True))
    return explain_donations(sheet.problem, answer, donations, sheet.gifts, used)


def _rank_yen(sheet: _Sheet, ledger: tuple[LedgerRow, ...]) -> list[int]:
    rank_yen = [0] * max((len(gift.levels) for gift in sheet.donations), default=0)
    keys = zip(sheet.donations, sheet.preferences, strict=True)
    designated = {gift.id for gift, key in keys if not key.undesignated}
    for row in ledger:
        if row.donation in designated:
            rank_yen[row.rank - 1] += row.amount
    return rank_yen


def _levels(preference: Preference) -> list[list[Any]]:
    return [[rank, list(uses)] for rank, uses in preference.levels]


def _class_vintage(sheet: _Sheet, answer: Allocation) -> list[dict[str, Any]]:
    """Class x vintage with what was free before the run; manual payments count as spent."""
    table = answer.table
    manual = [0] * len(table.pot_yen)
    at = {gift.id: index for index, gift in enumerate(sheet.donations)}
    for row in sheet.fixed:
        manual[int(table.pot_of[at[row.donation]])] += row.amount
    return [
        {
            "levels": _levels(table.preferences[owner]),
            "undesignated": table.preferences[owner].undesignated,
            "vintage": vintage,
            "amount": amount + fixed,
            "spent": spent + fixed,
        }
        for owner, vintage, amount, spent, fixed in zip(
            table.pot_class.tolist(),
            table.pot_vintage.tolist(),
            table.pot_yen.tolist(),
            answer.pot_spent.tolist(),
            manual,
            strict=True,
        )
    ]


def _shortage(answer: Allocation) -> dict[str, Any]:
    grants, cut = answer.needs.grants, answer.cut
    return {
        "grants": [grants[at].id for at in np.flatnonzero(cut.short).tolist()],
        "requested_yen": cut.requested,
        "permitted_yen": cut.permitted,
    }


def _surplus(sheet: _Sheet, answer: Allocation) -> dict[str, Any]:
    """Gifts without a free yen belong to no surplus."""
    cut, table = answer.cut, answer.table
    inside = cut.surplus[table.pot_class[table.pot_of]] & (sheet.gifts.yen > 0)
    return {
        "donations": sorted(sheet.donations[at].id for at in np.flatnonzero(inside).tolist()),
        "money_yen": cut.money,
        "absorbable_yen": cut.absorbable,
    }


def _potentials(answer: Allocation) -> dict[str, Any]:
    found, table, grants = answer.prices, answer.table, answer.needs.grants
    return {
        "levels": list(found.levels),
        "classes": [
            {"levels": _levels(key), "undesignated": key.undesignated, "price": price}
            for key, price in zip(table.preferences, found.classes.tolist(), strict=True)
        ],
        "grants": {
            grants[at].id: found.grants[at].tolist()
            for at in np.flatnonzero(answer.active).tolist()
        },
    }
