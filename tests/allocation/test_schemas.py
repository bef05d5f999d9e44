"""The published JSON schemas describe what the house really reads and writes."""

import json
import pathlib
import re

import pytest
from hypothesis import HealthCheck, given, settings

from allocation.problems import problems
from allocation.test_examples import CASES
from fund.allocation.domain import allocate, problem_from

REPORTS = pathlib.Path(__file__).parents[2] / "reports" / "allocation"
PROBLEM = json.loads((REPORTS / "problem.schema.json").read_text())
PLAN = json.loads((REPORTS / "plan.schema.json").read_text())
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def faults(value, schema, root, place="$"):  # noqa: C901, PLR0912 - one keyword after another
    """Violations of the part of JSON Schema that our schemas use."""
    if schema is True:
        return
    if "$ref" in schema:
        yield from faults(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, place)
    if "anyOf" in schema and all(list(faults(value, one, root)) for one in schema["anyOf"]):
        yield f"{place}: none of the alternatives"
    kind = TYPES.get(schema.get("type"))
    if kind and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        yield f"{place}: {value!r} is not {schema['type']}"
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{place}: {value!r} is not allowed"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{place}: {value!r} does not match"
    if isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{place}: {value} is too small"
    if isinstance(value, list):
        items = schema.get("prefixItems") or [schema.get("items", True)] * len(value)
        for at, (item, one) in enumerate(zip(value, items, strict=True)):
            yield from faults(item, one, root, f"{place}[{at}]")
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{place}: {name} is missing"
        known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, item in value.items():
            one = known.get(name, other)
            if one is False:
                yield f"{place}: {name} is unknown"
            else:
                yield from faults(item, one, root, f"{place}.{name}")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_example_and_its_plan_fit_the_schemas(path):
    problem = json.loads(path.read_text())
    assert list(faults(problem, PROBLEM, PROBLEM)) == []
    plan = json.loads(json.dumps(allocate(problem_from(problem)).document))
    assert list(faults(plan, PLAN, PLAN)) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems(gifts=(1, 6), awards=(1, 4), most=20))
def test_random_problems_and_their_plans_fit_the_schemas(problem):
    assert list(faults(problem, PROBLEM, PROBLEM)) == []
    plan = json.loads(json.dumps(allocate(problem_from(problem)).document))
    assert list(faults(plan, PLAN, PLAN)) == []


def test_the_small_validator_finds_faults():
    assert list(faults({"format": "other"}, PLAN, PLAN))
