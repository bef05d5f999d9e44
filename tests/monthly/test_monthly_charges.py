"""Each month's charge is a gift of its own, booked once whatever becomes of the events."""

from __future__ import annotations

import random

import pytest
from conftest import GOOD, POOR, Months

from fund.giving import commands
from fund.kernel.actor import donor
from fund.payments.subscriptions_deliveries import end_subscription


def test_the_first_charge_is_the_first_gift(months: Months) -> None:
    pledge = months.begun(3000)
    assert months.state(pledge) == "active"
    assert months.months(pledge) == [(1, 3000, "received")]
    intent, charge, customer = months.one("SELECT intent_id, charge_id, customer_id FROM payment")
    assert intent.startswith("pi_")
    assert charge.startswith("ch_")
    assert customer.startswith("cus_")
    assert months.mails("monthly.started") == 1
    assert months.mails("gift.received") == 0, "each month's receipt is told of, that is enough"
    months.assert_books_hold()


def test_fourteen_months_are_fourteen_gifts(months: Months) -> None:
    pledge = months.begun(3000)
    for _ in range(13):
        months.pass_days(31)
    found = months.months(pledge)
    assert [serial for serial, _, _ in found] == list(range(1, len(found) + 1))
    assert len(found) >= 14
    assert {(yen, state) for _, yen, state in found} == {(3000, "received")}
    months.assert_books_hold()


def test_a_years_leap_with_one_delivery_books_every_month_on_its_own_day(months: Months) -> None:
    pledge = months.begun(3000)
    months.pass_days(365)
    days = [day for (day,) in months.rows("SELECT received_on FROM gift ORDER BY id")]
    assert len(days) == len(set(days)) == len(months.months(pledge)) >= 12
    assert days == sorted(days)
    months.assert_books_hold()


def test_the_receipts_of_all_months_come_the_way_that_was_chosen_last(months: Months) -> None:
    months.begun(3000)
    ((no,),) = months.rows("SELECT no FROM gift")
    by, now = donor(no), months.now
    commands.change_receipt_way(months.house, by=by, now=now, gift_no=no, way="post")
    months.pass_days(32)
    assert months.rows("SELECT receipt_way FROM gift") == [("post",), ("post",)]


def test_consents_wishes_and_edition_are_each_gifts_own(months: Months) -> None:
    months.begun(3000)
    months.pass_days(32)
    consents = months.rows(
        "SELECT gift_id, array_agg(purpose || given || text_version || at ORDER BY purpose)"
        " FROM consent GROUP BY gift_id ORDER BY gift_id"
    )
    assert len(consents) == 2
    assert consents[0][1] == consents[1][1]
    shares = months.rows("SELECT gift_id, kind, target, part, yen FROM gift_share ORDER BY gift_id")
    assert [share[1:] for share in shares] == [("anywhere", None, "wish", 3000)] * 2
    hashes = months.rows("SELECT secret_hash, salt FROM gift")
    assert len({bytes(secret) for secret, _ in hashes}) == 2
    assert len({bytes(salt) for _, salt in hashes}) == 2


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_repetition_of_events_books_the_same(months: Months, seed: int) -> None:
    pledge = months.begun(3000)
    months.pass_days(130, deliver=False)
    told = months.events() * 2
    random.Random(seed).shuffle(told)
    months.deliver(told)
    assert len(months.months(pledge)) == len(months.paid_invoices()) == 5
    months.assert_books_hold()


def test_lost_events_are_healed_by_the_sweep(months: Months) -> None:
    pledge = months.begun(3000)
    months.pass_days(100, deliver=False)
    months.lose()
    assert len(months.months(pledge)) == 1
    months.sweep()
    assert len(months.months(pledge)) == 4
    months.assert_books_hold()


def test_a_pledge_of_whose_beginning_nothing_was_ever_told_is_found(months: Months) -> None:
    begun = months.offered(3000)
    months.control(f"sessions/{months.open(begun)}/pay", card=GOOD)
    months.lose()
    months.pass_days(1, deliver=False)
    months.sweep()
    months.pass_days(1, deliver=False)
    months.sweep()
    assert months.state(months.pledge_of(begun.gift_no)) == "active"
    months.assert_books_hold()


def test_the_last_event_alone_brings_all_months(months: Months) -> None:
    begun = months.offered(3000)
    months.control(f"sessions/{months.open(begun)}/pay", card=GOOD)
    months.pass_days(70, deliver=False)
    last = [row for row in months.events() if '"invoice.paid"' in row["body"]][-1]
    months.deliver([last])
    assert len(months.months(months.pledge_of(begun.gift_no))) == 3
    months.assert_books_hold()
    months.deliver()
    months.sweep()
    months.assert_books_hold()


def test_a_declined_first_charge_begins_no_pledge(months: Months) -> None:
    begun = months.offered(3000)
    session = months.open(begun)
    months.control(f"sessions/{session}/pay", card=POOR)
    months.deliver()
    pledge = months.pledge_of(begun.gift_no)
    assert months.state(pledge) == "pending"
    months.control(f"sessions/{session}/pay", card=GOOD)
    months.deliver()
    assert months.state(pledge) == "active"
    months.assert_books_hold()


def test_a_failed_charge_makes_no_gift_and_is_told_once(months: Months) -> None:
    pledge = months.begun(3000)
    identifier = months.subscription(pledge).subscription_id
    months.control(f"subscriptions/{identifier}/card", card=POOR)
    months.pass_days(32)
    known = months.subscription(pledge)
    assert (known.state, known.failure_code) == ("past_due", "insufficient_funds")
    assert known.next_attempt_at is not None
    assert len(months.months(pledge)) == 1
    months.pass_days(3)
    assert months.mails("monthly.failed") == 1
    months.control(f"subscriptions/{identifier}/card", card=GOOD)
    months.pass_days(5)
    known = months.subscription(pledge)
    assert (known.state, known.failure_code, known.next_attempt_at) == ("active", None, None)
    assert len(months.months(pledge)) == 2
    months.assert_books_hold()


def test_after_the_last_retry_the_pledge_ends_and_the_donor_is_told(months: Months) -> None:
    pledge = months.begun(3000)
    identifier = months.subscription(pledge).subscription_id
    months.control(f"subscriptions/{identifier}/card", card=POOR)
    for _ in range(5):
        months.pass_days(10)
    assert months.one("SELECT state, ended_by FROM pledge") == ("ended", "failure")
    assert (months.mails("monthly.failed"), months.mails("monthly.ended")) == (1, 1)
    months.pass_days(90)
    months.sweep()
    assert len(months.months(pledge)) == 1
    months.assert_books_hold()


def test_two_paid_pages_of_one_pledge_leave_one_subscription(months: Months) -> None:
    begun = months.offered(3000)
    first = months.open(begun)
    months.pass_days(1)  # the page ends, a second attempt is made
    second_no = commands.retry_payment(
        months.house, by=donor(begun.gift_no), now=months.now, gift_no=begun.gift_no
    )
    second = months.open(commands.Begun(begun.gift_no, begun.secret, second_no))
    # The first page was paid in the last second, but reported late.
    months.sandbox.till.store.rows(
        "UPDATE thing SET body = json_set(body, '$.status', 'open') WHERE id = ?", (first,)
    )
    intents = months.sandbox.till.store.rows("SELECT 1 FROM thing WHERE kind = 'payment_intent'")
    assert intents == []
    for session in (first, second):
        months.control(f"sessions/{session}/pay", card=GOOD)
    months.deliver()
    live = [s["id"] for s in months.sandbox.till.store.all("subscription", status="active")]
    ours = months.subscription(months.pledge_of(begun.gift_no)).subscription_id
    assert len(live) == 2
    tasks = months.rows(
        "SELECT DISTINCT args->>'subscription_id' FROM procrastinate_jobs"
        " WHERE task_name = 'payments.end_subscription'"
    )
    [(stray,)] = tasks
    assert stray != ours
    end_subscription(months.house, now=months.now, subscription_id=stray)
    left = [s["id"] for s in months.sandbox.till.store.all("subscription", status="active")]
    assert left == [ours]
