"""Subscriptions in the sandbox: begun by checkout, charged by the clock, paused, failed, ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import stripe
from conftest import World, monthly_params, setup_params
from test_sandbox_shapes import every_event

from fund.sandbox.subscriptions import month_after

GOOD, POOR = "4242424242424242", "4000000000009995"
DAY = 24 * 3600
MONTH = 31 * DAY


def begun(world: World, amount: int = 3000) -> str:
    """The id of a subscription that a checkout began, on a day after which months are alike."""
    world.wait_for_june()
    session = world.pay(world.session(**monthly_params(amount)))["session"]
    assert (session["status"], session["payment_status"]) == ("complete", "paid")
    return str(session["subscription"])


def invoices(world: World, subscription: str) -> list[Any]:
    asked = {"subscription": subscription, "limit": 100, "expand": ["data.payments"]}
    return world.stripe.invoices.list(asked).data[::-1]


def pass_days(world: World, days: int) -> None:
    world.control("clock", advance=days * DAY)


def test_a_checkout_begins_a_subscription_with_a_paid_first_invoice(world: World) -> None:
    identifier = begun(world)
    subscription = world.stripe.subscriptions.retrieve(identifier)
    assert subscription.status == "active"
    assert subscription.metadata.to_dict() == {"pledge": "M-SAMPLE"}
    [invoice] = invoices(world, identifier)
    assert (invoice.status, invoice.billing_reason) == ("paid", "subscription_create")
    assert (invoice.amount_paid, invoice.currency) == (3000, "jpy")
    [payment] = invoice.payments.data
    intent = world.stripe.payment_intents.retrieve(payment.payment.payment_intent)
    assert (intent.status, intent.amount, intent.customer) == (
        "succeeded",
        3000,
        subscription.customer,
    )


def test_the_session_shows_the_intent_on_the_invoice_only(world: World) -> None:
    session = world.pay(world.session(**monthly_params()))["session"]
    assert session["payment_intent"] is None
    assert session["invoice"] is not None
    assert session["customer"] is not None


def test_a_declined_first_charge_begins_nothing_and_may_be_tried_again(world: World) -> None:
    session = world.session(**monthly_params())
    assert world.pay(session, card=POOR)["outcome"] == "declined"
    assert world.stripe.subscriptions.list({"status": "all"}).data == []
    assert world.pay(session, card="4000002500003155")["session"]["subscription"]
    assert len(world.stripe.subscriptions.list().data) == 1


def test_fourteen_months_in_one_leap_are_fourteen_charges_each_at_its_time(world: World) -> None:
    identifier = begun(world)
    world.control("clock", advance=14 * MONTH)
    found = invoices(world, identifier)
    assert [invoice.status for invoice in found[1:14]] == ["paid"] * 13
    starts = [invoice.period_start for invoice in found]
    anchor = starts[0]
    assert starts == [month_after(anchor, n) for n in range(len(starts))]
    assert all(
        invoice.status_transitions.paid_at == invoice.created + 3600 for invoice in found[1:14]
    )


@pytest.mark.parametrize(
    ("began", "months", "then"),
    [
        ("2026-01-31T03:00", 1, "2026-02-28T03:00"),
        ("2026-01-31T03:00", 2, "2026-03-31T03:00"),
        ("2027-11-30T00:00", 3, "2028-02-29T00:00"),
        ("2026-12-15T12:30", 1, "2027-01-15T12:30"),
        ("2026-05-31T00:00", 13, "2027-06-30T00:00"),
    ],
)
def test_months_end_early_and_come_back_to_the_anchors_day(
    began: str, months: int, then: str
) -> None:
    def seconds(text: str) -> int:
        return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp())

    assert month_after(seconds(began), months) == seconds(then)


def test_while_paused_invoices_are_voided_and_nothing_is_charged(world: World) -> None:
    identifier = begun(world)
    update = world.stripe.subscriptions.update
    update(identifier, {"pause_collection": {"behavior": "void"}})
    pass_days(world, 62)
    update(identifier, {"pause_collection": ""})
    pass_days(world, 31)
    assert [invoice.status for invoice in invoices(world, identifier)] == [
        "paid",
        "void",
        "void",
        "paid",
    ]


def test_a_failed_charge_is_retried_and_a_better_card_pays_it(world: World) -> None:
    identifier = begun(world)
    world.control(f"subscriptions/{identifier}/card", card=POOR)
    pass_days(world, 32)
    late = invoices(world, identifier)[-1]
    assert (late.status, late.attempt_count) == ("open", 1)
    assert late.next_payment_attempt - late.status_transitions.finalized_at == 3 * DAY
    assert world.stripe.subscriptions.retrieve(identifier).status == "past_due"
    world.control(f"subscriptions/{identifier}/card", card=GOOD)
    pass_days(world, 3)
    paid = invoices(world, identifier)[-1]
    assert (paid.id, paid.status, paid.attempt_count) == (late.id, "paid", 2)
    assert world.stripe.subscriptions.retrieve(identifier).status == "active"


def test_after_the_last_retry_the_subscription_ends(world: World) -> None:
    identifier = begun(world)
    world.control(f"subscriptions/{identifier}/card", card=POOR)
    pass_days(world, 32 + 15)
    ended = world.stripe.subscriptions.retrieve(identifier)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    last = invoices(world, identifier)[-1]
    assert (last.status, last.attempt_count, last.next_payment_attempt) == ("open", 4, None)
    pass_days(world, 62)
    assert len(invoices(world, identifier)) == 2


def test_a_cancelled_subscription_is_never_charged_again(world: World) -> None:
    identifier = begun(world)
    pass_days(world, 40)
    world.stripe.subscriptions.cancel(identifier)
    pass_days(world, 90)
    assert [invoice.status for invoice in invoices(world, identifier)] == ["paid", "paid"]
    assert world.stripe.subscriptions.list().data == []
    assert [s.id for s in world.stripe.subscriptions.list({"status": "all"}).data] == [identifier]
    with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
        world.stripe.subscriptions.cancel(identifier)


def test_a_draft_and_an_open_invoice_of_a_cancelled_subscription_stay_unpaid(world: World) -> None:
    identifier = begun(world)
    world.control(f"subscriptions/{identifier}/card", card=POOR)
    pass_days(world, 32)
    world.control(f"subscriptions/{identifier}/card", card=GOOD)
    world.stripe.subscriptions.cancel(identifier)
    pass_days(world, 31)
    assert [invoice.status for invoice in invoices(world, identifier)] == ["paid", "open"]


def test_it_ends_with_its_period_when_asked_to(world: World) -> None:
    identifier = begun(world)
    asked = world.stripe.subscriptions.update(identifier, {"cancel_at_period_end": True})
    assert asked.cancel_at == asked["items"].data[0].current_period_end
    pass_days(world, 32)
    ended = world.stripe.subscriptions.retrieve(identifier)
    assert (ended.status, ended.ended_at) == ("canceled", asked.cancel_at)
    assert len(invoices(world, identifier)) == 1


def test_an_open_invoice_can_be_voided_and_a_paid_one_cannot(world: World) -> None:
    identifier = begun(world)
    world.control(f"subscriptions/{identifier}/card", card=POOR)
    pass_days(world, 32)
    first, late = invoices(world, identifier)
    assert world.stripe.invoices.void_invoice(late.id).status == "void"
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.invoices.void_invoice(first.id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"payment_intent_data": {"description": "x"}},
        {"line_items": [{"price_data": {"currency": "jpy", "unit_amount": 3000,
                                        "product_data": {"name": "x"}}, "quantity": 1}]},
        {"line_items": [{"price_data": {"currency": "jpy", "unit_amount": 3000,
                                        "product_data": {"name": "x"},
                                        "recurring": {"interval": "year"}}, "quantity": 1}]},
        {"mode": "payment"},
        {"allowed_payment_method_types": ["konbini"]},
    ],
)  # fmt: skip
def test_what_stripe_refuses_in_this_mode_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        world.session(**{**monthly_params(), **wrong})


def test_every_charge_tells_of_invoice_and_subscription(world: World) -> None:
    identifier = begun(world)
    pass_days(world, 32)
    told = [event for event in every_event(world)[::-1] if event.type == "invoice.paid"]
    assert len(told) == 2
    for event in told:
        parent = event.data.object.parent
        assert parent.subscription_details.subscription == identifier
        assert parent.subscription_details.metadata.pledge == "M-SAMPLE"


def given(world: World, subscription: str, card: str) -> str:
    """The payment method a customer gave on a page of its own."""
    customer = world.stripe.subscriptions.retrieve(subscription).customer
    session = world.stripe.checkout.sessions.create(setup_params(str(customer)))
    assert (session.payment_intent, session.amount_total) == (None, None)
    assert world.pay(session, card=card)["session"]["payment_status"] == "no_payment_required"
    expand = {"expand": ["setup_intent"]}
    intent = world.stripe.checkout.sessions.retrieve(session.id, expand).setup_intent
    assert intent.status == "succeeded"
    return str(intent.payment_method)


def test_a_card_given_on_a_setup_page_pays_what_is_owed_and_the_months_to_come(
    world: World,
) -> None:
    identifier = begun(world)
    world.control(f"subscriptions/{identifier}/card", card=POOR)
    pass_days(world, 32)
    owed = invoices(world, identifier)[-1]
    method = given(world, identifier, GOOD)
    world.stripe.subscriptions.update(identifier, {"default_payment_method": method})
    assert world.stripe.invoices.pay(owed.id).status == "paid"
    assert world.stripe.subscriptions.retrieve(identifier).status == "active"
    pass_days(world, 31)
    assert [one.status for one in invoices(world, identifier)] == ["paid"] * 3
    assert len(world.stripe.charges.list({"limit": 100}).data) == 4


def test_a_refused_charge_of_a_new_card_stays_on_the_record_and_moves_no_plan(
    world: World,
) -> None:
    identifier = begun(world)
    world.control(f"subscriptions/{identifier}/card", card=POOR)
    pass_days(world, 32)
    owed = invoices(world, identifier)[-1]
    method = given(world, identifier, "4000000000000341")
    world.stripe.subscriptions.update(identifier, {"default_payment_method": method})
    with pytest.raises(stripe.CardError) as refusal:
        world.stripe.invoices.pay(owed.id)
    assert (refusal.value.http_status, refusal.value.code) == (402, "card_declined")
    after = invoices(world, identifier)[-1]
    assert (after.status, after.attempt_count) == ("open", owed.attempt_count)
    assert after.next_payment_attempt == owed.next_payment_attempt
    assert len(world.stripe.charges.list({"limit": 100}).data) == 3


def test_nobody_pays_with_the_card_of_another_customer(world: World) -> None:
    first, second = begun(world), begun(world)
    method = given(world, first, GOOD)
    with pytest.raises(stripe.InvalidRequestError, match="must be attached"):
        world.stripe.subscriptions.update(second, {"default_payment_method": method})


@pytest.mark.parametrize(
    "change",
    [
        {"line_items": [{"quantity": 1}]},
        {"currency": "usd"},
        {"customer": "cus_unknown"},
        {"allowed_payment_method_types": ["konbini"]},
    ],
)
def test_a_setup_page_refuses_what_it_does_not_play(world: World, change: Any) -> None:
    params = setup_params(world.stripe.customers.create({}).id) | change
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.checkout.sessions.create(params)
