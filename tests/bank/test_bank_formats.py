"""Files as banks send them: golden ones, broken ones with exact places, and round trips."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimens import ACCOUNT, ANSER_ACCOUNT, zengin_file

from fund.payments.bank.domain import name_key, references, shown_name
from fund.payments.bank.formats import Line, anser, read
from fund.payments.bank.formats.reading import Unreadable, amount, short_day

FILES = Path(__file__).parent / "files"
TODAY = dt.date(2026, 6, 1)
GOLDEN = [
    (dt.date(2026, 4, 1), 10_000, "ﾐﾎﾝ ﾊﾅｺ"),
    (dt.date(2026, 4, 2), -3_000, "ﾐﾎﾝﾀﾞﾝﾀｲ"),
    (dt.date(2026, 4, 2), 10_000, "ｶ)ﾐﾎﾝ"),
]


def statement(name: str):
    kind = {"a": "anser", "z": "zengin", "g": "csv"}[name[0]]
    return read(kind, (FILES / name).read_bytes(), today=TODAY)


@pytest.mark.parametrize(
    ("name", "account", "encoding"),
    [
        ("anser.csv", ANSER_ACCOUNT, "cp932"),
        ("anser_utf8_bom_lf.csv", ANSER_ACCOUNT, "utf-8"),
        ("zengin03.txt", ACCOUNT, "cp932"),
        ("zengin03_nobreaks.txt", ACCOUNT, "cp932"),
    ],
)
def test_good_files_give_the_same_lines(name: str, account: str, encoding: str) -> None:
    found = statement(name)
    assert found.problems == ()
    assert [(line.day, line.yen, line.name) for line in found.lines] == GOLDEN
    assert [line.balance for line in found.lines] == [510_000, 507_000, 517_000]
    assert (found.account, found.encoding) == (account, encoding)
    assert (found.opening, found.closing, found.notices) == (500_000, 517_000, False)


def test_notices_list_incoming_transfers_without_balances() -> None:
    found = statement("zengin01.txt")
    assert [(line.day, line.yen, line.name) for line in found.lines] == GOLDEN[::2]
    assert (found.opening, found.closing, found.notices, found.problems) == (None, None, True, ())


def test_any_csv_is_read_by_its_columns() -> None:
    found = statement("generic.csv")
    assert [(line.day.isoformat(), line.yen, line.balance) for line in found.lines] == [
        ("2026-04-01", 10_000, 510_000),
        ("2026-04-02", -3_000, 507_000),
    ]
    assert found.problems == ()


NOT_AN_AMOUNT = "金額として読めません（円の整数で書かれているはずです）"
BROKEN = {
    "anser_bad.csv": [
        (1, 19, "入金金額(円)", NOT_AN_AMOUNT, "10.5"),
        (2, 16, "勘定日", "日付として読めません", "2026年04月31日"),
        (3, 0, "", "列の数が26ではありません", "25"),
        (4, 181, "", "この文字を読めません（位置は文字数）", "81 20 22"),
        (5, 0, "", '引用符（"）の対応がとれていません', None),
        (6, 1, "照会口座", "見出しがちがいます", "照会"),
    ],
    "generic_bad.csv": [
        (2, 0, "", "出金と入金のどちらか一方だけに金額があるはずです", "R8.4.1,100,100,1,ｱ"),
        (3, 1, "日付", "日付として読めません", "4/2"),
        (4, 0, "", "列が足りません", "2"),
        (5, 3, "お預り金額", NOT_AN_AMOUNT, "1.5"),
    ],
    "zengin03_bad.txt": [
        (2, 10, "勘定日", "日付として読めません", "081301"),
        (3, 22, "入払区分", "入払区分は1（入金）か2（出金）のはずです", "3"),
        (4, 0, "", "レコードの長さが200文字ではありません", "199"),
        (6, 25, "取引金額", "数字（右づめ、残りは0）のはずです", "00000000 000"),
        (7, 1, "データ区分", "データ区分は1、2、8、9のどれかのはずです", "7"),
        (10, 1, "データ区分", "エンド・レコードのあとにデータがあります", ""),
    ],
    "zengin03_total.txt": [
        (5, 8, "入金額合計", "トレーラの数と、明細を数えたものが合いません", "20,001 ≠ 20,000"),
    ],
    "zengin03_cut.txt": [
        (
            4,
            1,
            "データ区分",
            "トレーラ・レコード（8）がありません。ファイルが途中で切れています",
            "",
        ),
    ],
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_is_named_with_its_row_and_column(name: str) -> None:
    found = statement(name)
    told = [(p.row, p.column, p.field, p.why) for p in found.problems]
    assert told == [fault[:4] for fault in BROKEN[name]]
    for problem, fault in zip(found.problems, BROKEN[name], strict=True):
        assert fault[4] is None or problem.found == fault[4]
    good = {"anser_bad.csv": 1, "generic_bad.csv": 1, "zengin03_bad.txt": 1}
    assert len(found.lines) == good.get(name, 3)


def test_a_balance_that_does_not_follow_is_named() -> None:
    body = (FILES / "anser.csv").read_bytes().replace(b'"507000"', b'"507001"')
    first, second = read("anser", body, today=TODAY).problems
    assert (first.row, first.column, first.field) == (2, 21, "残高(円)")
    assert second.row == 3


@pytest.mark.parametrize(
    ("text", "yen"),
    [("1,234", 1234), ("１２３４円", 1234), ("▲500", -500), ("-5", -5), ("", None), ("¥10", 10)],
)
def test_amounts(text: str, yen: int | None) -> None:
    assert amount(text) == yen


@pytest.mark.parametrize("text", ["1.5", "1,23", "x", "1e3", "９" * 30, "+-1", "10 000"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Unreadable):
        amount(text)


@pytest.mark.parametrize(
    ("text", "western", "day"),
    [
        ("080401", False, "2026-04-01"),
        ("300401", False, "2018-04-01"),
        ("010430", False, "2019-04-30"),
        ("260401", True, "2026-04-01"),
    ],
)
def test_short_days(text: str, western: bool, day: str) -> None:
    assert short_day(text, TODAY, western=western).isoformat() == day


@pytest.mark.parametrize(
    ("raw", "key", "numbers"),
    [
        ("ﾐﾎﾝ ﾊﾅｺ", "ミホンハナコ", ()),
        ("みほん　はなこ", "ミホンハナコ", ()),
        ("7K3F92QX ﾐﾎﾝ ﾊﾅｺ", "ミホンハナコ", ("G-7K3F92QX",)),
        ("G-7K3F 92QX ﾐﾎﾝ", "ミホン", ("G-7K3F92QX",)),
        ("ｶ)ﾐﾎﾝｼﾖｳｼﾞ", "ミホンシヨウジ", ()),
        ("ミホンショウジ(カ", "ミホンシヨウジ", ()),
        ("JOHN SMITH", "JOHNSMITH", ()),
    ],
)
def test_names(raw: str, key: str, numbers: tuple[str, ...]) -> None:
    assert name_key(raw) == key
    assert references(raw) == numbers
    assert shown_name("ﾐﾎﾝ ﾊﾅｺ") == "ミホン ハナコ"


KANA = st.text("ｱｲｳｴｵｶｷｸｹｺﾊﾞﾝ ABC123()", max_size=20).map(str.strip)
MOVES = st.lists(
    st.tuples(
        st.dates(dt.date(2019, 5, 2), dt.date(2026, 5, 31)),
        st.integers(-(10**9), 10**9).filter(bool),
        KANA,
    ),
    min_size=1,
    max_size=20,
)


def lines_of(moves: list[tuple[dt.date, int, str]], opening: int) -> list[Line]:
    lines, balance = [], opening
    for number, (day, yen, name) in enumerate(sorted(moves, key=lambda m: m[0]), start=1):
        balance += yen
        lines.append(Line(number, day, yen, balance, name, ""))
    return lines


@given(MOVES, st.integers(-(10**9), 10**9))
def test_anser_comes_back_as_it_was_written(
    moves: list[tuple[dt.date, int, str]], opening: int
) -> None:
    lines = lines_of(moves, opening)
    found = read("anser", anser.write("X", lines), today=TODAY)
    assert (list(found.lines), found.problems) == (lines, ())
    assert (found.opening, found.closing) == (opening, lines[-1].balance)


@given(MOVES, st.integers(-(10**9), 10**9), st.sampled_from([b"\r\n", b"\n", b""]))
def test_zengin_comes_back_as_it_was_written(
    moves: list[tuple[dt.date, int, str]], opening: int, newline: bytes
) -> None:
    lines = lines_of(moves, opening)
    found = read("zengin", zengin_file(lines, opening, newline=newline), today=TODAY)
    assert found.problems == ()
    assert [(x.day, x.yen, x.balance, x.name) for x in found.lines] == [
        (x.day, x.yen, x.balance, x.name) for x in lines
    ]
    assert (found.opening, found.closing) == (opening, lines[-1].balance)


@given(st.binary(max_size=600), st.sampled_from(["anser", "zengin", "csv"]))
def test_no_bytes_break_a_parser(body: bytes, kind: str) -> None:
    found = read(kind, body, today=TODAY)
    assert all(problem.row >= 1 and problem.why for problem in found.problems)
