"""Answers that only read: one page of a list, and ``expand`` on anything that is answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fund.sandbox.errors import ApiError, missing
from fund.sandbox.store import Thing
from fund.sandbox.till import Till, may_lack

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_DEPTH = 4
Filters = Mapping[str, str]
"""Query parameter → SQL expression over ``body`` and ``hidden`` that must equal it."""


def field(name: str) -> str:
    """The SQL expression for a field of the shown object."""
    return f"json_extract(body, '$.{name}')"


def listing(till: Till, kind: str, params: Thing, filters: Filters, url: str) -> Thing:
    """One page of objects of a kind, newest first, as the API lists them.

    Raises:
        ApiError: 400 for a limit outside 1..100 or an unknown cursor.
    """
    conditions: dict[str, object] = {"kind = ?": kind}
    for name, expression in filters.items():
        if name in params:
            conditions[f"{expression} = ?"] = params[name]
    conditions |= created_between(params)
    rows, more = till.store.page("thing", conditions, cursors(till, "thing", kind, params))
    return as_list([json.loads(row["body"]) for row in rows], url, has_more=more)


def as_list(things: list[Thing], url: str, *, has_more: bool = False) -> Thing:
    """Wrap objects in the API's list object."""
    return {"object": "list", "data": things, "has_more": has_more, "url": url}


def created_between(params: Thing) -> dict[str, object]:
    """Conditions for ``created``, given as a moment or as bounds (Unix seconds)."""
    bounds = params.get("created")
    if bounds is None:
        return {}
    if isinstance(bounds, int):
        return {"created = ?": bounds}
    return {f"created {_COMPARISONS[name]} ?": int(value) for name, value in bounds.items()}


def cursors(till: Till, table: str, kind: str, params: Thing) -> Thing:
    """Turn a request's limit and cursor ids into what the store pages by."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiError(
            f"Invalid limit: {limit} is not between 1 and 100.",
            code="parameter_invalid_integer",
            param="limit",
        )
    paging: Thing = {"limit": limit}
    for name in ("starting_after", "ending_before"):
        if name in params:
            found = till.store.rows(f"SELECT seq FROM {table} WHERE id = ?", (params[name],))
            if not found:
                raise missing(kind, params[name], name)
            paging[name] = found[0]["seq"]
    if len(paging) > 2:
        raise ApiError("You cannot use both starting_after and ending_before.")
    return paging


Includes = Mapping[tuple[str, str], Callable[[Till, Thing], Any]]
"""(object, field) → how to compute a field that is shown only when asked for."""


def expanded(till: Till, thing: Thing, paths: list[str], includes: Includes) -> Thing:
    """Replace the ids at these dotted paths by the objects they name.

    Raises:
        ApiError: 400 where there is nothing to expand or a path is deeper than four.
    """
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEPTH + (steps[0] == "data"):
            raise ApiError(f"You cannot expand more than 4 levels: {path}", param="expand")
        _expand(till, thing, steps, includes)
    return thing


def _expand(till: Till, spot: object, steps: list[str], includes: Includes) -> None:
    if not steps or spot is None:
        return
    for item in spot if isinstance(spot, list) else [spot]:
        if not isinstance(item, dict):
            raise _not_expandable(steps[0])
        if steps[0] not in item and may_lack(str(item.get("object")), steps[0]):
            continue
        _step(till, item, steps[0], includes)
        _expand(till, item[steps[0]], steps[1:], includes)


def _step(till: Till, spot: Thing, name: str, includes: Includes) -> None:
    include = includes.get((str(spot.get("object")), name))
    if include is not None and name not in spot:
        spot[name] = include(till, spot)
    if isinstance(spot.get(name), str):
        spot[name] = till.store.find(spot[name])
        if spot[name] is None:
            raise _not_expandable(name)
    if not isinstance(spot.get(name, ""), dict | list | None):
        raise _not_expandable(name)


def _not_expandable(name: str) -> ApiError:
    return ApiError(f"This property cannot be expanded ({name}).", param="expand")
