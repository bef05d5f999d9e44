"""What the provider's facts mean for a payment, without any provider."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.payments.domain import PAYMENT, CheckoutFacts, mismatch, state_after

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
