"""Whole yen. JPY has no minor unit, so an amount is an integer and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import SupportsIndex

MAX_YEN = 2**53 - 1
"""Largest amount published anywhere: the largest integer every JSON reader keeps exact."""


class Yen(int):
    """An exact number of yen; adding and subtracting keep the type, fractions are refused."""

    __slots__ = ()

    def __new__(cls, value: int | str) -> Yen:
        """Build from an int or a plain decimal string.

        Raises:
            TypeError: for bool, float and anything that is not an exact integer.
            ValueError: for a string that is not an integer.
        """
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise TypeError(f"yen must be an integer, not {type(value).__name__}")
        return super().__new__(cls, value)

    def __add__(self, other: int) -> Yen:
        return Yen(int(self) + _exact(other))

    def __radd__(self, other: int) -> Yen:
        return Yen(_exact(other) + int(self))

    def __sub__(self, other: int) -> Yen:
        return Yen(int(self) - _exact(other))

    def __rsub__(self, other: int) -> Yen:
        return Yen(_exact(other) - int(self))

    def __neg__(self) -> Yen:
        return Yen(-int(self))

    def __abs__(self) -> Yen:
        return Yen(abs(int(self)))

    def __mul__(self, other: SupportsIndex) -> Yen:
        return Yen(int(self) * _exact(other))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> float:
        raise TypeError("yen are not divided into fractions; use prorate or share_of")

    __rtruediv__ = __truediv__


def _exact(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"yen combine with integers only, not {type(value).__name__}")
    return int(value)


def total(amounts: Iterable[int]) -> Yen:
    """The sum of amounts in yen; zero for none."""
    return Yen(sum((_exact(amount) for amount in amounts), 0))


def share_of(amount: Yen, percent: int) -> tuple[Yen, Yen]:
    """Split ``amount`` into (floor of ``percent`` per cent, the rest); the parts sum exactly.

    Raises:
        ValueError: if ``percent`` is outside 0..100 or the amount is negative.
    """
    if not 0 <= percent <= 100 or amount < 0:
        raise ValueError("a share needs 0..100 per cent of a non-negative amount")
    part = Yen(int(amount) * percent // 100)
    return part, amount - part


def prorate(amount: Yen, weights: Sequence[int]) -> list[Yen]:
    """Divide ``amount`` by integer weights with the largest-remainder method.

    Ties go to the earlier weight. The parts sum to ``amount`` exactly and each lies
    within one yen of its exact share (Hare quota; Balinski and Young, *Fair Representation*).

    Raises:
        ValueError: for a negative amount or weight, or when every weight is zero.
    """
    whole = sum(weights)
    if amount < 0 or whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("prorating needs a non-negative amount and some positive weight")
    parts = [int(amount) * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(int(amount) * weights[i] % whole), i)
    )
    for index in by_remainder[: int(amount) - sum(parts)]:
        parts[index] += 1
    return [Yen(part) for part in parts]


def format_yen(amount: int) -> str:
    """Write an amount for Japanese readers: ``-1200`` becomes ``−1,200円``."""
    sign = "−" if amount < 0 else ""
    return f"{sign}{abs(int(amount)):,}円"
