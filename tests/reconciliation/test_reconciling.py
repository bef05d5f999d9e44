"""Every movement of the provider finds its fact, or stays open with a reason."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
import stripe
from counter_till import KEY

from fund.kernel.errors import Conflict, Invalid, Unavailable
from fund.kernel.money import Yen
from fund.payments.reconciliation import commands, queries
from fund.payments.reconciliation.deliveries import catch_up
from fund.payments.reconciliation.invariants import INVARIANTS
from fund.platform.invariants import examine


def reconcile(till, **how):
    return commands.reconcile(till.house, now=till.now, **how)


def account(till, name):
    sql = "SELECT coalesce(sum(yen), 0) FROM posting WHERE account = %s"
    return int(till.rows(sql, name)[0][0])


def facts(till, kind):
    sql = """SELECT fact_id, sum(yen) FILTER (WHERE yen > 0)::bigint FROM journal_entry
        JOIN posting ON entry_id = journal_entry.id WHERE kind = %s GROUP BY fact_id"""
    return dict(till.rows(sql, kind))


def broken(till):
    with till.house.database.reading() as connection:
        return [(f.name, f.rows) for f in examine(connection, INVARIANTS) if f.count]


def test_before_the_first_comparison_nothing_is_claimed(till):
    with till.house.database.reading() as connection:
        found = queries.matched(connection)
    assert (found.compared_at, found.matched_at, found.open_items) == (None, None, 0)


def test_a_paid_gift_is_matched_and_both_sides_agree(till, paid):
    paid(10_000)
    report = reconcile(till)
    assert (report.fetched, report.matched, report.open_items) == (1, 1, ())
    assert report.balance == report.statement.movements == 10_000 - 360
    assert (report.statement.clearing, report.statement.fees) == (10_000, 360)
    assert report.statement.difference == 0
    again = reconcile(till)
    assert (again.fetched, again.matched, again.booked, again.open_items) == (0, 0, 0, ())
    with till.house.database.reading() as connection:
        assert queries.matched(connection).matched_at is not None
    assert not broken(till)


def test_a_payout_is_booked_with_its_fees_and_gifts_stay_whole(till, paid):
    paid(10_000)
    paid(3_000, method="paypay")
    payout = till.control("payouts", fees=330)
    report = reconcile(till)
    fees = 360 + 108 + 330
    assert report.open_items == ()
    assert facts(till, "fee.charged") == {payout["id"]: fees}
    assert facts(till, "payout.arrived") == {payout["id"]: 13_000 - fees}
    assert account(till, "assets:bank") == payout["amount"] == 13_000 - fees
    assert (account(till, "assets:due-from-ward"), account(till, "assets:clearing:stripe")) == (
        fees,
        0,
    )
    assert till.held() == 13_000
    assert not broken(till)
    assert reconcile(till).booked == 0


def test_a_payout_event_asks_for_one_comparison(till, paid):
    paid()
    till.control("payouts")
    till.deliver()
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'payments.reconcile'"
    assert till.rows(waiting) == [(1,)]


def test_money_on_its_way_to_the_bank_is_explained_and_not_booked(till, paid):
    paid(5_000)
    payout = till.control("payouts", arrived=False)
    report = reconcile(till)
    assert report.statement.underway == payout["amount"] == 4_820
    assert (report.statement.difference, report.open_items, report.booked) == (0, (), 0)
    till.control(f"payouts/{payout['id']}", status="paid")
    assert reconcile(till).booked == 2
    assert account(till, "assets:bank") == 4_820


@pytest.mark.parametrize("thought_paid", [True, False])
def test_a_payout_that_bounces_leaves_only_its_fees(till, paid, thought_paid):
    paid(5_000)
    payout = till.control("payouts", arrived=thought_paid)
    reconcile(till)
    till.control(f"payouts/{payout['id']}", status="failed")
    report = reconcile(till)
    assert (report.open_items, report.statement.difference) == ((), 0)
    assert account(till, "assets:bank") == 0
    assert account(till, "assets:due-from-ward") == 180
    reverses = "SELECT count(*) FROM journal_entry WHERE kind = 'entry.reversed'"
    assert till.rows(reverses) == [(int(thought_paid),)]
    till.control("payouts")
    assert reconcile(till).open_items == ()
    assert account(till, "assets:bank") == 4_820
    assert not broken(till)


def test_a_payment_nobody_told_us_of_is_found_by_its_movement(till):
    gift_no = till.begin("card", 7_000)
    till.pay(gift_no)
    till.control("deliveries/drop", all=True)
    till.rows("SELECT 1")
    with psycopg.connect(till.dsn, autocommit=True) as connection:
        connection.execute("UPDATE payment SET state = 'expired', look_at = NULL")
    report = reconcile(till)
    assert (report.looked, report.matched, report.open_items) == (1, 1, ())
    assert till.gift(gift_no).state == "received"


def test_refunds_disputes_and_their_ends_are_matched(till, paid):
    for yen, end in ((5_000, "won"), (6_000, "lost")):
        gift_no = paid(yen)
        charge = till.rows("SELECT charge_id FROM payment WHERE gift_no = %s", gift_no)[0][0]
        dispute = till.control("disputes", charge=charge)
        till.control(f"disputes/{dispute['id']}/close", outcome=end)
    gift_no = paid(4_000)
    charge = till.rows("SELECT charge_id FROM payment WHERE gift_no = %s", gift_no)[0][0]
    refund = till.control("refunds", charge=charge, amount=1_500)
    till.control(f"refunds/{refund['id']}", status="failed")
    till.control("refunds", charge=charge, amount=700)
    till.control("deliveries/drop", all=True)
    report = reconcile(till)
    assert report.open_items == ()
    assert report.statement.difference == 0
    assert report.balance == report.statement.movements
    kinds = dict(till.rows("SELECT match_kind, count(*) FROM provider_movement GROUP BY 1"))
    assert kinds == {"payment": 3, "dispute": 3, "refund": 3}
    assert not broken(till)


def test_what_is_not_ours_stays_open_with_its_reason(till, paid, superuser_dsn):
    paid(5_000)
    client = stripe.StripeClient(KEY, base_addresses={"api": till.sandbox.url})
    foreign = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://example.jp/",
            "allowed_payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "jpy",
                        "unit_amount": 800,
                        "product_data": {"name": "別の売上"},
                    },
                }
            ],
        }
    )
    till.control(f"sessions/{foreign.id}/pay")
    report = reconcile(till)
    (item,) = report.open_items
    assert (item.kind, item.yen, item.reason) == ("movement", 800 - 29, "no-payment-of-ours")
    with till.house.database.reading() as connection:
        found = queries.matched(connection)
    assert (found.matched_at, found.open_items) == (None, 1)
    assert not broken(till), "a day is given to look into it"
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("ALTER TABLE provider_movement DISABLE TRIGGER provider_facts_stay")
        connection.execute("UPDATE provider_movement SET fetched_at = now() - interval '25 hours'")
    assert [name for name, _ in broken(till)] == ["movements-matched"]


def test_a_day_is_fetched_alone(till, paid):
    paid(5_000)
    till.pass_time(days=1, hours=1)
    paid(6_000)
    today = till.rows("SELECT (max(paid_at) AT TIME ZONE 'Asia/Tokyo')::date FROM payment")[0][0]
    report = reconcile(till, day=today)
    assert (report.fetched, report.matched) == (1, 1)
    assert reconcile(till, day=today - dt.timedelta(days=400)).fetched == 0
    with till.house.database.reading() as connection:
        assert queries.matched(connection).compared_at is None, "a day is not everything"
    assert reconcile(till).fetched == 1


def test_an_unreachable_provider_is_said_and_nothing_is_written(till, paid):
    paid()
    till.control("failures", fail_next=[{"path": "/v1/*", "status": 503, "times": 50}])
    with pytest.raises(Unavailable):
        catch_up(till.house, now=till.now)
    assert till.rows("SELECT count(*) FROM reconciliation") == [(0,)]


def test_many_pages_arrive_whole(till, monkeypatch, paid):
    monkeypatch.setattr("fund.adapters.stripe_balance.PAGE", 2)
    for yen in (1_000, 2_000, 3_000, 4_000, 5_000):
        paid(yen)
    report = reconcile(till)
    assert (report.fetched, report.matched, report.open_items) == (5, 5, ())


def test_fees_are_paid_back_once_and_never_more_than_owed(till, paid, treasurer):
    paid(10_000)
    till.control("payouts")
    reconcile(till)
    today = till.now.date()

    def pay_back(yen, reference="伝票12", on=today):
        commands.reimburse_fees(
            till.house, by=treasurer, now=till.now, yen=Yen(yen), on=on, reference=reference
        )

    for yen, reference, on, field in (
        (361, "伝票12", today, "yen"),
        (0, "伝票12", today, "yen"),
        (100, "  ", today, "reference"),
        (100, "伝票12", today + dt.timedelta(days=3), "on"),
    ):
        with pytest.raises(Invalid) as caught:
            pay_back(yen, reference, on)
        assert list(caught.value.fields) == [field]
    pay_back(200)
    with pytest.raises(Conflict):
        pay_back(100)
    pay_back(160, "伝票13")
    assert account(till, "assets:due-from-ward") == 0


def test_the_database_keeps_what_the_provider_said(till, paid, superuser_dsn):
    paid()
    till.control("payouts")
    reconcile(till)
    attacks = (
        "UPDATE provider_movement SET net = net + 1, gross = gross + 1",
        "UPDATE provider_movement SET fee = fee + 1",
        "DELETE FROM provider_movement",
        "UPDATE provider_payout SET yen = yen + 1",
        "DELETE FROM provider_payout",
        "TRUNCATE provider_movement",
        "UPDATE reconciliation SET open_items = 0",
        "DELETE FROM reconciliation",
    )
    for dsn in (till.dsn, superuser_dsn):
        for attack in attacks:
            with psycopg.connect(dsn) as connection, pytest.raises(psycopg.Error) as caught:
                connection.execute(attack)
            assert caught.type in {
                psycopg.errors.InsufficientPrivilege,
                psycopg.errors.RestrictViolation,
            }
    with psycopg.connect(till.dsn) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "INSERT INTO provider_movement (id, type, category, currency, gross, fee, net,"
            " created_at, available_at, fetched_at)"
            " VALUES ('txn_x', 'charge', 'charge', 'jpy', 100, 10, 100, now(), now(), now())"
        )


def test_a_payout_that_does_not_sum_is_not_booked(till, paid, superuser_dsn):
    paid(5_000)
    payout = till.control("payouts")
    reconcile_without_booking(till)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("ALTER TABLE provider_payout DISABLE TRIGGER provider_facts_stay")
        connection.execute("UPDATE provider_payout SET yen = yen + 1")
    report = reconcile(till)
    reasons = {(item.kind, item.reason) for item in report.open_items}
    assert ("payout", "payout-does-not-sum") in reasons
    assert facts(till, "payout.arrived") == {}
    assert payout["id"] in {item.ref for item in report.open_items}


def reconcile_without_booking(till):
    """The state of a process that was killed between fetching and booking."""
    commands._fetch(till.house, till.now, None)
    commands._fetch_payouts(till.house, till.now)
    commands._match(till.house, till.now)


def test_killed_between_fetching_and_booking_the_next_run_goes_on(till, paid):
    paid(5_000)
    payout = till.control("payouts")
    reconcile_without_booking(till)
    report = reconcile(till)
    assert (report.fetched, report.booked, report.open_items) == (0, 2, ())
    assert facts(till, "payout.arrived") == {payout["id"]: 4_820}
