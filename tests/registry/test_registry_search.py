"""Searching the register: what is found, page by page, and that no text breaks it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.kernel.actor import system
from fund.kernel.errors import Invalid
from fund.platform.house import House
from fund.registry import commands, queries

NOW = dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def searchable(house: House, register: Callable[..., str]) -> House:
    """Four registered groups and a historical one."""
    register(
        "ＮＰＯ法人 みどりの会", kana="エヌピーオーホウジン ミドリノカイ", fields=["environment"]
    )
    register("Link×Link 100%", kana="リンクリンク", name_en="Link and Link")
    register("子ども_広場", kana="コドモヒロバ", fields=["children", "welfare"])
    register("こどもカフェ", kana="コドモカフェ", fields=["children"])
    rows = [{"group_name": "昔のみどりの会", "source_url": "https://example.jp/"}]
    commands.import_groups(house, by=system("tests"), now=NOW, rows=rows)
    return house


def _found(house: House, **asked: object) -> list[str]:
    with house.database.reading() as connection:
        return [group.no for group in queries.search_groups(connection, **asked)]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        (None, ["0001", "0002", "0003", "0004"]),
        (" 　 ", ["0001", "0002", "0003", "0004"]),
        ("npo", ["0001"]),
        ("ＮｐＯ", ["0001"]),
        ("ミドリ", ["0001"]),
        ("みどり", ["0001"]),
        ("ﾐﾄﾞﾘ", ["0001"]),
        ("こども", ["0003", "0004"]),
        ("コドモ ｶﾌｪ", ["0004"]),
        ("かふぇ　子ども", []),
        ("LINK×link", ["0002"]),
        ("and", ["0002"]),
        ("%", ["0002"]),
        ("％", ["0002"]),
        ("_", ["0003"]),
        ("\\", []),
        ("'", []),
        ("みど%会", []),
        ("\x00", []),
        ("\ud800", []),
    ],
)
def test_words_are_found_in_any_width_case_and_kana(
    searchable: House, q: str | None, found: list[str]
) -> None:
    assert _found(searchable, q=q) == found


def test_state_and_field_narrow_the_search(searchable: House) -> None:
    assert _found(searchable, q="みどり", state=None) == ["0001", "0005"]
    assert _found(searchable, q="みどり", state="historical") == ["0005"]
    assert _found(searchable, field="children") == ["0003", "0004"]
    assert _found(searchable, field="welfare") == ["0002", "0003"]
    assert _found(searchable, field="children\x00") == []
    assert _found(searchable, state="\x00") == []


@pytest.mark.parametrize("q", [None, "こども", "カイ"])
def test_pages_follow_each_other_without_gap_or_repetition(
    searchable: House, q: str | None
) -> None:
    whole = _found(searchable, q=q, state=None)
    walked: list[str] = []
    while page := _found(
        searchable, q=q, state=None, limit=1, after=walked[-1] if walked else None
    ):
        walked += page
    assert walked == whole
    assert _found(searchable, q=q, limit=0) == []


@pytest.mark.parametrize("after", ["1", "", "0001\x00", "abcd", "００01"])
def test_a_page_that_cannot_be_is_refused(searchable: House, after: str) -> None:
    with pytest.raises(Invalid):
        _found(searchable, after=after)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    q=st.text(alphabet=st.characters(), max_size=30)
    | st.text(alphabet="%_\\'\"みミ子ＮnN \x00\u3000\ud800", max_size=8),
    field=st.none() | st.text(max_size=5),
    state=st.none() | st.text(max_size=5) | st.just("registered"),
)
def test_no_text_makes_the_search_fail(
    searchable: House, q: str, field: str | None, state: str | None
) -> None:
    everything = _found(searchable, state=None)
    assert set(_found(searchable, q=q, field=field, state=state)) <= set(everything)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_part_of_a_name_finds_its_group(searchable: House, data: st.DataObject) -> None:
    with searchable.database.reading() as connection:
        groups = queries.search_groups(connection, state=None)
        wanted = data.draw(st.sampled_from(groups))
        start = data.draw(st.integers(0, len(wanted.name) - 1))
        part = wanted.name[start : data.draw(st.integers(start + 1, len(wanted.name)))]
        assert wanted in queries.search_groups(connection, q=part, state=None)


def test_the_database_refuses_a_second_group_of_a_name(searchable: House, app_dsn: str) -> None:
    with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute(
            "INSERT INTO civic_group (no, name, kind, fields, state)"
            " VALUES ('0100', 'こどもカフェ', 'その他', '{}', 'registered')"
        )
