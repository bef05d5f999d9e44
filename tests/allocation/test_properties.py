"""The guarantees P0 to P9 of the rule, on random problems."""

import copy
import itertools
import os
import random
from collections import Counter
from unittest import mock

import networkx as nx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from allocation.brute import allowed, rank, vintage
from allocation.problems import problems
from allocation.test_bad_files import GOOD
from fund.allocation import checker
from fund.allocation.domain import allocate, level6_ledger, plan_bytes, problem_from

EXAMPLES = 1500 if os.environ.get("FUND_NIGHTLY") == "1" else 60
several = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
medium = problems(gifts=(1, 7), awards=(1, 5), most=30, minima=False, payments=False)
with_everything = problems(gifts=(1, 7), awards=(1, 5), most=30)
indices = st.integers(0, 100)


def plan_of(problem):
    return allocate(problem_from(problem)).document


def pick(items, index):
    return items[index % len(items)]


def changed(problem):
    return copy.deepcopy(problem)


def unspent(problem, plan):
    """(gift, class, idle yen) of every gift with idle yen; no earlier payments."""
    for gift in problem["donations"]:
        idle = gift["amount"] - plan["spent"][gift["id"]]
        if idle:
            yield gift, allowed(gift), idle


def room(problem, plan):
    """Yen that each active grant could still take; cancelled grants take none."""
    return {
        grant["id"]: 0
        if grant["id"] in plan["dropped"]
        else grant["approved_max"] - plan["grants"][grant["id"]]
        for grant in problem["grants"]
    }


@several
@given(with_everything, st.integers(1, 4))
def test_classes_shared_out_side_by_side_give_the_same_bytes(problem, together):
    """A run of many gifts is cut into stretches of classes, for threads; here of a gift or a few."""
    whole = plan_bytes(allocate(problem_from(problem)))
    with mock.patch.object(level6_ledger, "_TOGETHER", together):
        assert plan_bytes(allocate(problem_from(problem))) == whole


@several
@given(medium, st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(1, 5))))
def test_p0_priority_never_lowers_total_or_ranks(problem, ranking):
    neutral = plan_of(problem)
    for grant, (tier, score, weight) in zip(problem["grants"], ranking, strict=False):
        grant |= {"tier": tier, "score": score, "weight": weight}
    ordered = plan_of(problem)
    for key in ("total", "rank_yen", "undesignated_yen", "max_total_ignoring_ranks"):
        assert ordered[key] == neutral[key]


@several
@given(medium)
def test_p1_every_set_of_grants_gets_at_least_its_own_first_choice_money(problem):
    plan = plan_of(problem)
    for size in range(1, len(problem["grants"]) + 1):
        for chosen in itertools.combinations(problem["grants"], size):
            received = sum(plan["grants"][grant["id"]] for grant in chosen)
            assert received >= first_choice_core(problem, chosen)


def first_choice_core(problem, chosen):
    """The most that designated gifts whose first choices all lie in the set can pay to it."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["s", "t"])
    for gift in problem["donations"]:
        key = allowed(gift)
        first = [g["id"] for g in problem["grants"] if rank(key, g) == 1]
        if key[0] or not first or not set(first) <= {grant["id"] for grant in chosen}:
            continue
        graph.add_edge("s", ("d", gift["id"]), capacity=gift["amount"])
        for name in first:
            graph.add_edge(("d", gift["id"]), ("g", name))
    for grant in chosen:
        graph.add_edge(("g", grant["id"]), "t", capacity=grant["approved_max"])
    return nx.maximum_flow_value(graph, "s", "t")


@several
@given(problems(gifts=(1, 7), awards=(1, 5), most=30, payments=False))
def test_p2_a_fallback_pays_only_when_every_better_choice_is_full(problem):
    plan = plan_of(problem)
    left = room(problem, plan)
    keys = {gift["id"]: allowed(gift) for gift in problem["donations"]}
    for row in plan["ledger"]:
        key = keys[row["donation"]]
        if not key[0]:
            for grant in problem["grants"]:
                better = rank(key, grant)
                assert better is None or better >= row["rank"] or not left[grant["id"]]


@several
@given(problems(gifts=(1, 7), awards=(1, 5), most=30, payments=False))
def test_p2_money_is_idle_only_when_every_permitted_grant_is_full(problem):
    plan = plan_of(problem)
    left = room(problem, plan)
    for _, key, _ in unspent(problem, plan):
        for grant in problem["grants"]:
            assert rank(key, grant) is None or not left[grant["id"]]


@several
@given(problems(gifts=(1, 7), awards=(1, 5), most=30, payments=False))
def test_p3_undesignated_money_pays_last_and_no_idle_yen_envies_a_worse_choice(problem):
    plan = plan_of(problem)
    keys = {gift["id"]: allowed(gift) for gift in problem["donations"]}
    grants = {grant["id"]: grant for grant in problem["grants"]}
    idle = [key for _, key, _ in unspent(problem, plan) if not key[0]]
    for row in plan["ledger"]:
        for key in idle:
            own = rank(key, grants[row["grant"]])
            if own is not None:
                assert not keys[row["donation"]][0]
                assert own >= row["rank"]


@several
@given(medium, st.permutations(range(5)))
def test_p4_committee_priority_and_spending_order_never_conflict(problem, order):
    plan = plan_of(problem)
    reranked = changed(problem)
    for grant, score in zip(reranked["grants"], order, strict=False):
        grant["score"] = score
    assert plan_of(reranked)["class_vintage"] == plan["class_vintage"]
    respent = changed(problem)
    respent["policy"] |= {"spend_order": ["vintage"], "vintage": "day", "within": "fifo"}
    assert plan_of(respent)["grants"] == plan["grants"]


@several
@given(medium, indices, st.integers(1, 20))
def test_p5_more_money_never_lowers_any_receipt(problem, index, more):
    before = plan_of(problem)["grants"]
    pick(problem["donations"], index)["amount"] += more
    after = plan_of(problem)["grants"]
    assert all(after[name] >= yen for name, yen in before.items())


@several
@given(medium, indices, st.integers(1, 30))
def test_p5_a_lower_cap_never_lowers_another_grant(problem, index, less):
    before = plan_of(problem)["grants"]
    grant = pick(problem["grants"], index)
    grant["approved_max"] = max(grant["approved_max"] - less, 0)
    after = plan_of(problem)["grants"]
    assert all(after[name] >= yen for name, yen in before.items() if name != grant["id"])


@several
@given(medium, indices, st.integers(1, 30))
def test_p5_more_cap_or_priority_never_lowers_the_grant_itself(problem, index, more):
    grant = pick(problem["grants"], index)
    before = plan_of(problem)["grants"][grant["id"]]
    grant["score"] += more
    assert plan_of(problem)["grants"][grant["id"]] >= before
    grant["approved_max"] += more
    assert plan_of(problem)["grants"][grant["id"]] >= before


@several
@given(medium, indices)
def test_p6_dropping_ones_fallbacks_never_raises_ones_first_choice(problem, index):
    gift = pick(problem["donations"], index)
    key = allowed(gift)
    assume(not key[0] and key[1] and key[1][0][0] == 1)
    first = [grant["id"] for grant in problem["grants"] if rank(key, grant) == 1]
    before = plan_of(problem)["grants"]
    gift["levels"] = gift["levels"][:1]
    after = plan_of(problem)["grants"]
    assert sum(after[name] for name in first) <= sum(before[name] for name in first)


@several
@given(with_everything, indices, indices)
def test_p7_splitting_a_gift_changes_nothing_but_rounding(problem, index, part):
    gift = pick(problem["donations"], index)
    rows = [*problem["previous"], *problem.get("fixed", [])]
    assume(gift["id"] not in {row["donation"] for row in rows})
    before = plan_of(problem)
    half = part % (gift["amount"] + 1)
    problem["donations"].append(gift | {"id": "half", "amount": half})
    gift["amount"] -= half
    after = plan_of(problem)
    for key in ("total", "rank_yen", "grants", "dropped", "class_vintage", "shortage_set"):
        assert after[key] == before[key]


@several
@given(with_everything, st.integers(0, 2**32))
def test_p8_shuffled_input_gives_the_same_bytes(problem, seed):
    dice = random.Random(seed)
    before = plan_bytes(allocate(problem_from(problem)))
    for key in ("donations", "grants", "previous", "fixed"):
        dice.shuffle(problem.get(key, []))
    for gift in problem["donations"]:
        for level in gift["levels"]:
            dice.shuffle(level["uses"])
    for grant in problem["grants"]:
        dice.shuffle(grant["fields"])
    backwards = {key: problem[key] for key in reversed(problem)}
    assert plan_bytes(allocate(problem_from(backwards))) == before


@several
@given(medium)
def test_p9_each_gift_pays_its_exact_share_rounded_up_or_down(problem):
    problem["policy"]["within"] = "prorata"
    plan = plan_of(problem)
    unit = problem["policy"]["vintage"]
    money, spent = Counter(), Counter()
    for gift in problem["donations"]:
        pot = (allowed(gift), vintage(gift, unit))
        money[pot] += gift["amount"]
        spent[pot] += plan["spent"][gift["id"]]
    for gift in problem["donations"]:
        pot = (allowed(gift), vintage(gift, unit))
        exact = gift["amount"] * spent[pot]
        whole = max(money[pot], 1)
        assert exact // whole <= plan["spent"][gift["id"]] <= -(-exact // whole)


@several
@given(with_everything, st.booleans())
def test_amounts_up_to_two_to_the_62_are_exact(problem, fifo):
    """Scaling all amounts scales every level that does not round."""
    small = plan_of(problem)
    money = sum(gift["amount"] for gift in problem["donations"])
    asked = sum(grant["approved_max"] for grant in problem["grants"])
    factor = 2**62 // max(money, asked, 1)
    for rows, keys in (
        (problem["donations"], ["amount"]),
        (problem["grants"], ["approved_max", "min_viable"]),
        ([*problem["previous"], *problem.get("fixed", [])], ["amount"]),
    ):
        for row in rows:
            for key in keys:
                row[key] *= factor
    if fifo:
        problem["policy"]["within"] = "fifo"
    large = plan_of(problem)
    assert large["total"] == small["total"] * factor
    assert large["rank_yen"] == [yen * factor for yen in small["rank_yen"]]
    assert sum(row["amount"] for row in large["ledger"]) == large["total"]
    assert checker.check(problem, large) == []


def test_one_gift_of_nearly_everything_among_many_small_ones_is_exact():
    few = [{"uses": ["any"]}]
    gifts = [
        {
            "id": f"d{at}",
            "amount": 1,
            "received": "2025-04-01",
            "levels": [{"uses": [f"group:{at}"]}, *few],
            "on_exhausted": "carry",
        }
        for at in range(400)
    ]
    gifts.append(
        {
            "id": "big",
            "amount": 2**62 - 400,
            "received": "2025-04-01",
            "levels": few,
            "on_exhausted": "carry",
        }
    )
    grant = {"fields": [], "programme": None, "min_viable": 0, "tier": 1, "score": 0, "weight": 3}
    grants = [
        grant | {"id": f"g{at}", "group": f"{at}", "approved_max": 2**52} for at in range(1023)
    ]
    problem = {
        "format": "alloc-case/1",
        "run_date": "2026-03-01",
        "policy": {
            "order": "funding_first",
            "spend_order": ["flex", "vintage"],
            "vintage": "fy",
            "within": "prorata",
        },
        "donations": gifts,
        "grants": [*grants, grant | {"id": "z", "group": "z", "approved_max": 2**52 - 1}],
    }
    plan = plan_of(problem)
    assert plan["total"] == 2**62 - 1
    assert checker.check(problem, plan) == []


@pytest.mark.parametrize("without", [["donations"], ["grants"], ["donations", "grants"]])
def test_a_run_without_gifts_or_awards_pays_nothing(without):
    problem = copy.deepcopy(GOOD) | {key: [] for key in (*without, "previous", "fixed")}
    plan = plan_of(problem)
    assert (plan["total"], plan["ledger"]) == (0, [])
    assert checker.check(problem, plan) == []
