"""Card testers wait longer and longer; people never wait."""

from __future__ import annotations

import datetime as dt

import pytest
from giving_books import rows
from hypothesis import given
from hypothesis import strategies as st
from test_giving_pages import fill, text

from fund.giving.domain.patience import HOUR, Seen, wait

MINUTE = dt.timedelta(minutes=1)
COUNTS = st.integers(0, 40)


@pytest.mark.parametrize("declines", [0, 1, 2])
def test_an_ordinary_donor_never_waits(declines):
    seen = Seen(begun=3, to_mail=3, declines=declines, since_decline=dt.timedelta(0))
    assert wait(seen, 20) == dt.timedelta(0)


def test_the_wait_doubles_with_every_declined_card_up_to_an_hour():
    waits = [
        wait(Seen(declines=n, since_decline=dt.timedelta(0)), 20) // MINUTE for n in range(3, 12)
    ]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_waiting_counts():
    assert wait(Seen(declines=5, since_decline=3 * MINUTE), 20) == MINUTE
    assert wait(Seen(declines=5, since_decline=4 * MINUTE), 20) == dt.timedelta(0)


def test_forms_filled_in_at_once_reach_the_limit_earlier():
    assert wait(Seen(begun=10, fast=10), 20) == HOUR
    assert wait(Seen(begun=10), 20) == dt.timedelta(0)


def test_one_mail_address_has_a_limit_of_its_own():
    assert wait(Seen(to_mail=10), 20) == HOUR


@given(COUNTS, COUNTS, COUNTS, COUNTS, st.integers(0, 3600), st.integers(1, 1000))
def test_the_wait_is_never_longer_than_an_hour_nor_negative(begun, fast, mails, no, past, limit):
    seen = Seen(begun, fast, mails, no, dt.timedelta(seconds=past))
    assert dt.timedelta(0) <= wait(seen, limit) <= HOUR


def test_the_page_says_when_to_come_back_and_nothing_is_lost(visit, app_dsn):
    visitor = visit()
    visitor.client.application.config["FUND_BEGUN_PER_HOUR"] = 2
    fill(visitor)
    visitor.get("/give/check")
    visitor.post("/give/check")
    other = visit()
    other.client.application.config["FUND_BEGUN_PER_HOUR"] = 2
    fill(other)
    other.get("/give/check")
    answer = other.post("/give/check", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"
    assert "60分" in text(answer)
    assert other.get("/give/check").status_code == 200
    assert rows(app_dsn, "SELECT count(*) FROM attempt WHERE act = 'slowed'") == [(1,)]
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]
