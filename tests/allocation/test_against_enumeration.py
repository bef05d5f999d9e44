"""The rule against a literal enumeration of all integral allocations of tiny problems."""

import json
import os
from collections import Counter

from hypothesis import HealthCheck, given, settings

from allocation.brute import Brute
from allocation.problems import problems
from fund.allocation import checker
from fund.allocation.domain import allocate, problem_from

NIGHTLY = os.environ.get("FUND_NIGHTLY") == "1"


def by_rule(problem, plan):
    """The plan without the manual payments, in the enumerator's words."""
    fixed_gift, fixed_grant = Counter(), Counter()
    for row in problem.get("fixed", []):
        fixed_gift[row["donation"]] += row["amount"]
        fixed_grant[row["grant"]] += row["amount"]
    return {
        "total": plan["total"] - sum(fixed_gift.values()),
        "dropped": plan["dropped"],
        "grants": {name: yen - fixed_grant[name] for name, yen in plan["grants"].items()},
        "spent": {name: yen - fixed_gift[name] for name, yen in plan["spent"].items()},
    }


@settings(
    max_examples=10_000 if NIGHTLY else 500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(problems())
def test_the_rule_finds_what_enumeration_finds(problem):
    plan = json.loads(json.dumps(allocate(problem_from(problem)).document))
    expected = Brute(problem).result()
    found = by_rule(problem, plan)
    for key, value in found.items():
        assert value == expected[key], key
    if not problem.get("fixed"):
        assert plan["rank_yen"] == expected["rank_yen"]
        assert [row["spent"] for row in plan["class_vintage"]] == list(expected["pots"].values())
    assert checker.check(problem, plan) == []
