"""Whatever filter is asked: SQL totals and pages equal sums made in Python."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_model import Model
from public_history import History
from sample_books import BY, NOW, Wish, allocate, decide, disburse, give, small_story
from sqlalchemy import Connection

from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.platform.house import House
from fund.platform.invariants import examine
from fund.publication import commands, counting, deliveries, queries
from fund.publication.domain.kinds import KIND_WORDS, WORD_KINDS
from fund.publication.domain.measures import folded
from fund.publication.invariants import INVARIANTS
from fund.publication.queries import LedgerFilter

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
        [(), (), (), ("水辺の会",), ("a2026",), ("100%",), ("_",), ("\\",), ("水辺", "交付")]
    ),
    fit=st.sampled_from(
        [(), (), (), ("first",), ("other",), ("first", "other"), ("open", "other")]
    ),
    reason=st.sampled_from([(), (), (), ("donor-choice",), ("wish-term", "donor-choice")]),
    age=st.sampled_from([(), (), (), (2024,), (2025,), (2025, 2026), (2024, 2026, 2027)]),
    wait=st.sampled_from([None, None, None, (0, 0), (0, 3), (1, 1_200)]),
    to=st.sampled_from([None, None, None, "0132", "0201", "9999"]),
    use=st.sampled_from([(), (), (), ("child",), ("env",), ("child", "env"), ("env", "")]),
    account=st.sampled_from([None, None, None, "fund:general", "assets:bank", "held:unaccepted"]),
)
ONE_AT_A_TIME = st.builds(
    lambda name, whole: LedgerFilter(**{name: getattr(whole, name)}),
    st.sampled_from([one.name for one in fields(LedgerFilter)]),
    FILTERS,
)


@pytest.fixture
def books(house: House) -> House:
    small_story(house)
    with house.transaction(by=BY, now=NOW) as tx:
        early = dt.date(2026, 3, 31)
        give(tx, 11, [Wish("theme", "river", 9_000), Wish("anywhere", None, 1_000)], on=early)
        give(tx, 12, [Wish("field", "env", 4_000)], on=dt.date(2027, 4, 1), batch="B2027-001")
        decide(tx, "A2026-0002", "0201", ("child", "env"), theme="river")
        allocate(tx, "RUN2026-009", [(11, 1, "fund:theme:river", "A2026-0002", 8_000)])
        disburse(tx, "A2026-0002", 8_000)
        journal.record(tx, facts.fee_charged("fee_1", Yen(120), early))
        journal.record(tx, facts.opening_balance("OPEN-1", Yen(50_000), early, {"source": "x"}))
    commands.append_pending(house, by=BY, now=NOW)
    return house


@pytest.fixture(params=[3, 41])
def history(house: House, request: pytest.FixtureRequest) -> House:
    """Random books, published and counted at random moments, the last of them not counted."""
    small_story(house)
    rng = random.Random(request.param)
    told = History(rng)
    for _ in range(60):
        told.step(house)
        if rng.random() < 0.2:
            commands.append_pending(house, by=BY, now=NOW)
        if rng.random() < 0.3:
            counting.count(house, by=BY, now=NOW, most=rng.choice((1, 7, 30)))
    commands.append_pending(house, by=BY, now=NOW)
    return house


def read_model(connection: Connection) -> Model:
    everything, more = queries.page(connection, LedgerFilter(), None, 5_000)
    assert more is None
    texts = dict(connection.exec_driver_sql("SELECT no, search_text FROM public_entry").all())
    return Model(everything[::-1], texts)


def sums_agree(connection: Connection, model: Model, wanted: LedgerFilter) -> list[int]:
    mine = model.found(wanted)
    sums = queries.totals(connection, wanted)
    assert sums.came_in == sum(row.came_in for row in mine)
    assert sums.out == sum(row.out for row in mine)
    assert sums.left == sum(row.left for row in mine)
    assert sums.committed == sum(row.committed for row in mine)
    assert sums.entries == len(mine)
    assert sums.moved == model.moved(mine, wanted)
    return [row.no for row in mine]


def test_totals_and_pages_are_those_of_exactly_the_filter(history: House) -> None:
    with history.database.reading() as connection:
        model = read_model(connection)
        assert 0 < queries.counted_to(connection) < queries.last_no(connection)

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(FILTERS | ONE_AT_A_TIME, st.integers(9, 60))
        def agree(wanted: LedgerFilter, limit: int) -> None:
            mine = sums_agree(connection, model, wanted)
            seen: list[int] = []
            after = None
            while True:
                rows, after = queries.page(connection, wanted, after, limit)
                seen += [row.no for row in rows]
                if after is None:
                    break
            assert seen == mine
            back: list[int] = []
            before: int | None = seen[-1] if seen else None
            while before is not None:
                rows, before = queries.page_before(connection, wanted, before, limit)
                back = [row.no for row in rows] + back
            assert back == seen[:-1]
            spelled = b"".join(queries.csv_blocks(connection, wanted)).decode()
            listed = list(csv.DictReader(io.StringIO(spelled)))
            assert [int(line["no"]) for line in listed] == mine
            if wanted.account is not None:
                told = [json.loads(line["postings"]) for line in listed]
                on_it = [p["yen"] for one in told for p in one if p["account"] == wanted.account]
                assert sum(on_it) == queries.totals(connection, wanted).moved

        agree()


def test_counting_to_the_end_changes_no_figure(history: House) -> None:
    def told() -> tuple[object, ...]:
        with history.database.reading() as connection:
            return (
                queries.balances(connection),
                *(
                    of(connection, fy)
                    for of in (
                        queries.six_words,
                        queries.periods,
                        queries.fits,
                        queries.changes,
                        queries.ages,
                        _waits,
                        queries.fees,
                        queries.moves,
                        queries.uses,
                    )
                    for fy in (None, 2024, 2025, 2026)
                ),
            )

    before = told()
    counting.forget(history, by=BY, now=NOW)
    assert told() == before
    while counting.count(history, by=BY, now=NOW):
        pass
    assert told() == before
    with history.database.reading() as connection:
        assert queries.counted_to(connection) == queries.last_no(connection)
        assert not [f.name for f in examine(connection, INVARIANTS) if f.count]


def _waits(connection: Connection, fy: int | None) -> queries.Waits:
    return queries.waits(connection, fy, queries.WAITS)


def test_the_task_counts_to_the_end(history: House) -> None:
    counting.forget(history, by=BY, now=NOW)
    deliveries.count(history, now=NOW)
    with history.database.reading() as connection:
        assert queries.counted_to(connection) == queries.last_no(connection) > 0


def test_balances_are_those_of_the_journal(history: House) -> None:
    with history.database.reading() as connection:
        private = connection.exec_driver_sql(
            "SELECT p.account, sum(p.yen)::bigint FROM posting p"
            " JOIN public_source s ON s.entry_id = p.entry_id"
            " GROUP BY p.account HAVING sum(p.yen) <> 0"
        ).all()
        assert queries.balances(connection) == dict(private)


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


def the_words_make_a_sum(house: House, opened: int) -> None:
    with house.database.reading() as connection:
        years = queries.fiscal_years(connection)
        assert len(years) >= 2
        for fy in (None, *years):
            told = queries.six_words(connection, fy)
            ended = told.before + told.came_in + told.returned - told.out - told.committed
            assert ended == told.left, fy
        assert queries.six_words(connection).before == opened


def test_the_money_words_make_a_sum_with_what_was_there_before(books: House) -> None:
    the_words_make_a_sum(books, 50_000)


def test_the_money_words_make_a_sum_whatever_happened(history: House) -> None:
    the_words_make_a_sum(history, 0)


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
        met = queries.fits(connection, None)
    assert met == {"first": 15_000, "open": 2_000}


def test_months_of_waiting_are_counted_from_months(books: House) -> None:
    with books.database.reading() as connection:
        found = queries.waits(connection, 2026, queries.WAITS)
    assert (found.middle, found.longest, found.lines) == (0, 2, 3)


def test_search_words_are_folded_like_the_text() -> None:
    assert folded("ＡＢＣ　ｱｲｳ") == "abc アイウ"
