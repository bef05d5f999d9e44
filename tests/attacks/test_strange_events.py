"""Events that bear a good signature and strange content: never a 500, never work without end."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests
import stripe
from counter_till import SECRET, Till

from fund.payments import deliveries, events


def send(till: Till, body: bytes, header: str = "") -> int:
    """The door's answer to these bytes, signed as the provider signs."""
    header = header or stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)
    return requests.post(
        f"http://127.0.0.1:{till.door.server_port}/webhooks/stripe",
        body,
        headers={"Stripe-Signature": header},
        timeout=30,
    ).status_code


@pytest.mark.parametrize(
    ("ahead", "answer"), [(86_400, 400), (330, 400), (240, 200), (-240, 200), (-330, 400)]
)
@pytest.mark.parametrize("more", ["", ",t={now}", ",v0=abc"])
def test_a_signature_holds_for_five_minutes_before_and_after_its_moment(
    till: Till, ahead: int, answer: int, more: str
) -> None:
    now, body = int(time.time()), event(data={"object": {"id": "cs_unknown"}})
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET, now + ahead)
    assert send(till, body, header + more.format(now=now)) == answer
    assert till.rows("SELECT count(*) FROM provider_event") == [(int(answer == 200),)]


def test_a_house_whose_clock_is_wrong_hears_nothing_and_misses_nothing(till: Till) -> None:
    """Six minutes slow: every delivery is refused, the sweep still asks for itself."""
    gift_no = till.begin()
    till.pay(gift_no)
    till.control("deliveries/drop", all=True)
    body = event(data={"object": {"id": till.payment(gift_no).session_id}})
    header = stripe.WebhookSignature.generate_signature_header(
        body.decode(), SECRET, int(time.time()) + 360
    )
    assert send(till, body, header) == 400
    assert till.gift(gift_no).state == "awaiting_payment"
    till.heal()
    assert till.gift(gift_no).state == "received"
    assert till.held() == 10_000
    assert till.broken() == []


def event(**changes: Any) -> bytes:
    found = {
        "id": "evt_strange",
        "type": "checkout.session.completed",
        "livemode": False,
        "created": int(time.time()),
        "data": {"object": {"id": "cs_unknown"}},
    }
    return json.dumps(found | changes).encode()


@pytest.mark.parametrize(
    "body",
    [
        event(id="evt_\x00"),
        event(id="evt_\ud800"),
        event(id="evt_" + "a" * 400_000),
        event(id="evt/../x"),
        event(type="payout.\x00paid"),
        event(type="t" * 5_000),
        event(created=10**18),
        b"[" * 200_000,
        b'{"a":' * 60_000,
    ],
    ids=["nul", "surrogate", "long", "path", "nul type", "long type", "far", "deep", "deeper"],
)
def test_what_cannot_be_an_event_is_refused_and_not_stored(till: Till, body: bytes) -> None:
    assert send(till, body) == 400
    assert till.rows("SELECT count(*) FROM provider_event") == [(0,)]


@pytest.mark.parametrize("told", [True, False], ids=["its length told", "in chunks"])
def test_what_is_longer_than_any_event_is_refused(till: Till, told: bool) -> None:
    body = event(data={"object": {"x": "a" * 600_000}})
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)
    answer = requests.post(
        f"http://127.0.0.1:{till.door.server_port}/webhooks/stripe",
        body if told else iter([body]),
        headers={"Stripe-Signature": header},
        timeout=30,
    )
    assert answer.status_code == 413
    assert till.rows("SELECT count(*) FROM provider_event") == [(0,)]


STRANGE_IDS = (
    "",
    "cs_\x00",
    "cs_\ud800",
    "../customers",
    "春の募集",
    "c" * 400,
    None,
    7,
    {"id": "x"},
)


@pytest.mark.parametrize("kind", events.used_types())
def test_an_event_about_nothing_that_could_be_asked_for_is_closed_with_a_reason(
    till: Till, kind: str
) -> None:
    things: list[dict[str, Any]] = [{}, {"parent": 5}, {"parent": {"subscription_details": []}}]
    for odd in STRANGE_IDS:
        names = ("id", "charge", "payment_intent", "customer", "subscription")
        parent = {"subscription_details": {"subscription": odd}}
        things.append({**dict.fromkeys(names, odd), "parent": parent})
    for number, thing in enumerate(things):
        event_id = f"evt_strange_{number}"
        assert send(till, event(id=event_id, type=kind, data={"object": thing})) == 200
        deliveries.process_event(till.house, now=till.now, event_id=event_id)
    assert till.rows("SELECT count(*) FROM provider_event WHERE state = 'pending'") == [(0,)]
