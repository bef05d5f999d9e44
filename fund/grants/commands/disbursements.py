"""Paying an award: asked for by one person, paid (or sent back) by another."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row

from fund.grants import store
from fund.grants.domain import CLOSED, check_apart, check_text, raise_wrong
from fund.grants.messages import DisbursementPaid
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.ledger import facts, journal
from fund.ledger.queries import Commitment, commitments
from fund.manual.queries import rules_on
from fund.platform.house import House, Transaction

MAX_REASON = 1_000


def request_disbursement(
    house: House, *, by: Actor, now: dt.datetime, award_no: str, yen: Yen
) -> str:
    """Ask that an instalment be paid; returns its number, such as ``A2026-0007-1``.

    Raises:
        NotFound: for an unknown award.
        Conflict: when nothing is left to ask for.
        Invalid: for more than what is allocated and not yet asked for or paid.
    """
    check_apart(by.person_id, {}, filled("交付の請求"))
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_award(tx, award_no)
        free = _commitment(tx, row).left - store.requested_yen(tx, row.id)
        if row.state in CLOSED or free <= 0:
            raise Conflict("この助成には、いま交付を請求できる額がありません")
        if not 0 < yen <= free:
            raise Invalid(
                "金額を確認してください",
                {"yen": filled("1円から%(most)sまでで入力してください", most=free)},
            )
        number = store.add_disbursement(tx, row, yen)
        tx.audit("disbursement.requested", number, award=award_no, yen=int(yen))
    return number


def pay_disbursement(house: House, *, by: Actor, now: dt.datetime, disbursement_no: str) -> None:
    """Book that the bank paid an instalment to its group.

    Raises:
        NotFound: for an unknown instalment.
        Forbidden: for the person who asked for it.
        Conflict: when it was paid or sent back before.
    """
    with house.transaction(by=by, now=now) as tx:
        award, row = _locked(tx, disbursement_no)
        check_apart(by.person_id, {filled("交付を請求"): row.requested_by}, filled("支払い"))
        if row.state != "requested":
            raise Conflict("この交付の請求は、すでに処理されています")
        today, yen = day_in_japan(now), Yen(row.yen)
        store.close_disbursement(tx, row, "paid", paid_by=by.person_id, paid_on=today)
        rules = rules_on(tx.connection, today)
        clauses = [rules.cite("disbursement"), rules.cite("four-eyes")]
        entry = facts.disbursement_paid(disbursement_no, award.no, yen, today, clauses)
        if journal.record(tx, entry) is None:
            raise Conflict(filled("すでに記帳されています: %(no)s", no=disbursement_no))
        if award.state == "decided" and _commitment(tx, award).left == 0:
            store.move_award(tx, award, "disbursed")
        tx.audit("disbursement.paid", disbursement_no, award=award.no, yen=int(yen))
        tx.announce(DisbursementPaid(disbursement_no, award.no, yen, today))


def send_back_disbursement(
    house: House, *, by: Actor, now: dt.datetime, disbursement_no: str, reason: str
) -> None:
    """Give a request back to the officer, with what is to be put right.

    Raises:
        NotFound: for an unknown instalment.
        Forbidden: for the person who asked for it.
        Conflict: when it was paid or sent back before.
        Invalid: without a reason.
    """
    wrong: dict[str, str] = {}
    check_text(wrong, "reason", reason, "差し戻す理由を入力してください", MAX_REASON)
    raise_wrong(wrong)
    with house.transaction(by=by, now=now) as tx:
        _, row = _locked(tx, disbursement_no)
        check_apart(by.person_id, {filled("交付を請求"): row.requested_by}, filled("差し戻し"))
        if row.state != "requested":
            raise Conflict("この交付の請求は、すでに処理されています")
        store.close_disbursement(
            tx, row, "sent_back", sent_back_by=by.person_id, sent_back_reason=reason.strip()
        )
        tx.audit("disbursement.sent-back", disbursement_no)


def _locked(tx: Transaction, disbursement_no: str) -> tuple[Row[Any], Row[Any]]:
    """Award and instalment, locked in the order that every command of this room keeps."""
    award = store.lock_award(tx, store.award_no_of(tx, disbursement_no))
    return award, store.lock_disbursement(tx, disbursement_no)


def _commitment(tx: Transaction, award: Row[Any]) -> Commitment:
    return commitments(tx.connection, [award.no])[award.no]
