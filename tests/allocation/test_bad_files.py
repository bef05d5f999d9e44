"""A bad problem file is refused with an error that names the place."""

import copy
import json

import pytest

from fund.allocation.domain import problem_from, read_problem
from fund.kernel.errors import Invalid

GOOD = {
    "format": "alloc-case/1",
    "run_date": "2026-03-01",
    "policy": {
        "order": "funding_first",
        "spend_order": ["flex", "vintage"],
        "vintage": "fy",
        "within": "prorata",
    },
    "previous": [{"donation": "d0", "grant": "g0", "amount": 1}],
    "fixed": [
        {"donation": "d1", "grant": "g1", "amount": 1, "reason": "council", "by_role": "decider"}
    ],
    "donations": [
        {
            "id": "d0",
            "amount": 10,
            "received": "2025-05-01",
            "levels": [
                {"uses": ["group:A"], "opens": "2025-01-01", "expires": "2025-12-31"},
                {"uses": ["field:f"]},
            ],
            "on_exhausted": "carry",
        },
        {
            "id": "d1",
            "amount": 10,
            "refunded": 2,
            "received": "2025-05-01",
            "levels": [{"uses": ["any"]}],
            "on_exhausted": "any",
        },
    ],
    "grants": [
        {
            "id": name,
            "group": group,
            "fields": ["f"],
            "programme": None,
            "approved_max": 8,
            "min_viable": 2,
            "tier": 1,
            "score": -3,
            "weight": 2,
        }
        for name, group in (("g0", "A"), ("g1", "B"))
    ],
}
GONE = object()

FAULTS = [
    (["format"], "alloc-case/2", "format"),
    (["format"], GONE, "format"),
    (["run_date"], "2026-02-30", "run_date"),
    (["run_date"], "20260301", "run_date"),
    (["run_date"], 20260301, "run_date"),
    (["run_date"], GONE, "run_date"),
    (["remark"], "hello", "remark"),
    (["policy"], GONE, "policy"),
    (["policy"], [], "policy"),
    (["policy", "order"], "lucky_first", "policy.order"),
    (["policy", "order"], 1, "policy.order"),
    (["policy", "order"], GONE, "policy.order"),
    (["policy", "spend_order"], [], "policy.spend_order"),
    (["policy", "spend_order"], ["flex", "flex"], "policy.spend_order"),
    (["policy", "spend_order"], ["colour"], "policy.spend_order"),
    (["policy", "spend_order"], "flex", "policy.spend_order"),
    (["policy", "vintage"], "week", "policy.vintage"),
    (["policy", "within"], "random", "policy.within"),
    (["policy", "equalise"], 1, "policy.equalise"),
    (["policy", "salt"], "", "policy.salt"),
    (["policy", "mood"], "good", "policy.mood"),
    (["donations"], GONE, "donations"),
    (["donations"], {}, "donations"),
    (["donations", 0], "d0", "donations[0]"),
    (["donations", 1, "amount"], -5, "donations[1].amount"),
    (["donations", 1, "amount"], 10.5, "donations[1].amount"),
    (["donations", 1, "amount"], 10.0, "donations[1].amount"),
    (["donations", 1, "amount"], True, "donations[1].amount"),
    (["donations", 1, "amount"], "10", "donations[1].amount"),
    (["donations", 1, "amount"], None, "donations[1].amount"),
    (["donations", 1, "amount"], GONE, "donations[1].amount"),
    (["donations", 1, "amount"], 2**62 + 1, "donations[1].amount"),
    (["donations", 1, "amount"], 2**62 - 5, "donations[1].amount"),
    (["donations", 1, "amount"], 10**400, "donations[1].amount"),
    (["donations", 1, "refunded"], 11, "donations[1].refunded"),
    (["donations", 1, "refunded"], -1, "donations[1].refunded"),
    (["donations", 1, "refunded"], 10, "fixed[0].amount"),
    (["donations", 1, "id"], "d0", "donations[1].id"),
    (["donations", 1, "id"], "", "donations[1].id"),
    (["donations", 1, "id"], 7, "donations[1].id"),
    (["donations", 1, "id"], GONE, "donations[1].id"),
    (["donations", 1, "id"], "\ud800", "donations[1].id"),
    (["donations", 1, "received"], "2025-13-01", "donations[1].received"),
    (["donations", 1, "received"], GONE, "donations[1].received"),
    (["donations", 1, "on_exhausted"], "burn", "donations[1].on_exhausted"),
    (["donations", 1, "colour"], "red", "donations[1].colour"),
    (["donations", 1, "levels"], [], "donations[1].levels"),
    (["donations", 1, "levels"], GONE, "donations[1].levels"),
    (["donations", 0, "levels", 1], ["field:f"], "donations[0].levels[1]"),
    (["donations", 0, "levels", 1, "uses"], [], "donations[0].levels[1].uses"),
    (["donations", 0, "levels", 1, "uses"], ["any", "thing"], "donations[0].levels[1].uses[1]"),
    (["donations", 0, "levels", 1, "uses"], ["theme:f"], "donations[0].levels[1].uses[0]"),
    (["donations", 0, "levels", 1, "uses"], ["group:"], "donations[0].levels[1].uses[0]"),
    (["donations", 0, "levels", 1, "uses"], ["any:x"], "donations[0].levels[1].uses[0]"),
    (["donations", 0, "levels", 1, "uses"], [3], "donations[0].levels[1].uses[0]"),
    (["donations", 0, "levels", 0, "expires"], "2024-12-31", "donations[0].levels[0].expires"),
    (["donations", 0, "levels", 0, "opens"], "soon", "donations[0].levels[0].opens"),
    (["donations", 0, "levels", 0, "closes"], "2025-01-01", "donations[0].levels[0].closes"),
    (["grants"], GONE, "grants"),
    (["grants", 1, "id"], "g0", "grants[1].id"),
    (["grants", 1, "id"], GONE, "grants[1].id"),
    (["grants", 1, "group"], None, "grants[1].group"),
    (["grants", 1, "fields"], "f", "grants[1].fields"),
    (["grants", 1, "fields"], [""], "grants[1].fields[0]"),
    (["grants", 1, "programme"], 5, "grants[1].programme"),
    (["grants", 1, "programme"], GONE, "grants[1].programme"),
    (["grants", 1, "approved_max"], -1, "grants[1].approved_max"),
    (["grants", 1, "approved_max"], 2**62, "grants[1].approved_max"),
    (["grants", 1, "min_viable"], 9, "grants[1].min_viable"),
    (["grants", 1, "min_viable"], -1, "grants[1].min_viable"),
    (["grants", 1, "tier"], 0, "grants[1].tier"),
    (["grants", 1, "score"], 1.5, "grants[1].score"),
    (["grants", 1, "weight"], 0, "grants[1].weight"),
    (["grants", 1, "weight"], "2", "grants[1].weight"),
    (["grants", 1, "approved_min"], 3, "grants[1].approved_min"),
    (["previous", 0, "donation"], "nobody", "previous[0].donation"),
    (["previous", 0, "grant"], "nothing", "previous[0].grant"),
    (["previous", 0, "amount"], 9, "previous[0].amount"),
    (["previous", 0, "amount"], -1, "previous[0].amount"),
    (["previous", 0, "paid"], "2025-01-01", "previous[0].paid"),
    (["previous", 0, "amount"], 11, "previous[0].amount"),
    (["grants", 0, "fields"], ["h"], None),
    (["fixed", 0, "reason"], "", "fixed[0].reason"),
    (["fixed", 0, "by_role"], GONE, "fixed[0].by_role"),
    (["fixed", 0, "amount"], 0, "fixed[0].amount"),
    (["fixed", 0, "amount"], 9, "fixed[0].amount"),
    (["fixed", 0, "donation"], "d0", None),
]


def changed(path, value):
    problem = copy.deepcopy(GOOD)
    inner = problem
    for step in path[:-1]:
        inner = inner[step]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return problem


@pytest.mark.parametrize(("path", "value", "place"), FAULTS)
def test_a_fault_is_refused_at_its_place(path, value, place):
    data = json.dumps(changed(path, value), ensure_ascii=value == "\ud800").encode()
    if place is None:
        read_problem(data)
        return
    with pytest.raises(Invalid) as refusal:
        read_problem(data)
    assert str(refusal.value).startswith(f"{place}: ")
    assert place in refusal.value.fields


def test_the_unchanged_problem_is_accepted():
    assert len(problem_from(GOOD).donations) == 2


def test_a_payment_that_was_never_permitted_is_refused():
    problem = changed(["previous", 0, "grant"], "g1")
    problem["donations"][0]["levels"][1]["uses"] = ["programme:p"]
    with pytest.raises(Invalid, match=r"^previous\[0\]\.grant: .* never permitted"):
        problem_from(problem)


def test_an_override_outside_the_wish_of_today_is_refused():
    problem = changed(["fixed", 0, "donation"], "d0")
    problem["donations"][0]["levels"] = problem["donations"][0]["levels"][:1]
    problem["fixed"][0]["grant"] = "g0"
    with pytest.raises(Invalid, match=r"^fixed\[0\]\.grant"):
        problem_from(problem)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "line 1 column 1"),
        (b"{", "line 1 column 2"),
        (b"\xff{}", "byte 0"),
        (b"\xef\xbb\xbf{}", "line 1 column 1"),
        (b"[" * 100_000, "line 1 column 1"),
        (b"[]", "problem"),
        (b"null", "problem"),
        (b'{"format": "alloc-case/1", "format": "alloc-case/1"}', "format"),
    ],
)
def test_what_is_no_json_object_is_refused(data, place):
    with pytest.raises(Invalid) as refusal:
        read_problem(data)
    assert str(refusal.value).startswith(f"{place}: ")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e3", "10.0", "1" * 5000])
def test_a_number_that_is_no_plain_integer_is_refused_at_its_place(number):
    data = json.dumps(changed(["donations", 1, "amount"], 777)).replace("777", number)
    with pytest.raises(Invalid, match=r"^donations\[1\]\.amount: must be an integer"):
        read_problem(data.encode())


def test_a_key_given_twice_is_refused_at_its_place():
    data = json.dumps(GOOD).replace('"refunded": 2', '"refunded": 2, "refunded": 2')
    with pytest.raises(Invalid, match=r"^donations\[1\]\.refunded: this key is given twice"):
        read_problem(data.encode())


def test_annotations_change_neither_problem_nor_hash():
    noted = GOOD | {"name": "n", "description": 1.5, "expected": {"total": 3}}
    assert problem_from(noted).sha256 == problem_from(GOOD).sha256
