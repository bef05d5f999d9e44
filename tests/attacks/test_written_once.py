"""A hand on the app's own database connection: what was decided, paid or said stays."""

from __future__ import annotations

import psycopg
import pytest
from counter_till import Till

from fund.giving import commands as giving
from fund.giving.domain.acceptance import CODES
from fund.kernel.actor import Actor
from fund.kernel.money import Yen
from fund.payments import refunds
from fund.payments.refunds_domain import REFUND, Request

OTHER = "(SELECT id FROM person WHERE email = 'third@example.jp')"
REWRITINGS = {
    "UPDATE payment SET yen = yen + 1": "payment_is_fixed",
    "UPDATE payment SET gift_no = 'G-00000000'": "payment_is_fixed",
    "UPDATE payment SET state = 'open', paid_at = NULL, received_on = NULL"
    " WHERE state = 'succeeded'": "payment_was_paid",
    "UPDATE payment SET received_on = '2020-01-01' WHERE state = 'succeeded'": "payment_was_paid",
    "UPDATE payment SET intent_id = NULL WHERE state = 'succeeded'": "payment_was_paid",
    "UPDATE gift SET yen = yen - 1": "gift_is_fixed",
    "UPDATE gift SET accepted_on = NULL, accepted_yen = NULL, state = 'received'"
    " WHERE state = 'accepted'": "gift_was_accepted",
    "UPDATE gift SET state = 'accepted', accepted_on = received_on, accepted_yen = yen"
    " WHERE state = 'received'": "accepted_by_two",
    "UPDATE acceptance_batch SET state = 'proposed', decided_by = NULL,"
    " decided_at = NULL": "batch_was_decided",
    f"UPDATE acceptance_batch SET proposed_by = {OTHER}": "batch_was_decided",
    "INSERT INTO acceptance_item SELECT (SELECT id FROM acceptance_batch), id FROM gift"
    " WHERE state = 'received'": "batch_is_open",
    f"UPDATE refund SET proposed_by = {OTHER}, approved_by = proposed_by, approved_at = now(),"
    " state = 'approved' WHERE state = 'proposed'": "refund_was_asked",
    "UPDATE refund SET decision_no = '1号' WHERE state = 'proposed'": "refund_was_asked",
    f"UPDATE refund SET approved_by = {OTHER} WHERE state = 'approved'": "refund_was_decided",
    f"UPDATE refund SET state = 'requires_action', approved_by = {OTHER}, approved_at = now()"
    " WHERE state = 'proposed'": "refund_step",
    "UPDATE refund SET state = 'proposed' WHERE state = 'approved'": "refund_step",
    f"INSERT INTO refund (no, payment_no, gift_no, yen, origin, reason, decision_no, state,"
    f" created_at, proposed_by, approved_by, approved_at) SELECT 'RF-X', no, gift_no, 1, 'asked',"
    f" 'other', '1号', 'succeeded', now(), 1, {OTHER}, now() FROM payment"
    " WHERE state = 'succeeded' LIMIT 1": "refund_step",
    "INSERT INTO dispute (id, payment_no, gift_no, yen, status, reason, opened_at)"
    " SELECT 'dp_x', no, gift_no, yen + 1, 'lost', 'x', now() FROM payment"
    " WHERE state = 'succeeded' LIMIT 1": "dispute_of_a_payment",
    "INSERT INTO dispute (id, payment_no, gift_no, yen, status, reason, opened_at)"
    " SELECT 'dp_x', no, 'G-00000000', yen, 'lost', 'x', now() FROM payment"
    " WHERE state = 'succeeded' LIMIT 1": "dispute_of_a_payment",
    "UPDATE dispute SET yen = 1": "dispute_is_fixed",
    "UPDATE dispute SET withdrawn_on = NULL": "dispute_was_decided",
    "UPDATE provider_event SET body = 'x' WHERE state = 'pending'": "event_is_evidence",
    "UPDATE provider_event SET state = 'pending', processed_at = NULL"
    " WHERE state = 'processed'": "event_is_evidence",
}


@pytest.fixture
def books(till: Till) -> Till:
    """An accepted gift, one that waits, two refunds on their way, one dispute, many events."""
    people = [_person(till, name) for name in ("first", "second", "third")]
    first, second, _ = people
    accepted, waiting, disputed = (till.begin() for _ in range(3))
    for number in (accepted, waiting, disputed):
        till.pay(number, card="4242424242424242")
    till.deliver()
    batch = giving.propose_acceptance(
        till.house, by=first, now=till.now, gift_nos=[accepted], checklist=CODES
    )
    giving.decide_acceptance(till.house, by=second, now=till.now, batch_no=batch, accept=True)
    numbers = [_ask(till, first, waiting) for _ in range(2)]
    refunds.approve_refund(till.house, by=second, now=till.now, refund_no=numbers[0])
    till.control("disputes", payment_intent=till.payment(disputed).intent_id)
    till.deliver()
    till.control("refunds", payment_intent=till.payment(accepted).intent_id, amount=1)
    till.control("deliveries/release")
    return till


def _person(till: Till, name: str) -> Actor:
    with psycopg.connect(till.dsn) as connection:
        row = connection.execute(
            "INSERT INTO person (email, name, password_hash, created_at)"
            " VALUES (%s, %s, '', now()) RETURNING id",
            (f"{name}@example.jp", name),
        ).fetchone()
    assert row
    return Actor("person", person_id=row[0], label=name)


def _ask(till: Till, by: Actor, gift_no: str) -> str:
    payment_no = till.payment(gift_no).no
    request = Request(payment_no, Yen(10), "donor-request", "1号の2", note="", seen=None)
    return refunds.propose_refund(till.house, by=by, now=till.now, request=request)


def test_no_rewriting_gets_through(books: Till) -> None:
    stopped = {sql: _law(books, sql) for sql in REWRITINGS}
    assert stopped == REWRITINGS


def _law(books: Till, sql: str) -> str | None:
    """The law that stops a statement; rows changed where none does."""
    with psycopg.connect(books.dsn) as connection:
        try:
            changed = connection.execute(sql).rowcount
        except psycopg.Error as error:
            return error.diag.constraint_name or str(error)
        connection.rollback()
    return f"{changed} row(s) changed"


def test_the_database_draws_the_same_edges_as_the_refunds_table(books: Till) -> None:
    states = sorted(REFUND.states)
    sql = "SELECT prosrc FROM pg_proc WHERE proname = 'check_refund_step'"
    drawn = books.rows(sql)[0][0]
    for before in states:
        for after in states:
            if before != after:
                edge = f"('{before}', '{after}')"
                assert (edge in drawn) == REFUND.allows(before, after), edge
