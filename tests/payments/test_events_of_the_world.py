"""What the world does to events: doubled, reordered, lost, forged, strange, and fifty at once."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
import requests
import stripe
from counter_till import SECRET, Till

from fund.kernel.errors import Unavailable
from fund.payments import deliveries, events, queries
from fund.payments.domain import next_look
from fund.payments.queries import EventView
from fund.platform.house import House

GOOD = "4242424242424242"


def send(till: Till, event: dict[str, Any], secret: str = SECRET) -> requests.Response:
    """A signed event through our real door."""
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret)
    return requests.post(
        f"http://127.0.0.1:{till.door.server_port}/webhooks/stripe",
        body.encode(),
        headers={"Stripe-Signature": header},
        timeout=30,
    )


def note(kind: str, thing: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{secrets.token_hex(8)}",
        "type": kind,
        "livemode": False,
        "created": int(time.time()),
        "data": {"object": thing},
    } | more


def a_life(till: Till) -> list[str]:
    """One gift of each fate; returns their numbers."""
    numbers = [till.begin(method) for method in ("card", "konbini", "paypay", "bank_transfer")]
    card, shop, paypay, bank = numbers
    till.pay(card, card="4000000000000002")
    till.pay(card, card=GOOD)
    till.pay(shop, method="konbini")
    till.control(f"konbini/{till.payment(shop).session_id}/pay")
    till.pay(paypay, method="paypay")
    till.pay(bank, method="customer_balance")
    for yen in (3_000, 7_000):
        till.control("transfers", session=till.payment(bank).session_id, amount=yen)
    intent = till.rows("SELECT session_id FROM payment WHERE method = 'card'")
    assert intent
    return numbers


def books(till: Till) -> list[Any]:
    """All that must not depend on how events came."""
    return till.rows(
        """SELECT payment.method, payment.state, payment.received_on, gift.state, gift.method,
                  (SELECT count(*) FROM journal_entry WHERE fact_id = payment.no)
           FROM payment JOIN gift ON gift.no = payment.gift_no ORDER BY payment.id"""
    )


@pytest.mark.parametrize(
    "how",
    [
        {"order": "created"},
        {"order": "reverse"},
        {"order": "shuffle", "seed": 1},
        {"order": "shuffle", "seed": 2, "copies": 3},
        {"order": "created", "copies": 2, "parallel": True},
    ],
)
def test_any_order_and_repetition_ends_in_the_same_books(till: Till, how: dict[str, Any]) -> None:
    numbers = a_life(till)
    assert all(one["status"] == 200 for one in till.deliver(**how))
    till.work()
    assert [row[1:2] + row[3:4] + row[5:] for row in books(till)] == [
        ("succeeded", "received", 1) for _ in numbers
    ]
    assert till.held() == 40_000
    assert till.broken() == []


def test_lost_events_are_healed_by_the_providers_own_list(till: Till) -> None:
    numbers = a_life(till)
    till.control("deliveries/drop", all=True)
    assert till.rows("SELECT count(*) FROM provider_event") == [(0,)]
    till.heal()
    assert till.held() == 10_000 * len(numbers)
    assert till.broken() == []
    assert set(till.rows("SELECT DISTINCT source FROM provider_event")) == {("listed",)}
    known = till.rows("SELECT count(*) FROM provider_event")
    till.heal()
    assert till.rows("SELECT count(*) FROM provider_event") == known


def test_a_delivery_after_the_listing_adds_nothing(till: Till) -> None:
    a_life(till)
    till.heal()
    known = till.rows("SELECT id, state, source FROM provider_event ORDER BY id")
    till.deliver(copies=2)
    after = till.rows("SELECT id, state, source FROM provider_event ORDER BY id")
    assert {row for row in after if row[2] == "listed"} == set(known)
    assert till.held() == 40_000


def test_a_lost_event_of_yesterday_is_found_though_newer_ones_were_delivered(till: Till) -> None:
    first = till.begin()
    till.pay(first, card=GOOD)
    till.control("deliveries/drop", all=True)
    till.pass_time(hours=20)
    second = till.begin()
    till.pay(second, card=GOOD)
    till.deliver()
    assert till.gift(first).state == "awaiting_payment"
    till.heal()
    assert till.gift(first).state == "received"


def test_the_clock_finds_what_no_event_and_no_list_told(till: Till) -> None:
    numbers = a_life(till)
    till.control("deliveries/drop", all=True)
    till.sweep()
    assert till.held() == 0, "fresh payments are left to their events for two minutes"
    till.pass_time(minutes=3)
    till.sweep()
    assert till.held() == 10_000 * len(numbers)
    assert till.broken() == []


def test_every_open_payment_is_looked_at_however_many_there_are(till: Till, monkeypatch) -> None:
    monkeypatch.setattr(deliveries, "LOOKS_AT_ONCE", 3)
    numbers = [till.begin() for _ in range(11)]
    for number in numbers:
        till.pay(number, card=GOOD)
    till.control("deliveries/drop", all=True)
    till.pass_time(minutes=3)
    till.sweep()
    assert till.held() == 110_000


def test_a_silent_provider_ends_the_sweep_and_the_looks_are_given_back(till: Till) -> None:
    numbers = [till.begin() for _ in range(3)]
    for number in numbers:
        till.pay(number, card=GOOD)
    till.pass_time(minutes=3)
    till.control("failures", fail_next=[{"path": "/v1/*", "status": 503, "times": 3}])
    till.sweep()
    assert till.held() == 0
    till.control("failures", clear=True)
    till.sweep()
    assert till.held() == 30_000


def test_looks_become_rarer_with_age() -> None:
    begun = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    ages = [dt.timedelta(minutes=2), dt.timedelta(hours=8), dt.timedelta(days=30)]
    waits = [next_look(begun, begun + age) - (begun + age) for age in ages]
    assert waits == [dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(hours=6)]


def test_fifty_deliveries_of_one_event_at_once_book_once(till: Till) -> None:
    number = till.begin()
    till.pay(number, card=GOOD)
    session = till.payment(number).session_id
    event = note("checkout.session.completed", {"id": session})
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: send(till, event).status_code, range(50)))
    assert answers == [200] * 50
    assert till.rows("SELECT count(*) FROM provider_event WHERE id = %s", event["id"]) == [(1,)]
    sql = "SELECT count(*) FROM procrastinate_jobs WHERE args ->> 'event_id' = %s"
    assert till.rows(sql, event["id"]) == [(1,)]
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        deliveries.process_event(till.house, now=till.now, event_id=event["id"])

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result()
    assert till.held() == 10_000
    assert till.rows("SELECT count(*) FROM audit_trail WHERE act = 'payment.received'") == [(1,)]


@pytest.mark.parametrize(
    ("kind", "thing", "said"),
    [
        ("customer.created", {"id": "cus_1"}, "type customer.created is not used"),
        ("v2.core.event", {"id": "x"}, "is not used"),
        ("checkout.session.completed", {"id": "cs_test_gone"}, "does not know this checkout"),
        ("payment_intent.succeeded", {"id": "pi_gone"}, "does not know this payment"),
        ("charge.refunded", {"id": "ch_gone"}, "no payment belongs"),
        ("refund.updated", {"id": "re_1", "charge": "ch_gone"}, "no payment belongs"),
        ("refund.updated", {"id": "re_1", "charge": None}, "no payment belongs"),
        ("charge.dispute.created", {"id": "du_1", "payment_intent": {"id": "pi_no"}}, "no payment"),
        ("radar.early_fraud_warning.created", {"id": "issfr_1", "charge": "ch_x"}, "no payment"),
        ("cash_balance.funds_available", {"customer": "cus_x"}, "no customer of ours"),
        ("cash_balance.funds_available", {"object": "cash_balance"}, "names no customer"),
    ],
)
def test_what_we_have_no_use_for_is_kept_with_a_reason(
    till: Till, kind: str, thing: dict[str, Any], said: str
) -> None:
    event = note(kind, thing)
    assert send(till, event).status_code == 200
    till.work()
    [(state, reason, body)] = till.rows("SELECT state, reason, body FROM provider_event")
    assert state == "ignored"
    assert said in reason
    assert json.loads(bytes(body)) == event


def test_events_of_the_other_mode_and_of_other_payments_book_nothing(till: Till) -> None:
    number = till.begin()
    till.pay(number, card=GOOD)
    session = till.payment(number).session_id
    send(till, note("checkout.session.completed", {"id": session}, livemode=True))
    till.work()
    assert till.held() == 0
    [(reason,)] = till.rows("SELECT reason FROM provider_event")
    assert "other mode" in reason


def test_a_forged_event_is_refused_and_leaves_nothing(till: Till) -> None:
    event = note("checkout.session.completed", {"id": "cs_1"})
    assert send(till, event, "whsec_guess").status_code == 400
    assert till.rows("SELECT count(*) FROM provider_event") == [(0,)]


def test_an_amount_that_is_not_ours_is_kept_and_not_booked(till: Till, superuser_dsn: str) -> None:
    number = till.begin()
    till.pay(number, card=GOOD)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("ALTER TABLE payment DISABLE TRIGGER payment_is_fixed")
        connection.execute("UPDATE payment SET yen = yen + 1")
    till.deliver()
    assert till.held() == 0
    reasons = {row[0] for row in till.rows("SELECT reason FROM provider_event")}
    assert "paid 10000 yen, asked for 10001" in reasons


def test_a_provider_that_is_down_leaves_the_event_for_later(till: Till) -> None:
    number = till.begin()
    till.pay(number, card=GOOD)
    session = till.payment(number).session_id
    event = note("checkout.session.completed", {"id": session})
    send(till, event)
    till.control("failures", fail_next=[{"path": "/v1/*", "status": 500, "times": 3}])
    with pytest.raises(Unavailable):
        deliveries.process_event(till.house, now=till.now, event_id=event["id"])
    till.control("failures", clear=True)
    assert till.rows("SELECT state FROM provider_event") == [("pending",)]
    till.work()
    assert till.held() == 10_000


def test_a_fraud_warning_is_shown_to_the_officers_once(till: Till) -> None:
    number = till.begin()
    till.pay(number, card=GOOD)
    till.deliver()
    charge = till.payment(number).charge_id
    for _ in range(2):
        send(till, note("radar.early_fraud_warning.created", {"id": "i_1", "charge": charge}))
    till.work()
    assert till.payment(number).warned_at is not None
    assert till.rows("SELECT count(*) FROM audit_trail WHERE act = 'payment.fraud-warning'") == [
        (1,)
    ]
    with till.house.database.reading() as connection:
        assert [one.no for one in queries.payments_to_check(connection)] == [
            till.payment(number).no
        ]


def test_other_modules_look_into_types_of_their_own_and_into_ours(till: Till) -> None:
    names = (f"test.made_up.{n}" for n in itertools.count(secrets.randbelow(10**9)))
    kind, seen = next(names), []

    @events.on(kind, "checkout.session.expired")
    def _mine(house: House, event: EventView, now: dt.datetime) -> str | None:
        assert house is till.house
        assert now.tzinfo is not None
        seen.append((event.type, event.object["id"]))
        return None

    send(till, note(kind, {"id": "x_1"}))
    send(till, note("checkout.session.expired", {"id": "cs_test_theirs"}))
    till.work()
    events.forget(_mine)
    assert sorted(seen) == sorted([(kind, "x_1"), ("checkout.session.expired", "cs_test_theirs")])
    assert set(till.rows("SELECT state, reason FROM provider_event")) == {("processed", None)}
    send(till, note(kind, {"id": "x_2"}))
    till.work()
    assert till.rows("SELECT count(*) FROM provider_event WHERE state = 'ignored'") == [(1,)]


def test_the_answer_of_a_lost_checkout_is_found_again_with_another_mail_address(
    till: Till,
) -> None:
    till.control(
        "failures",
        fail_next=[{"path": "/v1/checkout/sessions", "status": 0, "times": 3, "when": "after"}],
    )
    with pytest.raises(Unavailable):
        till.begin()
    till.control("failures", clear=True)
    [(gift_no, payment_no)] = till.rows("SELECT gift_no, no FROM payment")
    assert "/c/pay/" in till.open(gift_no, payment_no)
    asked = requests.get(f"{till.sandbox.url}/_sandbox/sessions", timeout=30).json()
    assert len(asked) == 1, "the key made the repetition the same checkout"
