"""Twelve digits with the check digit of a My Number are told from others, however written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.giving.domain.donor import read_name, read_phone
from fund.kernel.my_number import check_digit, holds_my_number

ELEVEN = st.text("0123456789", min_size=11, max_size=11)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def numbered(first: str) -> str:
    return first + str(check_digit(first))


def by_the_ordinance(first: str) -> int:
    """Σ Pn × Qn as the ordinance writes it: Pn counted from the last of the eleven."""
    total = 0
    for n in range(1, 12):
        q = n + 1 if n <= 6 else n - 5
        total += int(first[-n]) * q
    rest = total % 11
    return 0 if rest <= 1 else 11 - rest


@given(ELEVEN)
def test_the_check_digit_is_that_of_the_ordinance(first: str) -> None:
    assert check_digit(first) == by_the_ordinance(first)


@pytest.mark.parametrize("number", ["123456789018", "000000000019"])
def test_known_numbers(number: str) -> None:
    """Worked by hand: 1×6+2×5+3×4+4×3+5×2+6×7+7×6+8×5+9×4+0×3+1×2 leaves 3, and 1×2 leaves 2."""
    assert check_digit(number[:11]) == int(number[11])


@given(ELEVEN, st.sampled_from(["", " ", "-", "　", "－"]), st.booleans())
def test_a_my_number_is_found_in_any_width_and_grouping(
    first: str, between: str, wide: bool
) -> None:
    number = numbered(first)
    text = between.join((number[:4], number[4:8], number[8:]))
    text = text.translate(WIDE) if wide else text
    assert holds_my_number(f"わたしの番号は{text}です")


@given(ELEVEN, st.integers(1, 9))
def test_another_last_digit_is_no_my_number(first: str, by: int) -> None:
    number = numbered(first)
    assert not holds_my_number(first + str((int(number[11]) + by) % 10))


@given(ELEVEN, st.text("0123456789", min_size=1, max_size=4))
def test_longer_numbers_are_something_else(first: str, more: str) -> None:
    assert not holds_my_number(numbered(first) + more)
    assert not holds_my_number(more + numbered(first))


@pytest.mark.parametrize(
    "text", ["東京都見本区中央一丁目1番1号", "03-5744-1111", "4242 4242 4242 4242", "1-2-3-45"]
)
def test_addresses_telephones_and_cards_are_none(text: str) -> None:
    assert not holds_my_number(text)


@pytest.mark.parametrize("read", [read_name, read_phone])
def test_what_a_donor_types_is_refused_with_a_sentence(read) -> None:
    with pytest.raises(ValueError, match="マイナンバー"):
        read("1234-5678-9018")
