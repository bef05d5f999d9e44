"""Everything the sandbox says has the shape of the SDK's own types."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import stripe
from conftest import KEY, World, monthly_params, session_params, setup_params
from stripe.params import RefundCreateParams
from stripe.params.checkout import SessionCreateParams
from stripe_types import check_answer, check_request

GOOD, DECLINED, LATE_DISPUTE = "4242424242424242", "4000000000009995", "4000000000000259"


def raw(world: World, path: str) -> dict[str, Any]:
    answer = requests.get(
        f"{world.url}/v1/{path}", headers={"Authorization": f"Bearer {KEY}"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def play_a_year(world: World) -> None:
    """One of everything that can happen."""
    play_cards(world)
    play_promises(world)
    play_refunds(world)
    play_the_bank(world)
    play_months(world)


def play_cards(world: World) -> None:
    world.session(expires_at=world.control("clock", advance=0)["now"] + 3600)
    world.control(f"sessions/{world.session().id}/expire")
    tried = world.session(
        metadata={"gift": "G-1"}, payment_intent_data={"metadata": {"gift": "G-1"}}
    )
    world.pay(tried, card=DECLINED)
    world.pay(tried, card="4000002500003155", approve=False)
    world.pay(tried, card="4000002500003155")
    left = world.session()
    world.pay(left, card=DECLINED)
    world.control(f"sessions/{left.id}/expire")


def play_promises(world: World) -> None:
    world.pay(world.session(), method="konbini")
    world.pay(world.session(), method="paypay", approve=False)
    world.pay(world.session(), method="paypay")
    shop = world.session(locale="en", customer_email="hanako@example.com")
    world.pay(shop, method="konbini", phone="0312345678")
    world.control(f"konbini/{shop.id}/pay")
    unpaid = world.session()
    world.pay(unpaid, method="konbini")
    world.control(f"konbini/{unpaid.id}/expire")
    overdue = world.session()
    world.pay(overdue, method="konbini")
    world.control(f"konbini/{overdue.id}/expire")
    assert world.control(f"konbini/{overdue.id}/pay", late=True)["outcome"] == "paid"
    customer = world.stripe.customers.create({"name": "見本 花子", "email": "hanako@example.com"})
    transfer = world.session(
        10000, customer=customer.id, allowed_payment_method_types=["customer_balance"]
    )
    world.pay(transfer, method="customer_balance")
    for amount in (4000, 7000):
        world.control("transfers", customer=customer.id, amount=amount)


def play_refunds(world: World) -> None:
    for intent, part in ((world.paid_intent(), 1000), (world.paid_intent(method="paypay"), 5000)):
        world.stripe.refunds.create(
            {"payment_intent": intent.id, "amount": part, "reason": "duplicate"}
        )
    for ends in (["pending", "succeeded"], ["canceled"], ["pending", "failed"]):
        slip = world.session()
        world.pay(slip, method="konbini")
        shopped = world.control(f"konbini/{slip.id}/pay")["session"]["payment_intent"]
        refund = world.control("refunds", payment_intent=shopped)
        for status in ends:
            world.control(f"refunds/{refund['id']}", status=status)
    for card in ("4000000000005126", "4000000000007726"):
        world.stripe.refunds.create({"payment_intent": world.paid_intent(card=card).id})


def play_the_bank(world: World) -> None:
    world.paid_intent(card=LATE_DISPUTE)
    world.paid_intent(card="4000000000001976")
    world.control("clock", advance=3600)
    for outcome in ("won", "lost"):
        opened = world.control("disputes", charge=world.paid_intent().latest_charge.id)
        world.control(f"disputes/{opened['id']}/close", outcome=outcome)
    world.control("payouts", fees=300)
    world.pay(world.session(), card=GOOD)
    late = world.control("payouts", arrived=False)
    world.control(f"payouts/{late['id']}", status="failed")
    world.control("payouts", arrived=True)


def play_months(world: World) -> None:
    """A subscription that is paid, paused, resumed, in arrears, rescued, and one that fails."""
    world.wait_for_june()
    for card in ("4000000000000002", "4000002500003155"):
        world.pay(tried := world.session(**monthly_params()), card=card, approve=False)
        world.control(f"sessions/{tried.id}/expire")
    first, second = (
        world.pay(world.session(**monthly_params()))["session"]["subscription"] for _ in range(2)
    )
    subscriptions = world.stripe.subscriptions
    month = 31 * 24 * 3600
    subscriptions.update(first, {"pause_collection": {"behavior": "void"}})
    world.control("clock", advance=month)
    subscriptions.update(first, {"pause_collection": ""})
    for one in (first, second):
        world.control(f"subscriptions/{one}/card", card="4000000000009995")
    world.control("clock", advance=month)
    world.control(f"subscriptions/{first}/card", card=GOOD)
    world.control("clock", advance=month)
    subscriptions.update(first, {"cancel_at_period_end": True, "metadata": {"seen": "1"}})
    world.control("clock", advance=month)
    play_cards_given(world, first)
    third = world.pay(world.session(**monthly_params()))["session"]["subscription"]
    subscriptions.cancel(third, {"cancellation_details": {"comment": "見本"}})


def play_cards_given(world: World, subscription: str) -> None:
    """A session of mode ``setup`` that ends, is refused, fails its challenge, keeps a card."""
    customer = world.stripe.subscriptions.retrieve(subscription).customer
    left = world.stripe.checkout.sessions.create(setup_params(customer))
    world.control(f"sessions/{left.id}/expire")
    given = world.stripe.checkout.sessions.create(setup_params(customer))
    world.pay(given, card="4000000000000002")
    world.pay(given, card="4000002500003155", approve=False)
    world.pay(given, card="4000002500003155")


EXPECTED_TYPES = {
    *(
        f"setup_intent.{w}"
        for w in ("created", "requires_action", "setup_failed", "succeeded", "canceled")
    ),
    "payment_method.attached",
    "customer.created",
    *(f"customer.subscription.{w}" for w in ("created", "updated", "deleted")),
    *(
        f"invoice.{w}"
        for w in ("created", "finalized", "paid", "payment_succeeded", "payment_failed", "voided")
    ),
    "invoice_payment.paid",
    "price.created",
    "product.created",
    *(
        f"checkout.session.{w}"
        for w in ("completed", "expired", "async_payment_succeeded", "async_payment_failed")
    ),
    *(
        f"payment_intent.{w}"
        for w in (
            "created",
            "succeeded",
            "payment_failed",
            "canceled",
            "requires_action",
            "partially_funded",
        )
    ),
    *(f"charge.{w}" for w in ("succeeded", "failed", "refunded")),
    *(f"charge.dispute.{w}" for w in ("created", "closed", "funds_withdrawn", "funds_reinstated")),
    *(f"refund.{w}" for w in ("created", "updated", "failed")),
    *(f"payout.{w}" for w in ("created", "paid", "failed", "reconciliation_completed")),
    "cash_balance.funds_available",
    "customer_cash_balance_transaction.created",
}


@pytest.fixture
def lived(world: World) -> World:
    play_a_year(world)
    return world


def every_event(world: World) -> list[stripe.Event]:
    return list(world.stripe.events.list({"limit": 100}).auto_paging_iter())


def test_every_object_and_every_event_fits_the_types_of_the_sdk(lived: World) -> None:
    lists = ["checkout/sessions", "payment_intents", "charges", "refunds", "disputes", "events"]
    lists += ["balance_transactions", "payouts", "invoices"]
    faults = {path: check_answer(raw(lived, f"{path}?limit=100")) for path in lists}
    events = every_event(lived)
    faults["all events"] = [f for event in events for f in check_answer(json.loads(str(event)))]
    assert faults == {path: [] for path in faults}
    assert {event.type for event in events} == EXPECTED_TYPES


def test_single_objects_fit_the_types_of_the_sdk_with_everything_expanded(lived: World) -> None:
    session = next(
        s
        for s in lived.stripe.checkout.sessions.list({"limit": 100}).data
        if s.amount_total and s.customer
    )
    given = next(
        s for s in lived.stripe.checkout.sessions.list({"limit": 100}).data if s.setup_intent
    )
    paths = [
        f"checkout/sessions/{session.id}?expand[]=payment_intent.latest_charge.balance_transaction&expand[]=line_items&expand[]=customer",
        f"checkout/sessions/{session.id}/line_items",
        f"customers/{session.customer}",
        f"customers/{session.customer}/cash_balance",
        f"customers/{session.customer}/cash_balance_transactions",
        "charges?expand[]=data.payment_intent.payment_method&expand[]=data.refunds",
        "refunds?expand[]=data.charge&expand[]=data.balance_transaction.source",
        "payment_intents?expand[]=data.latest_charge",
        f"setup_intents/{given.setup_intent}?expand[]=payment_method&expand[]=customer",
        "subscriptions?status=all&expand[]=data.latest_invoice.payments&expand[]=data.customer",
        "invoices?expand[]=data.payments.data.payment.payment_intent&expand[]=data.lines",
        "balance_transactions?limit=100&expand[]=data.source",
        "refunds?limit=100&expand[]=data.failure_balance_transaction",
        "balance",
    ]
    assert {path: check_answer(raw(lived, path)) for path in paths} == {path: [] for path in paths}


def test_the_validator_itself_finds_what_is_wrong() -> None:
    good = session_params()
    assert check_request(good, SessionCreateParams) == []
    assert check_request({**good, "payment_method_types": ["card"]}, SessionCreateParams)
    assert check_request(session_params(unit_amout=1), SessionCreateParams)
    broken = session_params()
    broken["line_items"][0]["price_data"]["unit_amout"] = 5
    assert check_request(broken, SessionCreateParams)
    assert check_request({"amount": 10.5}, RefundCreateParams)
    assert check_request({"reason": "because"}, RefundCreateParams)


def test_the_validator_finds_wrong_answers(world: World) -> None:
    session = raw(world, f"checkout/sessions/{world.session().id}")
    assert check_answer(session) == []
    for name, value in (
        ("amount_total", 50.0),
        ("status", "opened"),
        ("novel", 1),
        ("created", None),
    ):
        assert check_answer({**session, name: value}), name
    assert check_answer({k: v for k, v in session.items() if k != "expires_at"})
