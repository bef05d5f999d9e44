"""Events that wait together: one transaction for all that is ordinary, the books of one by one."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from counter_till import Till
from sqlalchemy.exc import IntegrityError

from fund.kernel.errors import Unavailable
from fund.kernel.money import Yen
from fund.ledger import journal
from fund.payments import commands, deliveries, together
from fund.payments.domain import CheckoutFacts
from fund.payments.facts import Dossier

GOOD = "4242424242424242"
TASKS = "SELECT args->>'event_id' FROM procrastinate_jobs WHERE task_name = %s ORDER BY id"


def pending(till: Till) -> list[str]:
    found = till.rows(
        "SELECT id FROM provider_event WHERE state = 'pending' AND type = ANY (%s)"
        " ORDER BY received_at, id",
        list(together.TYPES),
    )
    return [event_id for (event_id,) in found]


def paid_and_told(till: Till, count: int) -> list[str]:
    """So many gifts are paid; page and payment have told of it, nobody has worked on it."""
    numbers = [till.begin() for _ in range(count)]
    for number in numbers:
        till.pay(number, card=GOOD)
    till.control("deliveries/release")
    return numbers


def work_on(till: Till, event_id: str) -> None:
    deliveries.process_event(till.house, now=till.now, event_id=event_id)


def test_one_task_books_all_that_wait_in_one_transaction(till: Till) -> None:
    numbers = paid_and_told(till, 5)
    events = pending(till)
    assert len(events) == 10  # of each gift its page and its payment
    work_on(till, events[0])
    assert pending(till) == []
    left = {one for (one,) in till.rows(TASKS, "payments.process_event")}
    assert not left & set(events)
    assert till.held() == 50_000
    assert {till.gift(number).state for number in numbers} == {"received"}
    [(transactions,)] = till.rows("SELECT count(DISTINCT xact) FROM journal_entry")
    assert transactions == 1
    assert len(till.mails("gift.received")) == 5
    acts = "SELECT act, count(*) FROM audit_trail WHERE act = ANY (%s) GROUP BY act ORDER BY act"
    assert till.rows(acts, ["payment.received", "gift.received"]) == [
        ("gift.received", 5),
        ("payment.received", 5),
    ]
    assert till.rows("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'mail.send'") == [
        (5,)
    ]
    assert till.broken() == []


def test_together_and_one_by_one_write_the_same(till: Till) -> None:
    """Payment, gift, entry, mail and audit of a gift booked alone and of one booked in company."""
    with mock.patch.object(together, "TYPES", frozenset()):
        [alone] = paid_and_told(till, 1)
        till.work()
    [company, _] = paid_and_told(till, 2)
    work_on(till, pending(till)[0])

    def written(gift_no: str) -> list[Any]:
        payment = till.payment(gift_no)
        told = {gift_no: "G", payment.no: "P"}
        found = till.rows(
            "SELECT to_jsonb(gift) - 'id' FROM gift WHERE no = %s"
            " UNION ALL SELECT to_jsonb(payment) - 'id' FROM payment WHERE gift_no = %s"
            " UNION ALL SELECT to_jsonb(e) - 'id' || jsonb_build_object('lines', (SELECT"
            "  jsonb_agg(jsonb_build_array(line, account, yen) ORDER BY line) FROM posting"
            "  WHERE entry_id = e.id)) FROM journal_entry e WHERE detail->>'gift' = %s"
            " UNION ALL SELECT to_jsonb(mail) - 'id' FROM mail WHERE subject_no = %s"
            " UNION ALL (SELECT to_jsonb(a) - 'id' FROM audit_trail a WHERE subject = %s"
            "  AND act <> 'payment.opened' ORDER BY act)",
            *(gift_no, gift_no, gift_no, payment.no, gift_no),
        )
        return [
            {
                name: told.get(str(value), value if isinstance(value, bool | int | list) else name)
                for name, value in row.items()
                if name not in {"xact", "donor_id"}
            }
            for (row,) in found
        ]

    assert written(company) == written(alone)
    assert len(written(company)) == 7  # and three acts: offered, payment, received


def test_what_is_not_ordinary_keeps_its_task_and_is_processed_by_itself(till: Till) -> None:
    good = paid_and_told(till, 2)
    odd = till.begin()
    till.pay(odd, card=GOOD)
    till.control("deliveries/release")
    dossier_of = type(till.house.port(together.Provider)).dossier_of_session

    def other_amount(provider: Any, session_id: str) -> Dossier | None:
        found = dossier_of(provider, session_id)
        if found is None or session_id != till.payment(odd).session_id:
            return found
        facts = {**found.checkout.__dict__, "yen": Yen(9_999)}
        return Dossier(CheckoutFacts(**facts))

    first = till.rows(
        "SELECT id FROM provider_event WHERE object_id = %s", till.payment(good[0]).session_id
    )[0][0]
    odd_event = till.rows(
        "SELECT id FROM provider_event WHERE object_id = %s", till.payment(odd).session_id
    )[0][0]
    provider = type(till.house.port(together.Provider))
    with (
        mock.patch.object(provider, "dossier_of_session", other_amount),
        mock.patch.object(together, "OF_INTENT", frozenset()),
        mock.patch.object(together, "TYPES", together.OF_SESSION),
    ):
        work_on(till, first)
        assert till.held() == 20_000
        assert odd_event in {one for (one,) in till.rows(TASKS, "payments.process_event")}
        due = "SELECT scheduled_at <= now() FROM procrastinate_jobs WHERE args->>'event_id' = %s"
        assert till.rows(due, odd_event) == [(True,)]
        # Done by itself it is not taken along again, and says why it was not used.
        work_on(till, odd_event)
    [(state, reason)] = till.rows(
        "SELECT state, reason FROM provider_event WHERE id = %s", odd_event
    )
    assert (state, reason) == ("ignored", "paid 9999 yen, asked for 10000")
    assert till.broken() == []


def test_what_the_database_refuses_together_is_booked_one_by_one(till: Till) -> None:
    paid_and_told(till, 3)
    refused = IntegrityError("COPY", None, Exception("refused"))
    with mock.patch.object(journal, "record_many", side_effect=refused):
        till.work()
    assert pending(till) == []
    assert till.held() == 30_000
    [(transactions,)] = till.rows("SELECT count(DISTINCT xact) FROM journal_entry")
    assert transactions == 3
    assert till.broken() == []


def test_a_silent_provider_is_asked_once_and_nothing_is_lost(till: Till) -> None:
    paid_and_told(till, 4)
    events = pending(till)
    provider = type(till.house.port(together.Provider))
    of_page = "SELECT id FROM provider_event WHERE type LIKE 'checkout%%' AND state = %s"
    session = till.rows(of_page, "pending")[0][0]
    silent = mock.patch.object(provider, "dossier_of_session", side_effect=Unavailable("silent"))
    with silent as asked, pytest.raises(Unavailable):
        work_on(till, session)
    assert asked.call_count == 1
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE args->>'event_id' = ANY (%s)"
    due = f"{waiting} AND coalesce(scheduled_at, now()) <= now() AND status = 'todo'"
    assert till.rows(due, events) == [(8,)]
    till.work()
    assert till.held() == 40_000


def test_two_payments_of_one_gift_are_not_booked_as_one(till: Till) -> None:
    number = till.begin()
    again = till.again(number, "paypay")
    both = till.payments(number)
    dossiers = {
        f"evt_{one.no}": Dossier(
            CheckoutFacts(
                session_id=str(one.session_id),
                payment_no=one.no,
                status="complete",
                paid=True,
                yen=Yen(10_000),
                currency="jpy",
                livemode=False,
                intent_id=f"pi_{one.no}",
                intent_status="succeeded",
                paid_at=till.now,
                failure_code=None,
                method="card",
            )
        )
        for one in both
    }
    closed = commands.apply_many(till.house, now=till.now, dossiers=dossiers, tasks={})
    assert list(closed) == [f"evt_{both[0].no}"]
    second = {f"evt_{again}": dossiers[f"evt_{again}"]}
    # In the next company the gift is received already: its money is held, and looked at.
    assert list(commands.apply_many(till.house, now=till.now, dossiers=second, tasks={})) == [
        f"evt_{again}"
    ]
    assert till.held() == 20_000
    assert [one.extra for one in till.payments(number)] == [False, True]
    assert len(till.mails("gift.paid-again")) == 1
    # Told once more, alone or together, nothing changes.
    assert len(commands.apply_many(till.house, now=till.now, dossiers=dossiers, tasks={})) == 2
    assert till.held() == 20_000
    assert till.broken() == []
