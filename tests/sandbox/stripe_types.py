"""The SDK's own generated types as a validator: of what we ask for and of what we are answered.

``check_request`` walks a typed dictionary of ``stripe.params``, ``check_answer`` the annotations
of the SDK's resource classes. Both return a list of faults, empty when all is well. Listed words
bind, although the SDK leaves its enumerations open.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import types
import typing
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import stripe
import typing_extensions
from stripe._list_object import ListObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import StripeObject, UntypedStripeObject

_OPTIONS = frozenset(stripe.RequestOptions.__annotations__)


def check_answer(value: Mapping[str, Any]) -> list[str]:
    """Faults of one API object (or list) against the resource class its ``object`` names."""
    name = value["object"]
    if name == "list":
        return [fault for item in value["data"] for fault in check_answer(item)]
    faults = _check(value, get_object_class("V1", name), name)
    if name == "event":
        faults += check_answer(value["data"]["object"])
    return faults


def check_request(params: Mapping[str, Any], expected: type) -> list[str]:
    """Faults of request parameters against a typed dictionary of ``stripe.params``."""
    return _check_record(params, expected, expected.__name__)


def _check(value: Any, hint: Any, path: str) -> list[str]:  # noqa: C901, PLR0911
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or hint is object:
        return []
    if origin is typing.Union or origin is types.UnionType:
        return _check_union(value, inner, path)
    if origin is typing.Literal:
        return [] if value in inner else [f"{path}: {value!r} is none of {inner}"]
    if origin in (list, typing.List):  # noqa: UP006
        if not isinstance(value, list):
            return [f"{path}: {value!r} is no list"]
        return _several(value, inner[0], path)
    if origin is dict or _is_untyped(hint):
        if not isinstance(value, dict):
            return [f"{path}: {value!r} is no object"]
        item = inner[-1] if inner else Any
        return [f for k, v in value.items() for f in _check(v, item, f"{path}.{k}")]
    if inspect.isclass(origin) and issubclass(origin, ListObject):
        if not isinstance(value, dict) or set(value) != {"object", "data", "has_more", "url"}:
            return [f"{path}: {value!r} is no list object"]
        return _several(value["data"], inner[0], path)
    if typing_extensions.is_typeddict(hint):
        return _check_record(value, hint, path)
    if inspect.isclass(hint) and issubclass(hint, StripeObject):
        return _check_resource(value, hint, path)
    return _check_plain(value, hint, path)


def _several(values: list[Any], hint: Any, path: str) -> list[str]:
    return [f for i, item in enumerate(values) for f in _check(item, hint, f"{path}[{i}]")]


def _is_untyped(hint: Any) -> bool:
    kind = typing.get_origin(hint) or hint
    return inspect.isclass(kind) and issubclass(kind, UntypedStripeObject)


def _check_plain(value: Any, hint: Any, path: str) -> list[str]:
    if hint is type(None):
        good = value is None
    elif hint is Decimal:
        good = isinstance(value, str | Decimal) and _is_decimal(value)
    elif hint is int:
        good = isinstance(value, int) and not isinstance(value, bool)
    else:
        good = isinstance(value, hint)
    return [] if good else [f"{path}: {value!r} is no {getattr(hint, '__name__', hint)}"]


def _is_decimal(value: Any) -> bool:
    try:
        Decimal(value)
    except InvalidOperation:
        return False
    return True


def _check_union(value: Any, options: tuple[Any, ...], path: str) -> list[str]:
    words = [
        word
        for hint in options
        if typing.get_origin(hint) is typing.Literal
        for word in typing.get_args(hint)
    ]
    if isinstance(value, str) and any(isinstance(word, str) and word for word in words):
        return [] if value in words else [f"{path}: {value!r} is none of {words}"]
    if isinstance(value, dict) and "object" in value:
        fitting = [h for h in options if getattr(h, "OBJECT_NAME", None) == value["object"]]
        options = tuple(fitting) or options
    attempts = [_check(value, hint, path) for hint in options]
    return min(attempts, key=lambda faults: (len(faults), -len("".join(faults))))


def _check_resource(value: Any, resource: type, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no {resource.__name__}"]
    fields = _annotations(resource)
    faults = [f"{path}: unknown field {name}" for name in value if name not in fields]
    for name, hint in fields.items():
        if name in value:
            faults += _check(value[name], hint, f"{path}.{name}")
        elif type(None) not in typing.get_args(hint):
            faults.append(f"{path}: {name} is missing")
    return faults


def _check_record(value: Any, record: type, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r} is no object"]
    fields = _annotations(record)
    faults = [f"{path}: unknown parameter {name}" for name in value if name not in fields]
    for name, hint in fields.items():
        optional = typing_extensions.get_origin(hint) in (
            typing.NotRequired,
            typing_extensions.NotRequired,
        )
        if name in value:
            bare = typing_extensions.get_args(hint)[0] if optional else hint
            faults += _check(value[name], bare, f"{path}.{name}")
        elif not optional:
            faults.append(f"{path}: {name} is missing")
    return faults


@functools.cache
def _annotations(kind: type) -> dict[str, Any]:
    """The resolved annotations of one class, including names imported for type checkers only."""
    skipped = _OPTIONS if typing_extensions.is_typeddict(kind) else ()
    own = {
        name: hint
        for name, hint in inspect.get_annotations(kind).items()
        if typing.get_origin(hint) is not typing.ClassVar and name not in skipped
    }
    module = importlib.import_module(kind.__module__)
    bearer = type(kind.__name__, (), {"__annotations__": own})
    names = {**_checker_imports(kind.__module__), **vars(module)}
    return typing.get_type_hints(bearer, globalns=names, include_extras=True)


@functools.cache
def _checker_imports(module: str) -> dict[str, Any]:
    source = ast.parse(inspect.getsource(importlib.import_module(module)))
    found: dict[str, Any] = {}
    for node in ast.walk(source):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("stripe"):
            origin = importlib.import_module(str(node.module))
            for name in node.names:
                found[name.asname or name.name] = getattr(origin, name.name)
    return found
