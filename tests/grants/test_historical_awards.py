"""Awards of the time before the ledger."""

from __future__ import annotations

import dataclasses

import pytest
from award_books import NOW, awarded, rows

from fund.grants import commands, queries
from fund.grants.invariants import INVARIANTS
from fund.grants.store import PastAward
from fund.kernel.actor import system
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen
from fund.platform.invariants import examine

PAST = PastAward(
    group_no="0001",
    programme_code="challenge",
    theme_code=None,
    fy=2024,
    title="むかしの事業",
    summary="",
    fields=("nature",),
    yen=Yen(190_000),
    source_url="https://example.jp/source",
)


def test_the_same_source_twice_adds_nothing(house, people, app_dsn):
    rest = [PAST, dataclasses.replace(PAST, title="額の分からない事業", yen=None)]
    first = commands.import_historical(house, by=system(), now=NOW, rows=rest)
    again = commands.import_historical(house, by=system(), now=NOW, rows=rest)
    assert (first, again) == (["A2024-0001", "A2024-0002"], [])
    assert awarded(house, people) == "A2026-0001"
    assert rows(app_dsn, "SELECT count(*) FROM posting") == [(0,)]
    with house.database.reading() as connection:
        assert [a.no for a in queries.awards(connection, historical=True)] == [
            "A2024-0002",
            "A2024-0001",
        ]
        assert [a.no for a in queries.open_for_allocation(connection)] == ["A2026-0001"]
        assert [f for f in examine(connection, INVARIANTS) if f.count] == []


@pytest.mark.parametrize("change", [{"title": " "}, {"source_url": ""}])
def test_a_row_without_title_or_source_adds_nothing_at_all(house, change):
    with pytest.raises(Invalid, match="2行目"):
        commands.import_historical(
            house, by=system(), now=NOW, rows=[PAST, dataclasses.replace(PAST, **change)]
        )
    with house.database.reading() as connection:
        assert queries.awards(connection) == []
