"""Reading request parameters: Stripe's bracket notation, checked against the SDK's own types.

The SDK ships a typed dictionary for every request; unknown, missing and ill-typed parameters
are refused at any depth, so a test against the sandbox is also a test of the request's shape.
"""

from __future__ import annotations

import functools
import re
import types
import typing
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import typing_extensions
from stripe import RequestOptions

from fund.sandbox.errors import ApiError
from fund.sandbox.store import Thing

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_OPTIONS = frozenset(RequestOptions.__annotations__)
_GONE = {
    "payment_method_types": (
        "payment_method_types_no_longer_supported",
        (
            "The `payment_method_types` parameter is no longer supported in this API version. "
            "Use `allowed_payment_method_types` or your Dashboard settings instead."
        ),
    )
}


def decode(pairs: Iterable[tuple[str, str]]) -> Thing:
    """Fold ``a[b][0]=x`` pairs into nested dictionaries; ``a[]=x`` is numbered in order."""
    folded: Thing = {}
    for name, value in pairs:
        keys = [name.split("[", 1)[0], *re.findall(r"\[([^\]]*)\]", name)]
        spot = folded
        for key in keys[:-1]:
            inner = spot.setdefault(key or str(len(spot)), {})
            if not isinstance(inner, dict):
                raise ApiError(f"Invalid parameter nesting: {name}", param=name)
            spot = inner
        spot[keys[-1] or str(len(spot))] = value
    return folded


def read(params: Thing, expected: type | None) -> Thing:
    """Check decoded parameters against a typed dictionary of the SDK and type their values.

    Raises:
        ApiError: 400 ``parameter_unknown``, ``parameter_missing``, ``parameter_invalid_*`` or
            ``payment_method_types_no_longer_supported``, naming the parameter.
    """
    for name, (code, message) in _GONE.items():
        if name in params and (expected is None or name not in _fields(expected)):
            raise ApiError(message, code=code, param=name)
    if expected is None:
        expected = _Nothing
    return _record(params, expected, "")


class _Nothing(typing_extensions.TypedDict):
    """For requests that take nothing but ``expand``."""

    expand: typing_extensions.NotRequired[list[str]]


@functools.cache
def _fields(record: type) -> dict[str, tuple[Any, bool]]:
    """Name → (type, required) of a typed dictionary, without the SDK's transport options."""
    own = {n: hint for n, hint in record.__annotations__.items() if n not in _OPTIONS}
    bearer = type("Bearer", (), {"__module__": record.__module__, "__annotations__": own})
    hints = typing_extensions.get_type_hints(bearer, include_extras=True)
    return {
        name: (_bare(hint), typing.get_origin(hint) not in _NOT_REQUIRED)
        for name, hint in hints.items()
    }


_NOT_REQUIRED: tuple[object, ...] = (typing.NotRequired, typing_extensions.NotRequired)
_WRAPPERS = (*_NOT_REQUIRED, typing.Required, typing.Annotated)
_PLAIN = (str, int, bool, float, Decimal, type(None))


def _bare(hint: Any) -> Any:
    while typing_extensions.get_origin(hint) in _WRAPPERS:
        hint = typing_extensions.get_args(hint)[0]
    return hint


def _record(value: object, record: type, path: str) -> Thing:
    if not isinstance(value, dict):
        raise ApiError(f"Invalid object: {path}", code="parameter_invalid_object", param=path)
    fields = _fields(record)
    for name in value:
        if name not in fields:
            where = _inside(path, name)
            raise ApiError(
                f"Received unknown parameter: {where}", code="parameter_unknown", param=where
            )
    for name, (_, required) in fields.items():
        if required and name not in value:
            where = _inside(path, name)
            raise ApiError(
                f"Missing required param: {where}.", code="parameter_missing", param=where
            )
    return {
        name: _typed(item, fields[name][0], _inside(path, name)) for name, item in value.items()
    }


def _inside(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _typed(value: Any, hint: Any, path: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is typing.Union or isinstance(hint, types.UnionType):
        return _one_of(value, typing.get_args(hint), path)
    if origin in (list, typing.List):  # noqa: UP006 - the SDK still spells it so
        return _several(value, typing.get_args(hint)[0], path)
    if origin is typing.Literal:
        return _choice(value, typing.get_args(hint), path)
    if typing_extensions.is_typeddict(hint):
        return _record(value, hint, path)
    if isinstance(value, dict) != (hint not in _PLAIN):
        raise ApiError(f"Invalid value: {path}", param=path)
    if isinstance(value, dict):
        return _free(value, hint, path)
    return _scalar(value, hint, path)


def _one_of(value: Any, options: Sequence[Any], path: str) -> Any:
    """Pick the member of a union by the value's shape; listed words bind although str is there."""
    literals = [word for hint in options for word in _words(hint)]
    if isinstance(value, dict):
        nested = [hint for hint in options if not _words(hint)]
        shaped = [hint for hint in nested if hint not in _PLAIN]
        if not shaped:
            raise ApiError(f"Invalid value: {path}", param=path)
        return _typed(value, shaped[0], path)
    if value == "" and "" in literals:
        return value
    meaningful = [word for word in literals if word != ""]
    if meaningful:
        return _choice(value, meaningful, path)
    plain = next((hint for hint in (bool, int, Decimal, str) if hint in options), None)
    if plain is None:
        raise ApiError(f"Invalid value: {path}", param=path)
    return _scalar(value, plain, path)


def _words(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()


def _choice(value: Any, words: Sequence[Any], path: str) -> Any:
    for word in words:
        if str(value) == str(word):
            return word
    listed = ", ".join(str(word) for word in words)
    raise ApiError(f"Invalid {path}: must be one of {listed}", param=path)


def _several(value: Any, hint: Any, path: str) -> list[Any]:
    if value == "":
        return []
    if not isinstance(value, dict) or not all(re.fullmatch("[0-9]{1,9}", key) for key in value):
        raise ApiError(f"Invalid array: {path}", code="parameter_invalid_array", param=path)
    ordered = sorted(value.items(), key=lambda item: int(item[0]))
    return [_typed(item, hint, _inside(path, key)) for key, item in ordered]


def _free(value: Thing, hint: Any, path: str) -> Thing:
    """A dictionary with names of the caller's own choice, as metadata is."""
    inner = typing.get_args(hint)
    if not inner:
        raise ApiError(f"Invalid value: {path}", param=path)
    return {key: _typed(item, inner[-1], _inside(path, key)) for key, item in value.items()}


def _scalar(value: str, hint: Any, path: str) -> Any:
    if hint is int:
        if not _INTEGER.fullmatch(value):
            raise ApiError(
                f"Invalid integer: {value}", code="parameter_invalid_integer", param=path
            )
        return int(value)
    if hint is bool:
        if value not in ("true", "false"):
            raise ApiError(f"Invalid boolean: {value}", param=path)
        return value == "true"
    return value
