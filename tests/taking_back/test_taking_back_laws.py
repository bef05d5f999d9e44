"""What no hand can break, also with SQL: over-refund, one person, overdraft; and real races."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest
from whole_fund import Fund

from fund.allocation import commands as allocation
from fund.grants import commands as grants
from fund.kernel.errors import Conflict, Invalid
from fund.payments import refunds

REFUND = (
    "INSERT INTO refund (no, payment_no, gift_no, yen, origin, reason, decision_no, state,"
    " created_at, proposed_by, approved_by, approved_at)"
    " VALUES (%s, %s, %s, %s, 'asked', 'other', 'D', %s, now(), %s, %s,"
    " CASE WHEN %s::bigint IS NULL THEN NULL ELSE now() END)"
)


def attack(fund: Fund, sql: str, *values: object) -> str:
    """The law that stops a statement of the app's own role."""
    with (
        psycopg.connect(fund.dsn) as connection,
        pytest.raises((psycopg.IntegrityError, psycopg.errors.InsufficientPrivilege)) as stopped,
    ):
        connection.execute(sql, values)
    return str(stopped.value.diag.constraint_name or stopped.value.diag.message_primary)


def test_refunds_never_exceed_their_payment(fund: Fund) -> None:
    gift = fund.paid(10_000)
    payment, one = fund.payment(gift).no, fund.officer.person_id
    fund.propose(gift, 6_000)
    values = ("RF-00000001", payment, gift, 4_001, "proposed", one, None, None)
    assert attack(fund, REFUND, *values) == "refunds_within_payment"
    assert attack(fund, REFUND, *("RF-00000002", payment, "G-XXXXXXXX", *values[3:])) == (
        "refund_of_a_payment"
    )
    assert attack(fund, "UPDATE refund SET yen = 1") == "refund_is_fixed"
    assert "permission denied" in attack(fund, "DELETE FROM refund")


def test_a_refund_is_not_approved_by_who_asked(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 6_000)
    one = fund.officer.person_id
    sql = "UPDATE refund SET state = 'approved', approved_by = %s, approved_at = now()"
    assert attack(fund, sql, one) == "ck_refund_four_eyes"
    assert attack(fund, "UPDATE refund SET state = 'sent'") == "refund_step"
    assert number in {made.no for made in fund.refunds(gift)}


def test_what_was_taken_back_stays_written(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.refund(gift, 4_000)
    assert "append-only" in attack_owner(fund, "DELETE FROM allocation_reversal")
    insert = (
        "INSERT INTO allocation_reversal (run_id, line, share_id, award_no, yen, source, entry_id)"
        " SELECT run_id, line, share_id, award_no, %s, source, (SELECT max(id) FROM journal_entry)"
        " FROM allocation_reversal LIMIT 1"
    )
    with psycopg.connect(fund.dsn) as connection:
        connection.execute(
            "INSERT INTO allocation_reversal (run_id, line, share_id, award_no,"
            " yen, source, entry_id) SELECT run_id, line, share_id, award_no, 1,"
            " 'ward', entry_id FROM allocation_reversal"
        )
        connection.rollback()
    more = insert.replace("source, (SELECT max(id)", "'ward', (SELECT max(id)")
    assert attack(fund, more, 6_001) == "reversal_within_line"
    assert attack(fund, more, -1) == "reversal_within_line"
    assert fund.balance(f"committed:{award}") == 6_000


def attack_owner(fund: Fund, sql: str) -> str:
    """The law that stops even somebody with every privilege on the tables."""
    dsn = fund.dsn.replace("fund_app", "fund_owner")
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.Error) as stopped:
        connection.execute(sql)
    return str(stopped.value.diag.message_primary)


def at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Run acts in threads that start together; what each of them raised."""
    gate = threading.Barrier(len(acts))
    ends: list[BaseException | None] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - told to the test
            ends[place] = error

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_two_clerks_refund_the_same_money_at_once(fund: Fund) -> None:
    gift = fund.paid(10_000)
    ends = at_once(*(lambda: fund.propose(gift, 6_000) for _ in range(4)))
    assert sum(end is None for end in ends) == 1
    assert all(isinstance(end, Invalid) for end in ends if end is not None)
    assert fund.broken() == []


def test_a_refund_is_approved_once_however_many_click(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 6_000)
    approve = lambda: refunds.approve_refund(  # noqa: E731
        fund.house, by=fund.decider, now=fund.now, refund_no=number
    )
    ends = at_once(*(approve for _ in range(4)))
    assert [type(end) for end in ends if end] == [Conflict] * 3
    at_once(*(lambda: fund.send(number) for _ in range(3)))
    fund.heal()
    assert fund.held() == 4_000
    assert fund.broken() == []


def test_a_refund_races_a_run_and_a_payment_out(fund: Fund) -> None:
    """Whoever is first: nothing is overdrawn, nothing hangs, every yen is explained."""
    for _ in range(5):
        first, second = fund.accepted(10_000), fund.accepted(10_000)
        award = fund.award(16_000)
        fund.allocate()
        request = fund.ask(award, max(1, fund.balance(f"committed:{award}") * 2 // 3))
        third = fund.accepted(10_000)
        fund.award(12_000)
        run = fund.draft()
        for gift in (first, second, third):
            fund.dashboard_refund(gift, amount=8_000)
        ends = at_once(
            lambda run=run: fund.approve(run),
            fund.heal,
            lambda request=request: grants.pay_disbursement(
                fund.house, by=fund.treasurer, now=fund.now, disbursement_no=request
            ),
        )
        assert [end for end in ends if end is not None and not isinstance(end, Conflict)] == []
        fund.heal()
        if ends[0] is not None:
            allocation.discard_run(
                fund.house, by=fund.officer, now=fund.now, run_no=run, reason="やりなおし"
            )
        assert fund.broken() == []
