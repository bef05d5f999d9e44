"""Holes that the ward stands in for are offered to all free money, by the same rule."""

from __future__ import annotations

import json

import pytest
from test_after_acceptance import standing, words
from test_taking_back_pages import Visitor
from whole_fund import Fund

from fund.allocation import commands as allocation
from fund.allocation import queries as runs
from fund.allocation.domain.chargeback import reinstate
from fund.allocation.domain.files import problem_from
from fund.allocation.store_reversals import holes
from fund.giving.domain import Wish
from fund.kernel.errors import Conflict


def fill(fund: Fund) -> str:
    """A reinstatement run from draft to approval."""
    run = allocation.draft_run(
        fund.house, by=fund.officer, now=fund.now, kind=allocation.REINSTATEMENT
    )
    fund.approve(run)
    return run


def paid_and_gone(fund: Fund) -> tuple[str, str]:
    """A gift of ten thousand whose yen a group was paid, and that went back; (gift, award)."""
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.disburse(award, 10_000)
    fund.refund(gift, 10_000)
    assert fund.balance("assets:due-from-ward") == 10_000
    return gift, award


def test_other_money_fills_the_hole_and_its_donors_are_told(fund: Fund) -> None:
    gift, award = paid_and_gone(fund)
    other = fund.accepted(7_000)
    with pytest.raises(Conflict):
        fund.draft()
    run = fill(fund)
    assert fund.balance("assets:due-from-ward") == 3_000
    assert fund.balance("fund:general") == 0
    assert (standing(fund, gift), standing(fund, other)) == (0, 7_000)
    assert fund.gift(other).state == "allocated"
    assert fund.occasions(other) == ["gift.filled-in"]
    # seven came in and were given out; three more the ward bears
    assert words(fund) == (7_000, 0, 10_000, 0)
    assert fund.broken() == []
    with fund.house.database.reading() as connection:
        assert holes(connection) == {award: 3_000}
        found = runs.run(connection, run)
    assert found is not None
    assert found.kind == "reinstatement"
    # the rest is filled when more money comes, and then there is nothing left to fill
    third = fund.accepted(5_000)
    fill(fund)
    assert fund.balance("assets:due-from-ward") == 0
    assert fund.balance("fund:general") == 2_000
    with pytest.raises(Conflict, match="立て替えているお金はありません"):
        fill(fund)
    assert fund.broken() == []
    # and what filled a hole can itself go back: the hole opens again
    fund.refund(third, 5_000)
    assert fund.balance("assets:due-from-ward") == 3_000
    assert fund.balance("fund:general") == 0
    assert fund.broken() == []


def test_a_refund_that_fails_after_the_hole_was_filled_waits_in_its_pot(fund: Fund) -> None:
    gift, _ = paid_and_gone(fund)
    fund.accepted(7_000)
    fill(fund)
    fund.control(f"refunds/{fund.refunds(gift)[0].provider_id}", status="failed")
    fund.heal()
    assert fund.balance("assets:due-from-ward") == 0
    assert fund.balance("fund:general") == 7_000
    assert (standing(fund, gift), fund.gift(gift).state) == (3_000, "allocated")
    assert fund.broken() == []


def test_no_wish_is_bent_to_fill_a_hole(fund: Fund) -> None:
    paid_and_gone(fund)
    fund.accepted(8_000, wish=Wish("group", fund.other_group, "anywhere"))
    before = fund.balance(f"fund:group:{fund.other_group}")
    assert before
    kept = fund.balance("fund:general")
    fill(fund)
    assert fund.balance(f"fund:group:{fund.other_group}") == before
    assert fund.balance("assets:due-from-ward") == 10_000 - kept
    assert fund.broken() == []


def test_the_frozen_problem_is_the_pre_run_of_the_rule(fund: Fund) -> None:
    _, award = paid_and_gone(fund)
    fund.accepted(7_000)
    run = fill(fund)
    with fund.house.database.reading() as connection:
        found = runs.run(connection, run)
    assert found is not None
    whole = json.loads(found.problem)
    whole["grants"] = [{**grant, "approved_max": 50_000} for grant in whole["grants"]]
    same = reinstate(problem_from(whole), {award: 10_000})
    frozen = problem_from(json.loads(found.problem))
    assert same.problem.grants == frozen.grants
    assert same.problem.donations == frozen.donations
    assert same.plan.document["total"] == 7_000
    assert same.uncovered == {award: 3_000}


def test_the_ordinary_run_counts_a_filled_award_once(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(20_000)
    fund.allocate()
    fund.disburse(award, 10_000)
    fund.refund(gift, 10_000)
    fund.accepted(30_000)
    fill(fund)
    # ten thousand are given and filled, ten thousand below the ceiling are still open
    fund.allocate()
    assert fund.balance(f"committed:{award}") == 10_000
    assert fund.balance("fund:general") == 10_000
    assert fund.broken() == []


def test_officers_fill_holes_from_the_page_of_runs(fund: Fund) -> None:
    paid_and_gone(fund)
    fund.accepted(7_000)
    officer = Visitor(fund, "officer0@example.jp")
    page = officer.get("/staff/runs")
    assert "立て替えているお金" in page
    assert "10,000円" in page
    officer.post("/staff/runs", kind="reinstatement")
    assert "穴うめ" in officer.get("/staff/runs")
    officer.get("/en/staff/runs")
    fund.publish()
    for path in ("/ledger", "/glance", "/en/ledger"):
        officer.get(path)
