"""Reading JSON without guessing: every refusal names the place, as in ``donations[3].amount``.

Numbers stay integers, keys appear once and are all known. JSON itself (RFC 8259, section 4)
leaves repeated keys to the reader; a file that decides about money may not.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from fund.kernel.errors import Invalid

T = TypeVar("T")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_INTEGER = 20  # digits and sign; anything longer is far beyond every limit


class _Fault(Exception):  # noqa: N818 - not an error of the program but of a file
    """A misstatement at ``place``, which grows leftwards on the way out."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


class _Object(dict[str, Any]):
    """A JSON object that remembers a repeated key."""

    repeated: str | None = None


class _NotInteger(str):
    """The spelling of a number that is no integer of a sane length, such as 1.5, 1e3 or NaN."""

    __slots__ = ()


def parse(data: bytes) -> Any:
    """Decode UTF-8 JSON, marking whatever :class:`Members` must refuse with its place.

    Raises:
        Invalid: if the bytes are not UTF-8 or not JSON; the message names line and column.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_NotInteger,
            parse_constant=_NotInteger,
        )
    except UnicodeDecodeError as error:
        raise Invalid(f"byte {error.start}: not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise Invalid(f"line {error.lineno} column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise Invalid("line 1 column 1: nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        result.repeated = next(key for key in keys if keys.count(key) > 1)
    return result


def _integer(digits: str) -> int | _NotInteger:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else _NotInteger(digits)


@contextmanager
def places() -> Iterator[None]:
    """Turn a fault met inside into ``Invalid`` with its full place.

    Raises:
        Invalid: ``place: what is wrong``, with the place as key of ``fields``.
    """
    try:
        yield
    except _Fault as fault:
        place = fault.place.lstrip(".") or "problem"
        raise Invalid(f"{place}: {fault.message}", {place: fault.message}) from fault


def refuse(place: str, message: str) -> None:
    """Refuse the file for what stands at ``place``; to be called inside :func:`places`.

    Raises:
        _Fault: always.
    """
    raise _Fault(f".{place}", message)


class Members:
    """The members of one JSON object, read by name; unknown and missing keys are refused."""

    __slots__ = ("_members",)

    def __init__(
        self, value: Any, required: Collection[str], optional: Collection[str] = ()
    ) -> None:
        if not isinstance(value, dict):
            raise _Fault("", f"must be an object, not {_kind(value)}")
        if isinstance(value, _Object) and value.repeated is not None:
            raise _Fault(f".{value.repeated}", "this key is given twice")
        for key in value:
            if key not in required and key not in optional:
                raise _Fault(f".{key}", "unknown key")
        for key in required:
            if key not in value:
                raise _Fault(f".{key}", "missing")
        self._members = value

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """An integer of ``low..high``; floats, booleans and strings are refused."""
        value = self._members.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _Fault(f".{key}", f"must be an integer, not {_kind(value)}")
        if not low <= value <= high:
            bound = f"at least {low}" if value < low else f"at most {high}"
            raise _Fault(f".{key}", f"must be {bound}, not {value}")
        return value

    def text(self, key: str) -> str:
        """A string that is not empty and can be written as UTF-8."""
        return _text(self._members[key], f".{key}")

    def optional_text(self, key: str) -> str | None:
        """A string as :meth:`text`, or None where the key is absent or null."""
        return None if self._members.get(key) is None else self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of strings."""
        return tuple(_text(value, f".{key}[{at}]") for at, value in enumerate(self._array(key)))

    def flag(self, key: str, *, default: bool) -> bool:
        """A boolean."""
        value = self._members.get(key, default)
        if not isinstance(value, bool):
            raise _Fault(f".{key}", f"must be true or false, not {_kind(value)}")
        return value

    def day(self, key: str) -> dt.date:
        """A real day, written YYYY-MM-DD."""
        value = self._members[key]
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return dt.date.fromisoformat(value)
            except ValueError as error:
                raise _Fault(f".{key}", f"there is no such day: {value}") from error
        raise _Fault(f".{key}", f"must be a day written YYYY-MM-DD, not {_shown(value)}")

    def optional_day(self, key: str) -> dt.date | None:
        """A day as :meth:`day`, or None where the key is absent or null."""
        return None if self._members.get(key) is None else self.day(key)

    def one_of(self, key: str, choices: Sequence[T]) -> T:
        """One of the given strings."""
        value = self._members[key]
        if not isinstance(value, str) or value not in choices:
            names = ", ".join(map(str, choices))
            raise _Fault(f".{key}", f"must be one of {names}, not {_shown(value)}")
        return cast("T", value)

    def each(self, key: str, read: Callable[[Any], T]) -> tuple[T, ...]:
        """Every element of an array, read by ``read``; an absent optional array is empty."""
        items: list[T] = []
        for at, value in enumerate(self._array(key)):
            try:
                items.append(read(value))
            except _Fault as fault:
                fault.place = f".{key}[{at}]{fault.place}"
                raise
        return tuple(items)

    def one(self, key: str, read: Callable[[Any], T]) -> T:
        """A nested object, read by ``read``."""
        try:
            return read(self._members[key])
        except _Fault as fault:
            fault.place = f".{key}{fault.place}"
            raise

    def _array(self, key: str) -> list[Any]:
        value = self._members.get(key, [])
        if not isinstance(value, list):
            raise _Fault(f".{key}", f"must be an array, not {_kind(value)}")
        return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or isinstance(value, _NotInteger):
        raise _Fault(place, f"must be a string, not {_kind(value)}")
    if not value:
        raise _Fault(place, "must not be empty")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _Fault(place, "holds half of a surrogate pair, which is no text")
    return value


def _kind(value: Any) -> str:
    if isinstance(value, _NotInteger):
        return f"the number {value[:_LONGEST_INTEGER]}"
    names = {dict: "an object", list: "an array", str: "a string", int: "an integer"}
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return next((name for kind, name in names.items() if isinstance(value, kind)), "that")


def _shown(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else _kind(value)
