"""What the provider's facts mean for a payment, without any provider."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.payments.domain import (
    ENDED,
    PAYMENT,
    TRANSFER_LIFE,
    VOUCHER_OVERDUE,
    CheckoutFacts,
    has_lapsed,
    in_range,
    mismatch,
    next_look,
    state_after,
    transfer_deadline,
)

FACTS = CheckoutFacts(
    session_id="cs_1",
    payment_no="P-1",
    status="open",
    paid=False,
    yen=Yen(15_000),
    currency="jpy",
    livemode=False,
    intent_id=None,
    intent_status=None,
    paid_at=None,
    failure_code=None,
)
PAID_AT = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "open"),
        ({"failure_code": "card_declined"}, "open"),
        ({"status": "complete", "paid": True, "paid_at": PAID_AT}, "succeeded"),
        ({"status": "expired"}, "expired"),
        ({"status": "expired", "paid": True, "paid_at": PAID_AT}, "succeeded"),
        ({"status": "complete", "intent_status": "processing"}, "open"),
        ({"status": "complete", "intent_status": "requires_payment_method"}, "failed"),
        ({"status": "complete", "intent_status": "canceled"}, "canceled"),
    ],
)
def test_facts_ask_for_one_state(change: dict, state: str) -> None:
    assert state_after(replace(FACTS, **change)) == state


def test_money_that_comes_late_is_still_money() -> None:
    for ended in ("failed", "expired", "canceled"):
        PAYMENT.check(ended, "succeeded")


def test_nothing_follows_a_success() -> None:
    for state in PAYMENT.states:
        with pytest.raises(Conflict):
            PAYMENT.check("succeeded", state)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"yen": Yen(1_500_000)}, "1500000 yen, asked for 15000"),
        ({"yen": Yen(14_999)}, "14999"),
        ({"currency": "usd"}, "usd"),
        ({"livemode": True}, "mode"),
    ],
)
def test_facts_of_another_payment_are_not_booked(change: dict, said: str) -> None:
    reason = mismatch(replace(FACTS, **change), Yen(15_000), livemode=False)
    assert reason is not None
    assert said in reason


def test_matching_facts_are_used() -> None:
    assert mismatch(FACTS, Yen(15_000), livemode=False) is None


MOMENTS = st.integers(1_577_000_000, 2_200_000_000).map(
    lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC)
)
KONBINI = {"kind": "konbini", "url": "", "stores": {}}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"intent_status": "requires_action", "voucher": KONBINI}, "waiting"),
        ({"intent_status": "processing"}, "open"),
        (
            {"intent_status": "requires_payment_method", "failure_code": VOUCHER_OVERDUE},
            "expired",
        ),
        ({"intent_status": "requires_payment_method", "failure_code": "card_declined"}, "failed"),
        ({"paid": True, "voucher": KONBINI}, "succeeded"),
    ],
)
def test_a_complete_checkout_waits_fails_or_ends(change: dict, state: str) -> None:
    assert state_after(replace(FACTS, status="complete", **change)) == state


def test_a_challenge_on_an_open_page_is_no_waiting() -> None:
    assert state_after(replace(FACTS, intent_status="requires_action")) == "open"


def test_nothing_that_ended_without_money_comes_back_to_life() -> None:
    for ended in ENDED:
        assert PAYMENT.edges[ended] == {"succeeded"}


@pytest.mark.parametrize(
    ("method", "yen", "takes"),
    [
        ("konbini", 119, False),
        ("konbini", 120, True),
        ("konbini", 300_000, True),
        ("konbini", 300_001, False),
        ("paypay", 49, False),
        ("paypay", 1_000_000, True),
        ("paypay", 1_000_001, False),
        ("card", 5_000_000, True),
        ("bank_transfer", 5_000_000, True),
    ],
)
def test_each_method_has_its_bounds(method: str, yen: int, takes: bool) -> None:
    assert in_range(method, yen) == takes


@given(
    MOMENTS,
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=900)),
)
def test_a_look_is_never_later_than_six_hours_nor_sooner_than_a_minute(
    begun: dt.datetime, age: dt.timedelta
) -> None:
    wait = next_look(begun, begun + age) - (begun + age)
    assert dt.timedelta(minutes=1) <= wait <= dt.timedelta(hours=6)


@given(MOMENTS)
def test_a_transfers_deadline_is_the_end_of_a_day_in_japan(now: dt.datetime) -> None:
    until = transfer_deadline(now)
    assert day_in_japan(until) - day_in_japan(now) == TRANSFER_LIFE
    assert day_in_japan(until + dt.timedelta(seconds=1)) > day_in_japan(until)
    assert not has_lapsed("bank_transfer", until, 0, until)
    assert has_lapsed("bank_transfer", until, 0, until + dt.timedelta(seconds=1))
    assert not has_lapsed("bank_transfer", until, 1, until + dt.timedelta(days=99))
    assert not has_lapsed("konbini", until, 0, until + dt.timedelta(days=99))
