"""The checker accepts every plan of the rule and rejects what changes a total."""

import ast
import copy
import json
import os
import pathlib
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from allocation.problems import problems
from allocation.test_bad_files import GOOD
from allocation.test_examples import CASES
from fund.allocation import checker
from fund.allocation.domain import allocate, minima, problem_from, rule

EXAMPLES = 3000 if os.environ.get("FUND_NIGHTLY") == "1" else 120
several = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
)
large = problems(gifts=(1, 12), awards=(1, 7), most=60)


def plan_of(problem):
    return json.loads(json.dumps(allocate(problem_from(problem)).document))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_plan_of_an_example_is_accepted(path):
    problem = json.loads(path.read_text())
    assert checker.check(problem, plan_of(problem)) == []


@several
@given(large)
def test_every_plan_of_the_rule_is_accepted(problem):
    assert checker.check(problem, plan_of(problem)) == []


@several
@given(large, st.data())
def test_a_ledger_that_changes_a_total_is_rejected(problem, data):
    plan = plan_of(problem)
    assume(plan["ledger"])
    row = data.draw(st.sampled_from(plan["ledger"]))
    kind = data.draw(st.sampled_from(["amount", "grant", "rank", "donation", "gone", "twice"]))
    if kind == "amount":
        row["amount"] += data.draw(st.sampled_from([-2, -1, 1, 2]))
    elif kind == "gone":
        plan["ledger"].remove(row)
    elif kind == "twice":
        plan["ledger"].append(copy.copy(row))
    elif kind == "rank":
        row["rank"] += 1
    else:
        names = [item["id"] for item in problem[f"{kind}s"] if item["id"] != row[kind]]
        assume(names)
        row[kind] = data.draw(st.sampled_from(names))
    assert checker.check(problem, plan)


def restate(problem, plan):
    """Make every sum of a plan agree with its (changed) ledger again."""
    spent = dict.fromkeys(plan["spent"], 0)
    grants = dict.fromkeys(plan["grants"], 0)
    for row in plan["ledger"]:
        spent[row["donation"]] += row["amount"]
        grants[row["grant"]] += row["amount"]
    plan |= {"spent": spent, "grants": grants, "total": sum(grants.values())}


@several
@given(large, st.data())
def test_a_consistent_plan_with_other_receipts_or_spending_is_rejected(problem, data):
    """One yen moves to another grant or gift and all sums are restated."""
    plan = plan_of(problem)
    assume(plan["ledger"])
    before = (plan["spent"], plan["grants"])
    row = data.draw(st.sampled_from(plan["ledger"]))
    kind = data.draw(st.sampled_from(["grant", "donation"]))
    names = [item["id"] for item in problem[f"{kind}s"] if item["id"] != row[kind]]
    assume(names)
    moved = row | {kind: data.draw(st.sampled_from(names)), "amount": 1}
    row["amount"] -= 1
    plan["ledger"] = [one for one in [*plan["ledger"], moved] if one["amount"]]
    restate(problem, plan)
    assume((plan["spent"], plan["grants"]) != before)
    assert checker.check(problem, plan)


@pytest.mark.parametrize(
    "key",
    [
        "total",
        "rank_yen",
        "undesignated_yen",
        "dropped",
        "grants",
        "class_vintage",
        "spent",
        "max_total_ignoring_ranks",
        "shortage_set",
        "surplus_set",
        "problem_sha256",
        "potentials",
        "rule",
    ],
)
def test_a_changed_statement_is_a_violation(key):
    problem = json.loads(next(path for path in CASES if "42_hall" in path.stem).read_text())
    plan = plan_of(problem)
    plan[key] = spoiled(plan[key])
    assert checker.check(problem, plan)


def spoiled(value):
    """A value of the same shape, with the first number or word in it changed."""
    match value:
        case int():
            return value + 1
        case str():
            return value + "x"
        case []:
            return ["a"]
        case list():
            return [spoiled(value[0]), *value[1:]]
        case {"levels": [str(), *_], **rest}:
            return {"levels": ["rank 1", "total"], **rest}
    first = next(iter(value))
    return value | {first: spoiled(value[first])}


def test_the_checker_imports_nothing_but_the_standard_library():
    source = pathlib.Path(checker.__file__).read_text()
    imported = {
        line.split()[1].split(".")[0]
        for line in source.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names


def plan_for(problem, active):
    """The plan of somebody who decides alone which awards (by id) take part."""

    def decided(question):
        chosen = [grant.id in active for grant in question.needs.grants]
        return minima.outline(question, np.array(chosen) & (question.needs.need > 0))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule, "choose_grants", decided)
        return plan_of(problem)


@several
@given(problems(gifts=(1, 8), awards=(2, 7), most=40))
def test_a_plan_that_cancels_other_awards_than_the_rule_is_rejected(problem):
    """Such a plan is whole and best in itself: only the rounds of the rule speak against it."""
    plan = plan_of(problem)
    assert checker.check(problem, plan) == []
    every = {grant["id"] for grant in problem["grants"]}
    for name in sorted(every):
        forged = plan_for(problem, (every - set(plan["dropped"])) ^ {name})
        if forged["dropped"] != plan["dropped"]:
            assert checker.check(problem, forged)


@several
@given(large, st.data())
def test_a_false_reason_is_rejected(problem, data):
    plan = plan_of(problem)
    rows = plan["reasons"][data.draw(st.sampled_from(["donations", "grants"]))]
    assume(rows)
    name = data.draw(st.sampled_from(sorted(rows)))
    key = data.draw(st.sampled_from(sorted(rows[name])))
    rows[name][key] = spoiled(rows[name][key])
    assert checker.check(problem, plan)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"previous": [{"donation": "d0", "grant": "g1", "amount": 1}]}, "never permitted"),
        ({"previous": [{"donation": "d0", "grant": "g0", "amount": -1}]}, "no amount"),
        ({"previous": [{"donation": "d0", "grant": "g0", "amount": True}]}, "no amount"),
        ({"previous": [{"donation": "d0", "grant": "g0", "amount": 11}]}, "more than d0 has"),
        ({"fixed": [{"donation": "d0", "grant": "g1", "amount": 1}]}, "may not pay"),
    ],
)
def test_a_problem_that_breaks_a_wish_is_a_violation_whatever_its_hash(change, word):
    problem = {**copy.deepcopy(GOOD), "fixed": [], "previous": []}
    problem["donations"][0]["levels"] = [{"uses": ["group:A"]}]
    plan = plan_of(problem)
    problem |= change
    found = checker.check(problem, plan)
    assert [line for line in found if "hash" in line]
    plan["problem_sha256"] = found[0].rsplit(" ", 1)[1]
    plan["ledger"] += [row | {"rank": 1, "use": "group:A"} for row in change.get("fixed", [])]
    assert any(word in line for line in checker.check(problem, plan))


def test_the_checker_is_written_for_python_3_9():
    source = pathlib.Path(checker.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    keywords = {key.arg for key in ast.walk(tree) if isinstance(key, ast.keyword)}
    assert "strict" not in keywords
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match)]
    assert "from __future__ import annotations" in source
