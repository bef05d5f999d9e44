"""What a gift does when its payment ends: in any order, late, twice."""

from __future__ import annotations

import datetime as dt
import threading

import psycopg
import pytest
from giving_books import NOW, PUBLIC, offer, received, rows

from fund.giving import commands, queries
from fund.giving.invariants import INVARIANTS
from fund.kernel.errors import Conflict, NotFound
from fund.kernel.money import Yen
from fund.payments.commands import apply_checkout, record_offline
from fund.payments.domain import SESSION_LIFE, CheckoutFacts
from fund.platform.invariants import examine

LATER = NOW + dt.timedelta(days=3)


def begin(house):
    return commands.begin_donation(house, by=PUBLIC, now=NOW, offer=offer())


def tell(house, payment_no, status="open", *, paid=False, intent=None, now=NOW):
    """The provider reports a checkout as it stands."""
    facts = CheckoutFacts(
        session_id=f"cs_{payment_no}",
        payment_no=payment_no,
        status=status,
        paid=paid,
        yen=Yen(10_001),
        currency="jpy",
        livemode=False,
        intent_id=f"pi_{payment_no}",
        intent_status=intent,
        paid_at=now if paid else None,
        failure_code="card_declined" if intent == "requires_payment_method" else None,
    )
    return apply_checkout(house, now=now, facts=facts)


def state(house, gift_no):
    with house.database.reading() as connection:
        return queries.gift(connection, gift_no)


def expire(house, payment_no, now=LATER):
    tell(house, payment_no, "expired", now=now)


def broken(house):
    with house.database.reading() as connection:
        return [f for f in examine(connection, INVARIANTS) if f.count]


def test_a_payment_makes_the_gift_received_on_the_day_in_japan(house):
    begun = begin(house)
    night = dt.datetime(2026, 3, 31, 15, 30, tzinfo=dt.UTC)
    tell(house, begun.payment_no, "complete", paid=True, now=night)
    gift = state(house, begun.gift_no)
    assert (gift.state, gift.paid_at) == ("received", night)
    assert gift.received_on == dt.date(2026, 4, 1)
    assert not broken(house)


def test_the_same_report_ten_times_changes_nothing_after_the_first(house, app_dsn):
    begun = begin(house)
    for _ in range(10):
        tell(house, begun.payment_no, "complete", paid=True)
    assert rows(app_dsn, "SELECT count(*) FROM journal_entry") == [(1,)]
    assert rows(app_dsn, "SELECT count(*) FROM audit_trail WHERE act = 'gift.received'") == [(1,)]


def test_money_after_the_end_is_still_received(house):
    begun = begin(house)
    expire(house, begun.payment_no)
    assert state(house, begun.gift_no).state == "expired"
    tell(house, begun.payment_no, "complete", paid=True, now=LATER)
    assert state(house, begun.gift_no).state == "received"
    assert not broken(house)


def test_an_expired_gift_can_be_tried_again(house, app_dsn):
    begun = begin(house)
    expire(house, begun.payment_no)
    again = commands.retry_payment(house, by=PUBLIC, now=LATER, gift_no=begun.gift_no)
    assert again != begun.payment_no
    assert state(house, begun.gift_no).state == "awaiting_payment"
    assert commands.retry_payment(house, by=PUBLIC, now=LATER, gift_no=begun.gift_no) == again
    tell(house, again, "complete", paid=True, now=LATER)
    assert state(house, begun.gift_no).state == "received"
    assert rows(app_dsn, "SELECT attempt FROM payment ORDER BY id") == [(1,), (2,)]


def test_a_living_payment_is_opened_again_and_not_made_anew(house):
    begun = begin(house)
    soon = NOW + dt.timedelta(hours=1)
    assert commands.retry_payment(house, by=PUBLIC, now=soon, gift_no=begun.gift_no) == (
        begun.payment_no
    )


def test_a_payment_page_past_its_life_is_replaced_before_its_end_is_told(house):
    begun = begin(house)
    now = NOW + SESSION_LIFE
    again = commands.retry_payment(house, by=PUBLIC, now=now, gift_no=begun.gift_no)
    assert again != begun.payment_no
    expire(house, begun.payment_no)
    assert state(house, begun.gift_no).state == "awaiting_payment", "the new page still lives"
    expire(house, again)
    assert state(house, begun.gift_no).state == "expired"


def test_a_second_payment_is_kept_and_told_and_the_gift_stays(house, app_dsn):
    begun = begin(house)
    expire(house, begun.payment_no)
    again = commands.retry_payment(house, by=PUBLIC, now=LATER, gift_no=begun.gift_no)
    tell(house, again, "complete", paid=True, now=LATER)
    before = state(house, begun.gift_no)
    tell(house, begun.payment_no, "complete", paid=True, now=LATER + dt.timedelta(hours=1))
    assert state(house, begun.gift_no) == before
    assert rows(app_dsn, "SELECT subject FROM audit_trail WHERE act = 'gift.paid-again'") == [
        (begun.gift_no,)
    ]
    held = "SELECT -sum(yen) FROM posting WHERE account = 'held:unaccepted'"
    assert rows(app_dsn, held) == [(20_002,)]
    assert not broken(house)


@pytest.mark.parametrize("_again", range(4))
def test_two_payments_reported_at_once_receive_the_gift_once(house, app_dsn, _again):
    """Whoever comes second sees what the first did, and says that the gift was paid again."""
    begun = begin(house)
    expire(house, begun.payment_no)
    second = commands.retry_payment(house, by=PUBLIC, now=LATER, gift_no=begun.gift_no)
    start = threading.Barrier(2)

    def pay(payment_no):
        start.wait()
        tell(house, payment_no, "complete", paid=True, now=LATER)

    threads = [threading.Thread(target=pay, args=(no,)) for no in (begun.payment_no, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = "SELECT act, count(*) FROM audit_trail WHERE act = ANY (%s) GROUP BY 1"
    assert sorted(rows(app_dsn, told, ["gift.paid-again", "gift.received"])) == [
        ("gift.paid-again", 1),
        ("gift.received", 1),
    ]
    assert rows(app_dsn, "SELECT count(*), sum(yen) FROM posting") == [(4, 0)]
    assert not broken(house)


def test_a_paid_gift_is_not_paid_again(house, officer):
    number = received(house, officer)
    with pytest.raises(Conflict):
        commands.retry_payment(house, by=PUBLIC, now=LATER, gift_no=number)
    with pytest.raises(NotFound):
        commands.retry_payment(house, by=PUBLIC, now=LATER, gift_no="G-00000000")


def test_endless_attempts_end(house):
    begun = begin(house)
    now, payment = NOW, begun.payment_no
    for _ in range(commands.MAX_ATTEMPTS - 1):
        now += SESSION_LIFE
        expire(house, payment, now)
        payment = commands.retry_payment(house, by=PUBLIC, now=now, gift_no=begun.gift_no)
    expire(house, payment, now)
    with pytest.raises(Conflict, match="上限"):
        commands.retry_payment(house, by=PUBLIC, now=now, gift_no=begun.gift_no)


def test_cash_over_the_counter_is_received_on_its_own_day(house, officer):
    begun = commands.begin_donation(house, by=officer, now=NOW, offer=offer(method="counter"))
    record_offline(
        house,
        by=officer,
        now=NOW,
        gift_no=begun.gift_no,
        method="counter",
        received_on=dt.date(2026, 6, 8),
    )
    assert state(house, begun.gift_no).received_on == dt.date(2026, 6, 8)
    assert not broken(house)


def test_the_board_names_a_gift_that_says_paid_without_a_payment(house, superuser_dsn):
    begun = begin(house)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute(
            "UPDATE gift SET state = 'received', paid_at = now(), received_on = '2026-06-01'"
        )
    (found,) = broken(house)
    assert found.name == "gift-received-is-paid"
    assert begun.gift_no in found.rows[0]
