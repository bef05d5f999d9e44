"""Whatever filter is asked: SQL totals and pages equal sums made in Python."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_books import BY, NOW, Wish, allocate, decide, disburse, give, small_story

from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.platform.house import House
from fund.publication import commands, queries
from fund.publication.domain.kinds import KIND_WORDS, WORD_KINDS
from fund.publication.domain.measures import folded
from fund.publication.queries import LedgerFilter, LedgerRow

FILTERS = st.builds(
    LedgerFilter,
    fy=st.none() | st.sampled_from([2025, 2026, 2027]),
    kinds=st.sets(st.sampled_from(sorted(KIND_WORDS)), max_size=6).map(tuple),
    field=st.none() | st.sampled_from(["child", "env", "nothing"]),
    group=st.none() | st.sampled_from(["0132", "0201", "9999"]),
    low=st.none() | st.sampled_from([0, 1, 5_000, 7_000, 10**12]),
    high=st.none() | st.sampled_from([0, 4_999, 7_000, 2**53 - 1]),
    first=st.none() | st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31)),
    last=st.none() | st.dates(dt.date(2025, 1, 1), dt.date(2027, 12, 31)),
    words=st.sampled_from(
        [(), ("水辺の会",), ("a2026",), ("100%",), ("_",), ("\\",), ("水辺", "交付")]
    ),
)


@pytest.fixture
def books(house: House) -> House:
    small_story(house)
    with house.transaction(by=BY, now=NOW) as tx:
        early = dt.date(2026, 3, 31)
        give(tx, 11, [Wish("theme", "river", 9_000), Wish("anywhere", None, 1_000)], on=early)
        give(tx, 12, [Wish("field", "env", 4_000)], on=dt.date(2027, 4, 1), batch="B2027-001")
        decide(tx, "A2026-0002", "0201", ("child", "env"))
        allocate(tx, "RUN2026-009", [(11, 1, "fund:theme:river", "A2026-0002", 8_000)])
        disburse(tx, "A2026-0002", 8_000)
        journal.record(tx, facts.fee_charged("fee_1", Yen(120), early))
        journal.record(tx, facts.opening_balance("OPEN-1", Yen(50_000), early, {"source": "x"}))
    commands.append_pending(house, by=BY, now=NOW)
    return house


def matches(row: LedgerRow, wanted: LedgerFilter, text: str) -> bool:
    first = dt.date.fromisoformat(row.on if len(row.on) == 10 else f"{row.on}-01")
    return all(
        (
            wanted.fy is None or row.fy == wanted.fy,
            not wanted.kinds or row.kind in wanted.kinds,
            wanted.field is None or wanted.field in row.fields,
            wanted.group is None or wanted.group in row.groups,
            wanted.low is None or row.size >= wanted.low,
            wanted.high is None or row.size <= wanted.high,
            wanted.first is None or first >= wanted.first,
            wanted.last is None or first <= wanted.last,
            all(word in text for word in wanted.words),
        )
    )


def test_totals_and_pages_are_those_of_exactly_the_filter(books: House) -> None:
    with books.database.reading() as connection:
        everything, _ = queries.page(connection, LedgerFilter(), None, 500)
        texts = dict(connection.exec_driver_sql("SELECT no, search_text FROM public_entry").all())

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(FILTERS, st.integers(1, 7))
        def agree(wanted: LedgerFilter, limit: int) -> None:
            mine = [row for row in everything if matches(row, wanted, texts[row.no])]
            sums = queries.totals(connection, wanted)
            assert sums.came_in == sum(row.came_in for row in mine)
            assert sums.out == sum(row.out for row in mine)
            assert sums.left == sum(row.left for row in mine)
            assert sums.committed == sum(row.committed for row in mine)
            seen: list[int] = []
            after = None
            while True:
                rows, after = queries.page(connection, wanted, after, limit)
                seen += [row.no for row in rows]
                if after is None:
                    break
            assert seen == [row.no for row in mine]

        agree()


def test_every_money_word_is_the_sum_over_its_kinds(books: House) -> None:
    columns = {"in": "came_in", "committed": "committed", "out": "out"}
    with books.database.reading() as connection:
        for fy in (None, 2025, 2026, 2027):
            words = queries.six_words(connection, fy)
            for word, column in columns.items():
                when = {}
                if fy is not None:
                    last = fiscal_year_bounds(fy)[1]
                    when = {"last": last} if word == "committed" else {"fy": fy}
                only = LedgerFilter(kinds=WORD_KINDS[word], **when)
                assert getattr(queries.totals(connection, only), column) == getattr(words, column)


def test_what_is_left_is_the_balance_of_the_fund(books: House) -> None:
    with books.database.reading() as connection:
        left = -connection.exec_driver_sql(
            "SELECT sum(yen)::bigint FROM posting WHERE account LIKE 'fund:%%'"
        ).scalar_one()
        assert queries.six_words(connection).left == left
        assert sum(yen for _, yen in queries.ages(connection, None)) == left
        assert queries.six_words(connection, 2027).left == left


def test_wish_fidelity_counts_designated_yen_only(books: House) -> None:
    with books.database.reading() as connection:
        found = queries.fidelity(connection, None)
    assert (found.designated, found.first_wish, found.undesignated) == (15_000, 15_000, 2_000)
    assert found.per_mille == 1000


def test_months_of_waiting_are_counted_from_months(books: House) -> None:
    with books.database.reading() as connection:
        found = queries.waits(connection, 2026)
    assert (found.middle, found.longest, found.lines) == (0, 2, 3)


def test_search_words_are_folded_like_the_text() -> None:
    assert folded("ＡＢＣ　ｱｲｳ") == "abc アイウ"
