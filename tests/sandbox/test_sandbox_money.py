"""Refunds, disputes, transfers and payouts: every yen in, out and between is accounted for."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe
from conftest import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def entries(world: World, **filters: Any) -> list[stripe.BalanceTransaction]:
    return list(
        world.stripe.balance_transactions.list({"limit": 100, **filters}).auto_paging_iter()
    )


@pytest.mark.parametrize(
    ("method", "kind", "back"),
    [("card", "charge", "refund"), ("paypay", "payment", "payment_refund")],
)
def test_a_partial_refund_and_the_rest(world: World, method: str, kind: str, back: str) -> None:
    intent = world.paid_intent(5000, method=method)
    first = world.stripe.refunds.create(
        {"payment_intent": intent.id, "amount": 1200, "metadata": {"decision": "7-12"}}
    )
    assert (first.status, first.amount, first.metadata["decision"]) == ("succeeded", 1200, "7-12")
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.refunds.create({"payment_intent": intent.id, "amount": 3801})
    rest = world.stripe.refunds.create({"charge": intent.latest_charge.id})
    assert rest.amount == 3800
    charge = world.stripe.charges.retrieve(intent.latest_charge.id, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded) == (True, 5000)
    assert [refund.id for refund in charge.refunds.data] == [rest.id, first.id]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        world.stripe.refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_already_refunded"
    assert [(e.type, e.amount) for e in entries(world)] == [
        (back, -3800),
        (back, -1200),
        (kind, 5000),
    ]
    assert world.stripe.refunds.list({"payment_intent": intent.id}).data[0].id == rest.id


def test_a_konbini_refund_waits_for_the_payers_account(world: World) -> None:
    session = world.session()
    world.pay(session, method="konbini", email="hanako@example.com")
    paid = world.control(f"konbini/{session.id}/pay")["session"]["payment_intent"]
    refund = world.stripe.refunds.create({"payment_intent": paid})
    assert refund.status == "requires_action"
    assert refund.next_action.display_details.email_sent.email_sent_to == "hanako@example.com"
    world.control(f"refunds/{refund.id}", status="pending")
    failed = world.control(f"refunds/{refund.id}", status="failed", reason="invalid_account_number")
    assert failed["failure_reason"] == "invalid_account_number"
    charge = world.stripe.charges.list({"payment_intent": paid}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert [(e.type, e.amount) for e in entries(world)] == [
        ("payment_failure_refund", 5000),
        ("payment_refund", -5000),
        ("payment", 5000),
    ]


def test_cards_whose_refunds_come_back_later(world: World) -> None:
    fails = world.stripe.refunds.create(
        {"payment_intent": world.paid_intent(card="4000000000005126").id}
    )
    pends = world.stripe.refunds.create(
        {"payment_intent": world.paid_intent(card="4000000000007726").id}
    )
    assert (fails.status, pends.status) == ("succeeded", "pending")
    world.control("clock", advance=60)
    assert world.stripe.refunds.retrieve(fails.id).status == "failed"
    assert world.stripe.refunds.retrieve(pends.id).status == "succeeded"


def test_a_refund_in_the_dashboard_has_no_request_behind_it(world: World) -> None:
    intent = world.paid_intent()
    made = world.control("refunds", payment_intent=intent.id, amount=500)
    event = world.stripe.events.list({"type": "refund.created"}).data[0]
    assert (event.data.object["id"], event.request.id, event.request.idempotency_key) == (
        made["id"],
        None,
        None,
    )
    world.stripe.refunds.create(
        {"payment_intent": intent.id, "amount": 1}, {"idempotency_key": "r-1"}
    )
    event = world.stripe.events.list({"type": "refund.created"}).data[0]
    assert event.request.idempotency_key == "r-1"
    assert event.request.id.startswith("req_")


@pytest.mark.parametrize(("outcome", "net"), [("won", 5000 - 180 - 1500), ("lost", -180 - 1500)])
def test_a_dispute_takes_the_money_and_gives_it_back_when_won(
    world: World, outcome: str, net: int
) -> None:
    charge = world.paid_intent(5000).latest_charge
    opened = world.control("disputes", charge=charge.id, reason="duplicate")
    assert (opened["status"], opened["amount"]) == ("needs_response", 5000)
    assert world.stripe.charges.retrieve(charge.id).disputed is True
    with pytest.raises(stripe.InvalidRequestError) as caught:
        world.stripe.refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_disputed"
    world.control(f"disputes/{opened['id']}/close", outcome=outcome)
    closed = world.stripe.disputes.list({"charge": charge.id}).data[0]
    assert (closed.status, sum(e.net for e in entries(world))) == (outcome, net)
    assert [e.type for e in entries(world, source=opened["id"])][-1] == "adjustment"


def test_the_dispute_card_is_disputed_some_time_later(world: World) -> None:
    charge = world.paid_intent(card="4000000000000259").latest_charge
    assert world.stripe.disputes.list().data == []
    world.control("clock", advance=60)
    assert world.stripe.disputes.list().data[0].charge == charge.id


def test_what_was_given_back_wholly_is_not_disputed(world: World) -> None:
    charge = world.paid_intent(card="4000000000000259").latest_charge
    world.stripe.refunds.create({"charge": charge.id})
    world.control("clock", advance=60)
    assert world.stripe.disputes.list().data == []
    refused = requests.post(
        f"{world.url}/_sandbox/disputes", json={"charge": charge.id}, timeout=30
    )
    assert refused.status_code == 400


def test_a_payout_lists_exactly_what_it_consists_of(world: World) -> None:
    for amount in (5000, 12345):
        world.paid_intent(amount)
    world.stripe.refunds.create({"payment_intent": world.paid_intent(700).id, "amount": 200})
    first = world.control("payouts", fees=330)
    world.paid_intent(999)
    second = world.control("payouts")
    for payout in (first, second):
        listed = entries(world, payout=payout["id"])
        own = [e for e in listed if e.type == "payout"]
        assert [e.amount for e in own] == [-payout["amount"]]
        assert sum(e.net for e in listed) == 0
        assert {e.status for e in listed} == {"available"}
    assert {e.type for e in entries(world, payout=first["id"])} == {
        "charge",
        "refund",
        "stripe_fee",
        "payout",
    }
    assert [p.id for p in world.stripe.payouts.list({"status": "paid"}).data] == [
        second["id"],
        first["id"],
    ]
    assert world.stripe.payouts.retrieve(first["id"]).reconciliation_status == "completed"


def test_a_payout_that_bounces_brings_its_money_into_the_next(world: World) -> None:
    world.paid_intent(5000)
    late = world.control("payouts", arrived=False)
    assert late["status"] == "in_transit"
    assert world.control(f"payouts/{late['id']}", status="failed")["status"] == "failed"
    assert world.control("payouts")["amount"] == late["amount"] == 4820


def test_a_payout_may_bounce_after_it_was_thought_paid(world: World) -> None:
    world.paid_intent(5000)
    paid = world.control("payouts")
    failed = world.control(f"payouts/{paid['id']}", status="failed")
    assert (paid["status"], failed["status"]) == ("paid", "failed")
    assert world.stripe.payouts.retrieve(paid["id"]).failure_code == "account_closed"
    assert balance(world) == 4820


def balance(world: World) -> int:
    now = world.stripe.balance.retrieve()
    return sum(part.amount for part in (*now.available, *now.pending))


def test_the_balance_is_the_net_of_all_movements(world: World) -> None:
    assert balance(world) == 0
    world.paid_intent(5000)
    world.stripe.refunds.create({"payment_intent": world.paid_intent(700).id, "amount": 200})
    assert balance(world) == sum(e.net for e in entries(world)) == 5295
    assert [part.amount for part in world.stripe.balance.retrieve().available] == [0]
    world.control("payouts")
    assert balance(world) == 0


def test_short_transfers_wait_and_what_is_too_much_stays(world: World) -> None:
    customer = world.stripe.customers.create({"name": "見本 花子"}).id
    wanted = {"customer": customer, "allowed_payment_method_types": ["customer_balance"]}
    session = world.session(10_000, **wanted)
    assert world.pay(session, method="customer_balance")["outcome"] == "instructions"
    world.control("transfers", customer=customer, amount=4000)
    intent = world.stripe.payment_intents.retrieve(
        world.stripe.checkout.sessions.retrieve(session.id).payment_intent
    )
    assert intent.next_action.display_bank_transfer_instructions.amount_remaining == 6000
    assert world.stripe.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    world.control("transfers", customer=customer, amount=7500)
    assert world.stripe.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert world.stripe.customers.cash_balance.retrieve(customer).available["jpy"] == 1500
    again = world.session(1500, **wanted)
    assert world.pay(again, method="customer_balance")["session"]["payment_status"] == "paid"
    assert world.stripe.customers.cash_balance.retrieve(customer).available["jpy"] == 0
    moves = world.stripe.customers.cash_balance_transactions.list(customer, {"limit": 100}).data
    assert sum(move.net_amount for move in moves) == 0


@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["card", "paypay", "refund", "dispute", "payout"]),
            st.integers(200, 90_000),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_after_any_history_charges_less_everything_equal_payouts_and_balance(
    world: World, acts: list[Any]
) -> None:
    world.control("reset")
    world.control("webhook", url="")
    for act, amount in acts:
        play(world, act, amount)
    listed = entries(world)
    gross = sum(c.amount for c in world.stripe.charges.list({"limit": 100}).data)
    refunded = sum(r.amount for r in world.stripe.refunds.list({"limit": 100}).data)
    disputed = sum(d.amount for d in world.stripe.disputes.list({"limit": 100}).data)
    paid_out = sum(p.amount for p in world.stripe.payouts.list({"limit": 100}).data)
    fees = sum(e.fee for e in listed)
    assert sum(e.net for e in listed) == gross - refunded - disputed - fees - paid_out
    assert all(e.net == e.amount - e.fee and isinstance(e.amount, int) for e in listed)


def play(world: World, act: str, amount: int) -> None:
    if act in ("card", "paypay"):
        world.paid_intent(amount, method=act)
        return
    if act == "payout":
        if sum(e.net for e in entries(world)) > 0:
            world.control("payouts")
        return
    charges = [c for c in world.stripe.charges.list({"limit": 100}).data if not c.disputed]
    if act == "dispute":
        card = [c for c in charges if c.payment_method_details.type == "card" and not c.refunded]
        if card:
            world.control("disputes", charge=card[0].id)
        return
    left = [c for c in charges if not c.refunded]
    if left:
        part = min(amount, left[0].amount - left[0].amount_refunded)
        world.stripe.refunds.create({"charge": left[0].id, "amount": part})
