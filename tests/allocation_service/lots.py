"""Lots with wishes, as acceptance would book them, and what happens to them afterwards."""

from __future__ import annotations

import dataclasses
import datetime as dt

from award_books import ACCEPT, CLAIM, NOW, YES, awarded

from fund.allocation import commands, queries
from fund.grants import commands as grants
from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.ledger import facts, journal

GIFTS = {
    "G-00000001": ("group", "0132", [{"uses": ["group:0132"]}, {"uses": ["any"]}], 120_000),
    "G-00000002": ("field", "nature", [{"uses": ["field:nature"]}], 50_000),
    "G-00000003": ("theme", "flood-2026", [{"uses": ["programme:flood-2026"]}], 30_000),
    "G-00000004": ("anywhere", None, [{"uses": ["any"]}], 100_000),
}


def give(house, no, kind, target, levels, yen):
    """A gift of one share, received and accepted, as the ledger knows it."""
    received = dt.date(2026, 5, 20)
    with house.transaction(by=system(), now=NOW) as tx:
        journal.record(tx, facts.payment_received(f"P-{no}", no, Yen(yen), "bank", received))
        wish = {"levels": levels, "on_exhausted": "any"}
        share = facts.Share(f"{no}/1", kind, target, None, "wish", Yen(yen), wish)
        gift = facts.Gift(no, Yen(yen), received, (share,))
        journal.record(tx, facts.donation_received(gift, NOW.date(), "B2026-001", ()))


def opening(house, yen, share="OPEN-1"):
    with house.transaction(by=system(), now=NOW) as tx:
        journal.record(tx, facts.opening_balance(share, Yen(yen), dt.date(2024, 4, 1), {}))


def sample(house, people):
    """Two awards (children of 0132, nature of 0133) and four gifts; returns the awards."""
    first = awarded(house, people)
    second = awarded(
        house,
        people,
        claim=dataclasses.replace(CLAIM, group_no="0133", fields=("nature",), title="みどりの道"),
    )
    for no, (kind, target, levels, yen) in GIFTS.items():
        give(house, no, kind, target, levels, yen)
    return first, second


def small_award(house, people, yen, **changes):
    claim = dataclasses.replace(CLAIM, requested_yen=Yen(yen), **changes)
    opinion = dataclasses.replace(YES, yen=Yen(yen))
    return awarded(house, people, claim, opinion, dataclasses.replace(ACCEPT, yen=Yen(yen)))


def approve(house, by, number, now=NOW):
    with house.database.reading() as connection:
        run = queries.run(connection, number)
    assert run is not None
    commands.approve_run(house, by=by, now=now, run_no=number, plan_sha256=run.plan_sha256)


def draft_and_approve(house, people, now=NOW):
    number = commands.draft_run(house, by=people.officer, now=now)
    approve(house, people.treasurer, number, now)
    return number


def pay_out(house, people, award, yen):
    number = grants.request_disbursement(
        house, by=people.officer, now=NOW, award_no=award, yen=Yen(yen)
    )
    grants.pay_disbursement(house, by=people.treasurer, now=NOW, disbursement_no=number)
