"""Making an award smaller or ending it: proposed by one person, decided by another.

What was allocated to it and is neither paid nor asked for walks back to the lots it came from,
the newest run and the worst-ranked wish first. What was paid is not taken back here: the group
returns what it did not spend with the settlement.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row

from fund.grants import changes_store, store
from fund.grants.domain import (
    MAX_DECISION,
    Change,
    check_apart,
    check_change,
    check_text,
    raise_wrong,
)
from fund.grants.messages import AwardChanged
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.ledger.queries import Commitment, commitments
from fund.ledger.turn import take_turn
from fund.manual.queries import rules_on
from fund.platform.house import House, Transaction


def propose_change(
    house: House, *, by: Actor, now: dt.datetime, award_no: str, change: Change
) -> str:
    """Propose that an award becomes smaller or ends; returns the change's number.

    Raises:
        NotFound: for an unknown award.
        Forbidden: when no person acts.
        Conflict: when the award is settled, cancelled or of the time before the ledger, or
            another change of it waits.
        Invalid: naming each field that cannot be.
    """
    check_apart(by.person_id, {}, filled("助成の変更の提案"))
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_award(tx, award_no)
        _check_open(row)
        check_change(change, Yen(row.yen), _bound(tx, row))
        number = changes_store.add_change(tx, row, change)
        tx.audit("award.change-proposed", number, kind=change.kind, yen=int(change.yen_after))
    return number


def decide_change(
    house: House, *, by: Actor, now: dt.datetime, change_no: str, decision_no: str
) -> None:
    """Decide a proposed change: the yen it frees walk back, and their donors are told.

    Raises:
        NotFound: for an unknown change.
        Forbidden: for the person who proposed it.
        Conflict: when it ended before, or no longer fits what has been paid meanwhile.
        Invalid: without the number of the decision.
    """
    wrong: dict[str, str] = {}
    check_text(wrong, "decision_no", decision_no, "決裁番号を入力してください", MAX_DECISION)
    raise_wrong(wrong)
    with house.transaction(by=by, now=now) as tx:
        award, row = _locked(tx, change_no)
        check_apart(by.person_id, {filled("この変更を提案"): row.proposed_by}, filled("決定"))
        _check_waiting(row)
        _check_open(award)
        asked = Change(row.kind, Yen(row.yen_after), row.reason, row.explanation)
        check_change(asked, Yen(award.yen), _bound(tx, award))
        changes_store.end_change(tx, row, "decided", decision_no=decision_no.strip())
        money = _commitment(tx, award)
        standing = money.allocated - money.reduced
        rules = rules_on(tx.connection, day_in_japan(now))
        message = AwardChanged(
            award_no=award.no,
            change_no=change_no,
            kind=row.kind,
            back=Yen(max(0, standing - asked.yen_after)),
            reason=row.reason,
            clauses=(rules.cite("decision"), rules.cite("four-eyes")),
            on=day_in_japan(now),
        )
        tx.announce(message)
        changes_store.change_award(tx, award, row)
        _close_paid(tx, award.no)
        tx.audit("award.changed", award.no, change=change_no, back=int(message.back))


def send_back_change(
    house: House, *, by: Actor, now: dt.datetime, change_no: str, answer: str
) -> None:
    """Do not decide a change: say why; the award stays as it is.

    Raises:
        NotFound: for an unknown change.
        Forbidden: for the person who proposed it.
        Conflict: when it ended before.
        Invalid: without a reason.
    """
    wrong: dict[str, str] = {}
    check_text(wrong, "answer", answer, "差し戻す理由を入力してください", 1_000)
    raise_wrong(wrong)
    with house.transaction(by=by, now=now) as tx:
        _, row = _locked(tx, change_no)
        check_apart(by.person_id, {filled("この変更を提案"): row.proposed_by}, filled("差し戻し"))
        _check_waiting(row)
        changes_store.end_change(tx, row, "sent_back", answer=answer.strip())
        tx.audit("award.change-sent-back", change_no)


def _locked(tx: Transaction, change_no: str) -> tuple[Row[Any], Row[Any]]:
    """Award and change, locked behind the turn: whoever moves allocated money takes it first."""
    take_turn(tx)
    award = store.lock_award(tx, changes_store.award_of_change(tx, change_no))
    return award, changes_store.lock_change(tx, change_no)


def _check_waiting(row: Row[Any]) -> None:
    if row.state != "proposed":
        raise Conflict("この変更の案は、すでに処理されています")


def _check_open(row: Row[Any]) -> None:
    if row.historical or row.state in {"settled", "cancelled"}:
        raise Conflict("精算や取り消しの終わった助成は、変更できません")


def _bound(tx: Transaction, award: Row[Any]) -> Yen:
    """What is paid to the group or asked for: a change does not reach it."""
    return _commitment(tx, award).disbursed + store.requested_yen(tx, award.id)


def _close_paid(tx: Transaction, award_no: str) -> None:
    """An award that has nothing left to pay, and was paid something, is paid off."""
    row = store.lock_award(tx, award_no)
    money = _commitment(tx, row)
    if row.state == "decided" and money.disbursed and not money.left:
        store.move_award(tx, row, "disbursed")


def _commitment(tx: Transaction, award: Row[Any]) -> Commitment:
    return commitments(tx.connection, [award.no])[award.no]
