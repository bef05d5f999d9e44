"""The published examples: every value the rule prescribes must come out exactly."""

import json
import pathlib

import pytest

from fund.allocation.domain import allocate, plan_bytes, read_problem

CASES = sorted((pathlib.Path(__file__).parent / "cases").glob("*.json"))
NOT_IN_A_PLAN = {"brute_force_confirmed"}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_example_comes_out_exactly(path):
    expected = json.loads(path.read_text())["expected"]
    plan = json.loads(plan_bytes(allocate(read_problem(path.read_bytes()))))
    for key in expected.keys() - NOT_IN_A_PLAN:
        assert plan[key] == expected[key], key


def test_all_examples_are_there():
    assert len(CASES) == 17
