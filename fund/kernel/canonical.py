"""One spelling for hashed content: RFC 8785 canonical JSON, restricted to exact values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import rfc8785

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"


def canonical(value: Json) -> bytes:
    """The canonical bytes of a value built of strings, integers, lists and objects.

    Source: RFC 8785 (JSON Canonicalization Scheme).

    Raises:
        TypeError: if a float is hidden anywhere inside; money and ids are never floats.
        ValueError: if an integer leaves the range that every JSON reader keeps exact.
    """
    return rfc8785.dumps(_exact(value))


def sha256_hex(value: Json) -> str:
    """SHA-256 of the canonical bytes, lower-case hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _exact(value: Json) -> Json:
    if isinstance(value, float):
        raise TypeError("canonical content holds no floats")
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise ValueError("canonical integers stay below 2^53")
        return int(value)
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value]
