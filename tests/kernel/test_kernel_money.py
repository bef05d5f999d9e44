"""Yen: exact, never a fraction; parts always sum to the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.money import Yen, format_yen, prorate, share_of, total

amounts = st.integers(0, 10**15).map(Yen)


@pytest.mark.parametrize("wrong", [1.0, True, None, 1.5])
def test_only_integers_are_yen(wrong: object) -> None:
    with pytest.raises(TypeError):
        Yen(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [0.5, True])
def test_yen_do_not_mix_with_fractions(wrong: float) -> None:
    for mix in (lambda: Yen(1) + wrong, lambda: Yen(1) * wrong, lambda: Yen(1) - wrong):
        with pytest.raises(TypeError):
            mix()


def test_yen_are_not_divided() -> None:
    with pytest.raises(TypeError):
        Yen(3) / 2


@given(amounts, amounts)
def test_sums_stay_yen(one: Yen, other: Yen) -> None:
    for result in (one + other, one - other, -one, abs(-one), sum([one, other])):
        assert type(result) is Yen
    assert total([one, other]) == int(one) + int(other)


@given(amounts, st.integers(0, 100))
def test_a_share_and_its_rest_are_the_whole(amount: Yen, percent: int) -> None:
    part, rest = share_of(amount, percent)
    assert part + rest == amount
    assert part == int(amount) * percent // 100


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_prorating_neither_makes_nor_loses_a_yen(amount: Yen, weights: list[int]) -> None:
    parts = prorate(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        # the quota rule: floor or ceiling of the exact share
        assert int(amount) * weight // whole <= part <= -(-int(amount) * weight // whole)


def test_an_amount_is_written_for_japanese_readers() -> None:
    assert [format_yen(yen) for yen in (0, 1200, -1200)] == ["0円", "1,200円", "−1,200円"]
