"""Webhooks repeated, reordered, forged and lost; processes killed between payment and booking."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
import requests
from stage import FormDonor, OfferedGift, Stage, until

from fund.cli.environment import open_house
from fund.payments.deliveries import sweep

pytestmark = pytest.mark.journey


@pytest.fixture
def offered(stage: Stage) -> OfferedGift:
    """A gift on the hosted payment page."""
    return FormDonor(stage).offer()


@pytest.fixture
def holding(stage: Stage) -> Iterator[Stage]:
    """The demo while the provider's events are held back."""
    stage.control("deliveries", mode="hold")
    yield stage
    stage.control("deliveries", mode="auto")


def booked(gift: OfferedGift) -> list[str]:
    """The entries of a gift once it is received."""
    until(lambda: gift.state == "received")
    return gift.stage.entries_of(gift.no)


def quiet(stage: Stage) -> bool:
    """Whether every stored event was looked at."""
    return stage.rows("SELECT count(*) FROM provider_event WHERE state = 'pending'") == [(0,)]


def test_the_same_events_again_in_any_order_change_nothing(
    holding: Stage, offered: OfferedGift
) -> None:
    offered.pay()
    events = offered.events()
    assert events
    holding.control("deliveries/release", order="reverse")
    assert len(booked(offered)) == 1
    before = holding.count("journal_entry"), holding.count("provider_event")
    for event in reversed(events):
        answers = holding.control(f"events/{event['id']}/deliver", copies=10, parallel=1)
        assert len(answers) == 10
    holding.control("deliveries/release", order="shuffle", seed=3, copies=10, parallel=1)
    until(lambda: quiet(holding))
    assert (holding.count("journal_entry"), holding.count("provider_event")) == before


def test_ten_first_deliveries_at_once_are_one_booking(holding: Stage, offered: OfferedGift) -> None:
    offered.pay()
    holding.control("deliveries/release", copies=10, parallel=1, order="shuffle", seed=7)
    assert len(booked(offered)) == 1
    until(lambda: quiet(holding))
    assert len(holding.entries_of(offered.no)) == 1


def signed(body: bytes, secret: str) -> str:
    """The signature header a provider with this secret would send now."""
    moment = int(time.time())
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={mac.hexdigest()}"


FORGED = json.dumps(
    {
        "id": "evt_forged",
        "object": "event",
        "type": "checkout.session.completed",
        "livemode": False,
        "data": {"object": {"id": "cs_forged", "object": "checkout.session"}},
    }
).encode()


@pytest.mark.parametrize(
    "case", ["another secret", "no signature", "not ascii", "not a header", "old", "not utf-8"]
)
def test_what_the_provider_did_not_sign_is_refused_and_not_stored(stage: Stage, case: str) -> None:
    secret = str(stage.card()["webhook_secret"])
    good, body = signed(FORGED, secret), FORGED
    if case == "not utf-8":
        body = b"\xff\xfe" + FORGED
        good = signed(body, secret)
    header: dict[str, str | bytes] = {
        "another secret": {"Stripe-Signature": signed(FORGED, "whsec_of_somebody_else")},
        "no signature": {},
        "not ascii": {"Stripe-Signature": good.replace("v1=", "v1=é").encode("latin-1")},
        "not a header": {"Stripe-Signature": "t=,v1=;;=,,"},
        "old": {"Stripe-Signature": f"t=1000000000,{good.partition(',')[2]}"},
        "not utf-8": {"Stripe-Signature": good},
    }[case]
    before = stage.count("provider_event")
    answer = requests.post(f"{stage.web}/webhooks/stripe", data=body, headers=header, timeout=60)
    assert answer.status_code == 400
    assert stage.count("provider_event") == before


def test_killed_between_payment_and_booking_the_gift_is_booked_once(
    holding: Stage, offered: OfferedGift
) -> None:
    offered.pay()
    before = holding.card()["pids"]
    for name in ("web", "worker"):
        os.kill(before[name], signal.SIGKILL)
    holding.control("deliveries/release", parallel=1)
    holding.control("deliveries", mode="auto")
    now = until(lambda: _all_new(holding, before))
    assert now["sandbox"] == before["sandbox"]
    until(lambda: answers(f"{holding.web}/healthz"))
    holding.control("deliveries/release")
    assert len(booked(offered)) == 1
    assert holding.check().returncode == 0


def _all_new(stage: Stage, before: dict[str, int]) -> dict[str, int] | None:
    pids: dict[str, int] = stage.card()["pids"]
    return pids if all(pids[name] != before[name] for name in ("web", "worker")) else None


def answers(url: str) -> bool:
    """Whether something answers there."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def test_the_worker_killed_with_the_event_stored_books_it_once(
    holding: Stage, offered: OfferedGift
) -> None:
    offered.pay()
    event = offered.events()[0]["id"]
    before = holding.card()["pids"]
    os.kill(before["worker"], signal.SIGKILL)
    holding.control(f"events/{event}/deliver", copies=3, parallel=1)
    assert len(booked(offered)) == 1


def test_the_worker_killed_in_the_middle_of_a_task_is_followed_by_another(
    holding: Stage, offered: OfferedGift
) -> None:
    offered.pay()
    holding.control("failures", delay_ms=20_000)
    holding.control("deliveries/release")
    until(lambda: holding.rows(_AT_WORK) != [])
    holding.control("failures", clear=True)
    os.kill(holding.card()["pids"]["worker"], signal.SIGKILL)
    assert len(booked(offered)) == 1
    until(lambda: quiet(holding))


_AT_WORK = """SELECT id FROM procrastinate_jobs
              WHERE status = 'doing' AND task_name = 'payments.process_event'"""


def test_the_database_killed_under_everybody_is_said_kindly_and_loses_nothing(
    holding: Stage, offered: OfferedGift
) -> None:
    offered.pay()
    seen: set[int] = set()
    before = holding.card()["pids"]
    os.kill(before["postgres"], signal.SIGKILL)
    holding.control("deliveries/release", copies=3, parallel=1)

    def back() -> bool:
        seen.update(
            requests.get(holding.web + path, timeout=60).status_code for path in ("/", "/ledger")
        )
        return holding.card()["pids"]["postgres"] != before["postgres"] and answers(
            f"{holding.web}/readyz"
        )

    until(back)
    # Whoever came meanwhile was asked to come again; no page broke.
    assert seen <= {200, 503}
    now = holding.card()["pids"]
    assert (now["web"], now["worker"]) == (before["web"], before["worker"])
    holding.control("deliveries", mode="auto")
    holding.control("deliveries/release", copies=2)
    assert len(booked(offered)) == 1
    until(lambda: quiet(holding))
    assert holding.check().returncode == 0


def test_an_event_that_never_comes_is_found_by_the_sweep(
    holding: Stage, offered: OfferedGift
) -> None:
    offered.pay()
    holding.control("deliveries/drop", all=True)
    now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=3)
    with open_house(holding.data) as house:
        sweep(house, now=now)
        sweep(house, now=now)
    assert len(booked(offered)) == 1
