"""The rule against HiGHS, on problems that enumeration cannot reach."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings

from allocation.oracle import Oracle
from allocation.problems import problems
from allocation.test_against_enumeration import by_rule
from allocation.test_examples import CASES
from fund.allocation.domain import allocate, problem_from

NIGHTLY = os.environ.get("FUND_NIGHTLY") == "1"


def agree(problem):
    plan = json.loads(json.dumps(allocate(problem_from(problem)).document))
    expected = Oracle(problem).result()
    found = by_rule(problem, plan)
    for key in ("total", "dropped", "grants"):
        assert found[key] == expected[key], key
    if not problem.get("fixed"):
        assert plan["rank_yen"] == expected["rank_yen"]
        assert [row["spent"] for row in plan["class_vintage"]] == expected["pots"]


@settings(
    max_examples=1_000 if NIGHTLY else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(problems(gifts=(4, 9), awards=(3, 6), most=12))
def test_the_rule_finds_what_a_linear_programme_finds(problem):
    agree(problem)


def few_yen(path):
    grants = json.loads(path.read_text())["grants"]
    return sum(grant["approved_max"] for grant in grants) <= 400


@pytest.mark.parametrize(
    "path", [case for case in CASES if few_yen(case)], ids=lambda path: path.stem
)
def test_both_find_the_same_for_the_examples(path):
    agree(json.loads(path.read_text()))
