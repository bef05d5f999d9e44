"""Telling a My Number (個人番号) among other digits: this service asks for none and keeps none."""

from __future__ import annotations

import re

from fund.kernel.japanese import narrow

_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_WHOLE = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_GROUPED = re.compile(
    r"(?<![0-9])(?<![0-9][ -])[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}(?![0-9])(?![ -][0-9])"
)


def check_digit(first_eleven: str) -> int:
    """The twelfth digit that belongs to the first eleven of a My Number.

    Counted from the right, the digits P1 to P11 weigh 2 to 7 and then 2 to 6; 11 less the rest of
    their sum by 11, and 0 where that rest is 0 or 1.

    Source: Ordinance of the Ministry of Internal Affairs and Communications no. 85 of 2014
    (平成26年総務省令第85号) art. 5, under the My Number Act (番号法) art. 8.

    Raises:
        ValueError: for anything but eleven ASCII digits.
    """
    if not re.fullmatch(r"[0-9]{11}", first_eleven):
        raise ValueError("eleven digits are needed")
    rest = sum(int(digit) * weight for digit, weight in zip(first_eleven, _WEIGHTS, strict=True))
    rest %= 11
    return 0 if rest <= 1 else 11 - rest


def holds_my_number(text: str) -> bool:
    """Whether twelve digits that can be a My Number stand in a text, in any width.

    Twelve digits in a row, or three times four with spaces or hyphens between. One in eleven of
    other twelve-digit numbers looks the same; whoever typed one is asked to write it otherwise.
    """
    plain = narrow(text)
    found = [one.group() for one in (*_WHOLE.finditer(plain), *_GROUPED.finditer(plain))]
    numbers = [re.sub("[ -]", "", one) for one in found]
    return any(check_digit(number[:11]) == int(number[11]) for number in numbers)
