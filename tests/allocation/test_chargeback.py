"""R9: chargebacks keep paid awards whole, break no wish, and lose no yen."""

import copy
from collections import Counter

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from allocation.brute import allowed, rank
from allocation.problems import problems
from allocation.test_bad_files import GOOD
from fund.allocation.domain import allocate, problem_from
from fund.allocation.domain.chargeback import (
    BookedRow,
    reinstate,
    reverse,
    reversed_problem,
    walk_back,
)
from fund.kernel.errors import Invalid

several = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
first_run = problems(gifts=(1, 6), awards=(1, 4), most=30, payments=False)


def booked_by(plan, run=1):
    return [BookedRow(run, *row) for row in plan.ledger]


def second_day(document, plan):
    """The problem after the plan was posted."""
    after = copy.deepcopy(document)
    after["previous"] = [
        {"donation": row.donation, "grant": row.grant, "amount": row.amount} for row in plan.ledger
    ]
    return problem_from(after)


@several
@given(first_run, st.data())
def test_a_chargeback_conserves_every_yen_and_respects_every_wish(document, data):
    plan = allocate(problem_from(document))
    problem = second_day(document, plan)
    gift = data.draw(st.sampled_from(document["donations"]))
    assume(gift["amount"])
    yen = data.draw(st.integers(1, gift["amount"]))
    reversal = reverse(problem, gift["id"], yen, booked_by(plan))
    assert reversal.unspent == min(yen, gift["amount"] - plan.document["spent"][gift["id"]])
    assert reversal.unspent + sum(reversal.holes.values()) == yen
    found = reinstate(reversed_problem(problem, reversal), reversal.holes)
    covered = Counter()
    grants = {grant["id"]: grant for grant in document["grants"]}
    keys = {one["id"]: allowed(one) for one in document["donations"]}
    for row in found.plan.ledger:
        covered[row.grant] += row.amount
        assert rank(keys[row.donation], grants[row.grant]) == row.rank
    for name, hole in reversal.holes.items():
        assert covered[name] + found.uncovered.get(name, 0) == hole
    for one in document["donations"]:
        free = one["amount"] - plan.document["spent"][one["id"]]
        assert found.plan.document["spent"][one["id"]] <= max(free, 0)


@several
@given(first_run, st.data())
def test_returned_money_walks_back_to_those_who_paid_it(document, data):
    problem = problem_from(document)
    plan = allocate(problem)
    assume(plan.ledger)
    grant = data.draw(st.sampled_from(plan.ledger)).grant
    received = plan.document["grants"][grant]
    yen = data.draw(st.integers(1, received))
    back = walk_back(problem, grant, yen, booked_by(plan))
    assert sum(row.amount for row in back) == -yen
    left = Counter({row[:5]: row.amount for row in booked_by(plan)})
    for row in back:
        left[row[:5]] += row.amount
    assert min(left.values()) >= 0
    rest = (
        walk_back(problem, grant, received - yen, [*booked_by(plan), *back])
        if yen < received
        else ()
    )
    assert sum(row.amount for row in (*back, *rest)) == -received


ROWS = [
    BookedRow(1, "d1", "g0", 1, "any", 3),
    BookedRow(2, "d1", "g0", 1, "any", 2),
    BookedRow(2, "d1", "g1", 2, "any", 1),
]


def test_the_unspent_yen_go_first_then_the_latest_run_and_its_worst_choice():
    problem = problem_from(GOOD | {"fixed": []})
    reversal = reverse(problem, "d1", 6, ROWS)
    assert reversal.unspent == 2
    assert reversal.rows == (
        BookedRow(2, "d1", "g1", 2, "any", -1),
        BookedRow(2, "d1", "g0", 1, "any", -2),
        BookedRow(1, "d1", "g0", 1, "any", -1),
    )
    assert reversal.holes == {"g0": 3, "g1": 1}


def test_what_was_reversed_before_is_not_reversed_again():
    problem = problem_from(GOOD | {"fixed": []})
    back = reverse(problem, "d1", 6, ROWS).rows
    with pytest.raises(Invalid):
        reverse(problem, "d1", 9, [*ROWS, *back])


def test_more_than_a_donation_ever_had_is_refused():
    with pytest.raises(Invalid, match="d1"):
        reverse(problem_from(GOOD), "d1", 9, ROWS)


def test_more_than_an_award_received_is_refused():
    with pytest.raises(Invalid, match="g0"):
        walk_back(problem_from(GOOD), "g0", 6, ROWS)


def test_money_comes_back_to_the_latest_run_and_the_worst_choice_first():
    back = walk_back(problem_from(GOOD), "g0", 3, ROWS)
    assert [(row.run, row.amount) for row in back] == [(2, -2), (1, -1)]
