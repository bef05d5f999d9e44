"""Events reach the endpoint signed, in order, until it answers 2xx, and also after a restart."""

from __future__ import annotations

import concurrent.futures
import random

import pytest
import requests
import stripe
from conftest import SECRET, World, until

CARD_PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
]


def delivered(world: World, count: int) -> list[str]:
    until(lambda: len(world.endpoint.got) >= count)
    return world.endpoint.types


def test_a_card_payment_tells_its_story_in_order(world: World) -> None:
    intent = world.paid_intent()
    assert delivered(world, 4) == CARD_PAID
    last = world.endpoint.events[-1]
    assert last.api_version == "2026-10-28.endive"
    assert last.data.object["payment_intent"] == intent.id
    assert last.data.object["payment_status"] == "paid"
    assert (
        until(lambda: not world.stripe.events.list({"delivery_success": False}).data or None)
        is True
    )


def test_a_body_that_was_touched_or_another_secret_does_not_verify(world: World) -> None:
    world.paid_intent()
    delivered(world, 4)
    body, sign = world.endpoint.got[0]
    assert world.client.construct_event(body, sign, SECRET).type == CARD_PAID[0]
    for payload, secret in ((body.replace(b"5000", b"5001"), SECRET), (body, "whsec_other")):
        with pytest.raises(stripe.SignatureVerificationError):
            world.client.construct_event(payload, sign, secret)


def test_signatures_carry_real_time_when_the_clock_is_ahead(world: World) -> None:
    world.control("clock", advance=30 * 24 * 3600)
    world.paid_intent()
    assert delivered(world, 4) == CARD_PAID


def test_a_failed_delivery_is_repeated_until_it_succeeds(world: World) -> None:
    world.endpoint.answers += [500, 503, 302, 404]
    world.paid_intent()
    until(lambda: not world.stripe.events.list({"delivery_success": False}).data or None)
    assert sorted(set(world.endpoint.types)) == sorted(CARD_PAID)
    assert len(world.endpoint.got) == 8


def test_undelivered_events_survive_a_restart(world: World) -> None:
    world.control("deliveries", mode="hold")
    session = world.session()
    world.pay(session)
    world.restart()
    assert world.stripe.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert world.endpoint.got == []
    pending = world.stripe.events.list({"delivery_success": False}).data
    assert [event.type for event in pending] == CARD_PAID[::-1]
    assert {event.pending_webhooks for event in pending} == {1}
    world.control("deliveries", mode="auto")
    assert delivered(world, 4) == CARD_PAID


def test_an_open_session_can_be_paid_after_a_restart(world: World) -> None:
    session = world.session()
    key = {"idempotency_key": "customer-1"}
    customer = world.stripe.customers.create({"name": "見本"}, key)
    world.restart()
    assert world.pay(session)["outcome"] == "paid"
    assert world.stripe.customers.create({"name": "見本"}, key).id == customer.id


def test_held_events_are_released_in_a_repeatable_shuffle(world: World) -> None:
    world.control("deliveries", mode="hold")
    world.paid_intent()
    released = world.control("deliveries/release", order="shuffle", seed=7, copies=3)
    expected = 3 * CARD_PAID
    random.Random(7).shuffle(expected)
    assert [one["type"] for one in released] == expected == world.endpoint.types
    assert {one["status"] for one in released} == {200}


def test_released_in_reverse_and_only_those_named(world: World) -> None:
    world.control("deliveries", mode="hold")
    world.paid_intent()
    listed = requests.get(f"{world.url}/_sandbox/events", timeout=30).json()
    chosen = [one["id"] for one in listed if one["type"] == "payment_intent.succeeded"]
    assert [one["id"] for one in world.control("deliveries/release", ids=chosen)] == chosen
    left = world.control("deliveries/release", order="reverse")
    assert [one["type"] for one in left] == [
        t for t in CARD_PAID[::-1] if t != "payment_intent.succeeded"
    ]


def test_dropped_events_are_never_delivered_but_stay_in_the_list(world: World) -> None:
    world.control("deliveries", mode="hold")
    world.paid_intent()
    dropped = world.control("deliveries/drop", types=["checkout.session.completed"])["dropped"]
    world.control("deliveries", mode="auto")
    assert delivered(world, 3) == CARD_PAID[:3]
    lost = until(
        lambda: (
            [e.id for e in world.stripe.events.list({"delivery_success": False}).data] == dropped
        )
    )
    assert lost
    assert world.stripe.events.retrieve(dropped[0]).type == "checkout.session.completed"


def test_an_event_can_be_delivered_ten_times_at_once(world: World) -> None:
    world.paid_intent()
    delivered(world, 4)
    event = world.stripe.events.list({"type": "checkout.session.completed"}).data[0]
    answers = world.control(f"events/{event.id}/deliver?copies=10&parallel=1")
    assert [one["status"] for one in answers] == [200] * 10
    copies = [got for got in world.endpoint.events if got.id == event.id]
    assert len(copies) == 11
    assert len({str(got.data) for got in copies}) == 1


def test_events_go_where_they_are_told_to_go(world: World) -> None:
    world.control("webhook", url="")
    world.paid_intent()
    assert world.stripe.events.list().data[0].pending_webhooks == 0
    assert world.endpoint.got == []
    world.control("webhook", url=world.endpoint.url)
    assert delivered(world, 4) == CARD_PAID


def test_konbini_tells_of_the_promise_and_then_of_its_end(world: World) -> None:
    for end in ("pay", "expire"):
        session = world.session()
        world.pay(session, method="konbini")
        world.control(f"konbini/{session.id}/{end}")
    promised = [
        "payment_intent.created",
        "payment_intent.requires_action",
        "checkout.session.completed",
    ]
    kept = [
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]
    broken = ["payment_intent.payment_failed", "checkout.session.async_payment_failed"]
    assert delivered(world, 11) == [*promised, *kept, *promised, *broken]
    statuses = [
        e.data.object["payment_status"] for e in world.endpoint.events if "session" in e.type
    ]
    assert statuses == ["unpaid", "paid", "unpaid", "unpaid"]


def test_a_voucher_expires_by_itself_at_the_end_of_its_day_in_japan(world: World) -> None:
    session = world.session(payment_method_options={"konbini": {"expires_after_days": 7}})
    world.pay(session, method="konbini")
    intent = world.stripe.payment_intents.retrieve(
        world.stripe.checkout.sessions.retrieve(session.id).payment_intent
    )
    ends = intent.next_action.konbini_display_details.expires_at
    assert (ends + 1 + 9 * 3600) % 86400 == 0
    assert 6 * 86400 < ends - intent.created < 8 * 86400
    now = requests.get(f"{world.url}/_sandbox/state", timeout=30).json()["now"]
    world.control("clock", advance=ends - now - 60)
    assert world.stripe.payment_intents.retrieve(intent.id).status == "requires_action"
    world.control("clock", advance=120)
    expired = world.stripe.payment_intents.retrieve(intent.id)
    assert expired.status == "requires_payment_method"
    assert expired.last_payment_error.code == "payment_intent_payment_attempt_expired"


def test_forty_parallel_payments_submitted_twice_are_charged_once(world: World) -> None:
    world.control("deliveries", mode="hold")

    def give(number: int) -> str:
        session = world.session(1000 + number, client_reference_id=f"G-{number}")
        with concurrent.futures.ThreadPoolExecutor(2) as twice:
            words = [
                f.result()["outcome"] for f in [twice.submit(world.pay, session) for _ in range(2)]
            ]
        assert sorted(words) == ["closed", "paid"]
        return session.id

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(give, range(40)))
    charges = list(world.stripe.charges.list({"limit": 100}).auto_paging_iter())
    assert sum(charge.amount for charge in charges) == sum(1000 + number for number in range(40))
    done = world.stripe.events.list({"type": "checkout.session.completed", "limit": 100})
    assert {event.data.object["id"] for event in done.auto_paging_iter()} == ids
