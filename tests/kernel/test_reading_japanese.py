"""What people type is read kindly; names come out as they went in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.japanese import (
    digits,
    is_katakana,
    keep_name,
    narrow,
    parse_amount,
    spoken_yen,
    to_katakana,
)


@pytest.mark.parametrize(
    ("typed", "yen"),
    [
        ("10000", 10_000),
        ("10,000", 10_000),
        ("１０，０００円", 10_000),
        ("¥3,000", 3_000),
        ("￥ 3 000", 3_000),
        ("1万", 10_000),
        ("1万5千円", 15_000),
        ("２万５００", 20_500),
        ("千円", 1_000),
        ("3百", 300),
        ("1億2万", 100_020_000),
        ("0", 0),
        ("一万円", 10_000),
        ("一万五千円", 15_000),
        ("壱万円", 10_000),
        ("金弐拾参萬円也", 230_000),
        ("三千円", 3_000),
        ("百万円", 1_000_000),
        ("一五〇〇〇", 15_000),
        ("一億二千三百四十五万六千七百八十九", 123_456_789),
    ],
)
def test_amounts_as_people_write_them(typed: str, yen: int) -> None:
    assert parse_amount(typed) == yen


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "円",
        "1.5",
        "-5",
        "１−",
        "abc",
        "1万x",
        "1e5",
        "9" * 30,
        "٣",
        "1百1千",
        "1万1万",
        "万",
        "億",
        "円也",
        "一割",
    ],
)
def test_what_is_no_amount_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(ValueError, match=r"金額"):
        parse_amount(typed)


@given(st.text(max_size=60))
def test_any_text_is_an_amount_or_a_clear_error(typed: str) -> None:
    try:
        amount = parse_amount(typed)
    except ValueError:
        return
    assert amount >= 0


@given(st.integers(10**4, 10**12))
def test_an_amount_as_it_is_said_reads_back_to_the_yen(yen: int) -> None:
    assert parse_amount(spoken_yen(yen)) == yen


def test_small_amounts_need_no_second_saying() -> None:
    assert spoken_yen(9_999) == ""
    assert spoken_yen(15_000) == "1万5千円"


@given(st.integers(0, 10**12))
def test_an_amount_survives_every_spelling(yen: int) -> None:
    wide = str(yen).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    for spelling in (f"{yen:,}", f"{yen}円", f"¥{yen:,}", f" {wide} 円 "):
        assert parse_amount(spelling) == yen


@pytest.mark.parametrize(
    "name", ["\ufa19", "髙橋", "山﨑", "𠮷田", "葛\U000e0100城", "①商店", "㈱見本"]
)
def test_a_name_keeps_every_character(name: str) -> None:
    assert keep_name(f"　{name}\u3000") == name


@given(st.text(st.characters(exclude_categories=("Cc", "Zs", "Cs")), max_size=40))
def test_names_are_never_normalised(name: str) -> None:
    kept = keep_name(name)
    assert kept == name.strip(" \u3000\u200b\ufeff")
    assert unicodedata.normalize("NFD", kept) == unicodedata.normalize(
        "NFD", name.strip(" \u3000\u200b\ufeff")
    )


@pytest.mark.parametrize(
    ("typed", "kana"),
    [("やまだ　はなこ", "ヤマダ ハナコ"), ("ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ ハナコ"), ("ｳﾞｨ", "ヴィ")],
)
def test_kana_of_every_width_is_one_kana(typed: str, kana: str) -> None:
    assert to_katakana(typed) == kana
    assert is_katakana(kana)


def test_numbers_with_any_dash_are_read() -> None:
    assert digits("〒１４４－８６２１") == "1448621"
    assert narrow("０３ー５７４４‐１２０４") == "03-5744-1204"
