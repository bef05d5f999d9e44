"""Ids, canonical content and drawn states."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.canonical import canonical, sha256_hex
from fund.kernel.errors import Conflict
from fund.kernel.ids import new_gift_no, new_secret, read_gift_no, secret_hash
from fund.kernel.transitions import Transitions

content = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(content)
def test_canonical_content_is_read_back_and_spelt_once(value: object) -> None:
    body = canonical(value)  # type: ignore[arg-type]
    again = json.loads(body)
    assert again == value
    assert canonical(again) == body


@given(content)
def test_canonical_content_is_spelt_as_the_standards_own_program_spells_it(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [1.0, [1.5], {"a": float("nan")}, {"é": 1, "z": [1.5]}])
def test_floats_are_never_hashed(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)  # type: ignore[arg-type]


def test_integers_beyond_every_reader_are_refused() -> None:
    with pytest.raises(ValueError, match="2\\^53"):
        canonical(2**53)


def test_the_order_of_keys_does_not_matter() -> None:
    assert sha256_hex({"a": 1, "b": 2}) == sha256_hex({"b": 2, "a": 1})


def test_gift_numbers_are_random_and_read_as_spoken() -> None:
    numbers = {new_gift_no() for _ in range(500)}
    assert len(numbers) == 500
    for number in numbers:
        assert read_gift_no(number) == number
        assert read_gift_no(f" {number.lower()} ") == number
    assert read_gift_no("g-7k3f92qo") == "G-7K3F92Q0"
    assert read_gift_no("G-7K3F92Q") is None
    assert read_gift_no("G-UUUUUUUU") is None


def test_a_secret_has_160_bits_and_only_its_hash_is_kept() -> None:
    secret = new_secret()
    assert len(secret) == 32
    assert secret.encode() not in secret_hash(secret)


def test_a_missing_edge_names_both_ends() -> None:
    lamp = Transitions.table("灯り", {"off": {"on"}, "on": {"off", "broken"}})
    assert lamp.states == ("off", "on", "broken")
    lamp.check("off", "on")
    with pytest.raises(Conflict, match="broken → on"):
        lamp.check("broken", "on")
