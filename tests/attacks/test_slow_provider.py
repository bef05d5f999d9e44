"""The provider answers slowly or not at all while a donor stands before it."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from counter_till import KEY, SECRET, Till
from test_card_testing import Form, begun, link

from fund.adapters.stripe_connection import AT_ONCE, StripeConnection
from fund.adapters.stripe_provider import StripeProvider
from fund.app import create_app
from fund.kernel.errors import Unavailable
from fund.payments.ports import Provider

TIMEOUT = 1.0
CREATE = "/v1/checkout/sessions"


@pytest.fixture
def hasty(till: Till) -> Iterator[Till]:
    """The same till with little patience for the provider, so that tests need none."""
    connection = StripeConnection(KEY, till.sandbox.url, timeout=TIMEOUT)
    ports = {**till.house.ports, Provider: StripeProvider(connection, SECRET)}
    house = dataclasses.replace(till.house, ports=ports)
    yield dataclasses.replace(till, house=house, app=create_app(house))
    till.control("failures", clear=True)


def open_transactions(dsn: str) -> int:
    """Sessions of this database that hold a transaction open while they do nothing."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            """SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()
                 AND (state LIKE 'idle in transaction%' OR wait_event_type = 'Lock')"""
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "trouble",
    [
        {"delay_ms": 5_000},
        {"fail_next": [{"path": CREATE, "status": 500, "times": 9}]},
        {"fail_next": [{"path": CREATE, "status": 0, "times": 9}]},
        {"fail_next": [{"path": CREATE, "status": 500, "times": 9, "when": "after"}]},
        {"fail_next": [{"path": CREATE, "status": 429, "times": 9}]},
    ],
    ids=["slow", "500", "cut", "answer lost", "429"],
)
def test_the_donor_keeps_everything_and_goes_on_with_one_tap(
    hasty: Till, superuser_dsn: str, trouble: dict[str, object]
) -> None:
    form = Form(hasty, "203.0.113.7", "donor@example.jp")
    hasty.control("failures", **trouble)
    seen: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        pressing = pool.submit(form.post, "/give/check")
        while not pressing.done():
            if begun(hasty):
                seen.append(open_transactions(superuser_dsn))
            time.sleep(0.02)
        answer = pressing.result()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    page = answer.get_data(as_text=True)
    assert "入力し直す必要はありません" in page
    (gift_no,) = begun(hasty)
    assert gift_no in page
    # Somebody looked while the provider was silent: nothing of ours was held open for long.
    assert seen
    assert seen.count(0) >= len(seen) - 2
    hasty.control("failures", clear=True)
    again = form.post(f"{link(hasty, gift_no)}/pay")
    assert again.status_code == 303
    assert again.headers["Location"].startswith(hasty.sandbox.url)
    hasty.pay(gift_no)
    hasty.heal()
    assert hasty.gift(gift_no).state == "received"
    assert hasty.held() == 5_000
    assert begun(hasty) == [gift_no]
    assert len(hasty.payments(gift_no)) == 1
    assert hasty.broken() == []


def test_a_slow_provider_takes_no_more_than_its_share_of_the_threads(till: Till) -> None:
    connection = StripeConnection(KEY, till.sandbox.url)
    busy, done = threading.Barrier(AT_ONCE + 1), threading.Event()

    def hang() -> None:
        busy.wait()
        done.wait()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(AT_ONCE):
            pool.submit(connection.ask, "hang", hang)
        busy.wait()
        with pytest.raises(Unavailable):
            connection.ask("one more", lambda: None)
        done.set()
    assert connection.ask("after", lambda: "answer") == "answer"


def test_the_turn_is_given_back_whatever_a_call_ends_with(till: Till) -> None:
    connection = StripeConnection(KEY, till.sandbox.url)

    def refuse() -> None:
        raise ValueError

    for _ in range(3 * AT_ONCE):
        with pytest.raises(ValueError, match=r"^$"):
            connection.ask("refused", refuse)
    assert connection.ask("after", lambda: "answer") == "answer"
