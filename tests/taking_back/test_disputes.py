"""Disputes: opened, won, lost, inquiries; before and after the acceptance."""

from __future__ import annotations

import pytest
from test_after_acceptance import receipts, words
from whole_fund import Fund

from fund.kernel.errors import Conflict
from fund.payments import disputes
from fund.payments.refunds_queries import dispute_by_id


def test_a_dispute_over_held_money_that_is_won(fund: Fund) -> None:
    gift = fund.paid(10_000)
    dispute = fund.dispute(gift)
    fund.heal()
    assert fund.gift(gift).state == "disputed"
    assert fund.balances() == {"assets:clearing:disputed": 10_000, "held:unaccepted": 10_000}
    with pytest.raises(Conflict):
        fund.accept(gift)
    fund.control(f"disputes/{dispute}/close", outcome="won")
    fund.heal()
    assert fund.gift(gift).state == "received"
    assert fund.balances() == {"assets:clearing:stripe": 10_000, "held:unaccepted": 10_000}
    assert fund.kinds(gift) == ["payment.received", "payment.disputed", "payment.reinstated"]
    assert fund.occasions(gift) == ["gift.disputed", "gift.dispute-won"]
    fund.accept(gift)
    assert fund.broken() == []


def test_a_dispute_over_held_money_that_is_lost(fund: Fund) -> None:
    gift = fund.paid(10_000)
    dispute = fund.dispute(gift)
    fund.control(f"disputes/{dispute}/close", outcome="lost")
    fund.heal()
    assert fund.gift(gift).state == "refunded"
    assert fund.kinds(gift) == ["payment.received", "payment.disputed", "payment.returned"]
    assert fund.balances() == {}
    assert fund.broken() == []


def test_the_lots_of_a_disputed_gift_wait(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    fund.award(8_000)
    dispute = fund.dispute(gift)
    fund.heal()
    assert fund.gift(gift).state == "disputed"
    assert fund.balance("fund:general") == 10_000
    with pytest.raises(Conflict):
        fund.draft()
    fund.control(f"disputes/{dispute}/close", outcome="won")
    fund.heal()
    assert fund.gift(gift).state == "accepted"
    fund.allocate()
    assert fund.gift(gift).state == "allocated"
    assert words(fund) == (10_000, 8_000, 0, 2_000)
    assert fund.broken() == []


def test_a_lost_dispute_follows_the_yen_into_a_paid_award(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(8_000)
    fund.allocate()
    fund.disburse(award, 5_000)
    dispute = fund.dispute(gift)
    fund.heal()
    assert fund.gift(gift).state == "disputed"
    fund.control(f"disputes/{dispute}/close", outcome="lost")
    fund.heal()
    assert fund.gift(gift).state == "refunded"
    assert fund.balances() == {"assets:bank": -5_000, "assets:due-from-ward": 5_000}
    assert words(fund) == (0, 0, 5_000, 0)
    assert [state for state, _, _ in receipts(fund, gift)] == ["void"]
    assert fund.occasions(gift) == ["gift.disputed", "gift.dispute-lost"]
    assert fund.broken() == []


def test_a_dispute_after_a_partial_refund_is_over_the_rest(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    fund.refund(gift, 4_000)
    dispute = fund.dispute(gift)
    fund.control(f"disputes/{dispute}/close", outcome="lost")
    fund.heal()
    with fund.house.database.reading() as connection:
        found = dispute_by_id(connection, dispute)
    assert found is not None
    assert (found.yen, found.outcome) == (6_000, "lost")
    assert fund.gift(gift).state == "refunded"
    assert fund.balances() == {}
    assert fund.broken() == []


def test_an_inquiry_books_nothing_and_is_a_task(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    inquiry = fund.dispute(gift, inquiry=True)
    fund.heal()
    assert fund.gift(gift).state == "accepted"
    with fund.house.database.reading() as connection:
        found = dispute_by_id(connection, inquiry)
    assert found is not None
    assert found.inquiry
    assert found.waits_for_us
    assert found.evidence_due_on is not None
    disputes.note_evidence(
        fund.house, by=fund.officer, now=fund.now, dispute_id=inquiry, note="領収書を出した"
    )
    fund.control(f"disputes/{inquiry}/close", outcome="warning_closed")
    fund.heal()
    with fund.house.database.reading() as connection:
        found = dispute_by_id(connection, inquiry)
    assert found is not None
    assert (found.open, found.note) == (False, "領収書を出した")
    assert fund.kinds(gift)[-1] == "donation.received"
    assert fund.occasions(gift) == []
    assert fund.broken() == []
