"""What waits too long comes first: the groups of the inbox, and how work is tallied."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Date, Integer, column, literal, select, values

from fund.desk.work import LONG, MAY_WAIT, Rank, Urgency, Work, grouped
from fund.kernel.money import Yen
from fund.platform.database import Database
from fund.platform.waiting import Waiting, tally

TODAY = dt.date(2026, 7, 1)
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def work(rank: Rank, since: dt.date | None = None, deadline: dt.date | None = None) -> Work:
    return Work("仕事", Waiting(1, since, Yen(1000)), "gift.read", "/staff", rank, deadline)


WORKS = st.builds(work, st.sampled_from(Rank), st.none() | DAYS, st.none() | DAYS)


@given(st.lists(WORKS))
def test_no_work_is_lost_or_shown_twice_and_groups_come_in_order(found: list[Work]) -> None:
    groups = grouped(found, TODAY)
    assert sorted(map(id, found)) == sorted(id(one) for _, items in groups for one in items)
    assert [urgency for urgency, _ in groups] == sorted({one.urgency(TODAY) for one in found})
    for urgency, items in groups:
        assert {one.urgency(TODAY) for one in items} == {urgency}
        assert [one.rank for one in items] == sorted(one.rank for one in items)


@given(WORKS, DAYS)
def test_waiting_longer_never_makes_work_less_urgent(one: Work, day: dt.date) -> None:
    assert one.urgency(day + dt.timedelta(days=1)) <= one.urgency(day)


def test_each_kind_has_its_own_patience() -> None:
    for rank, days in MAY_WAIT.items():
        one = work(rank, TODAY)
        assert one.urgency(TODAY + days) is Urgency.SOON
        assert one.urgency(TODAY + days + dt.timedelta(days=1)) is Urgency.OVERDUE
        assert one.urgency(TODAY + days + LONG) is Urgency.OVERDUE
        late = TODAY + days + LONG + dt.timedelta(days=1)
        assert one.urgency(late) is Urgency.LONG_OVERDUE


def test_a_deadline_of_others_counts_whatever_we_would_allow() -> None:
    one = work(Rank.DEADLINE, TODAY - dt.timedelta(days=90), TODAY)
    assert one.due == TODAY
    assert one.urgency(TODAY) is Urgency.SOON
    assert one.urgency(TODAY + dt.timedelta(days=1)) is Urgency.LONG_OVERDUE


def test_work_that_nobody_dated_is_never_called_late() -> None:
    assert work(Rank.PROCEDURE).urgency(TODAY) is Urgency.LATER


def test_a_tally_counts_dates_and_sums_what_is_in_and_out_alike(app_dsn: str) -> None:
    database = Database(app_dsn)
    rows = values(column("since", Date), column("yen", Integer), name="found").data(
        [(dt.date(2026, 6, 3), 500), (dt.date(2026, 5, 1), -200)]
    )
    with database.reading() as connection:
        assert tally(connection, select(rows)) == Waiting(2, dt.date(2026, 5, 1), Yen(700))
        nothing = select(rows).where(literal(value=False))
        assert tally(connection, nothing) == Waiting(0, None, Yen(0))
        assert tally(connection, select(rows.c.since)) == Waiting(2, dt.date(2026, 5, 1), None)
    database.close()
