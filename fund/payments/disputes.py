"""Disputes: a card company takes a payment's money back until it has decided.

Like refunds a function of the provider's facts: each of the three moments (withdrawn, given
back, lost) is announced once, in this order, whenever it is first seen.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row

from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Forbidden, NotFound
from fund.kernel.money import Yen
from fund.payments import refunds_store as store
from fund.payments.facts import DisputeFacts
from fund.payments.messages import DisputeClosed, MoneyDisputed
from fund.payments.refunds_domain import check_written
from fund.platform.house import House, Transaction

_ENDS = frozenset({"won", "lost", "warning_closed", "prevented"})


def apply(tx: Transaction, payment: Row[Any], facts: DisputeFacts) -> None:
    """Bring a dispute over a locked payment to where the provider's facts say it is.

    An inquiry has taken no money: it is only written down, with its last day for an answer.
    """
    row = store.lock_dispute(tx, facts.dispute_id)
    if row is None:
        row = _first_seen(tx, payment, facts)
    withdrawn_on, outcome = row.withdrawn_on, row.outcome
    if withdrawn_on is None and facts.withdrawn_at is not None:
        withdrawn_on = day_in_japan(facts.withdrawn_at)
        store.change_dispute(tx, row.id, withdrawn_on=withdrawn_on)
        tx.audit("dispute.withdrawn", row.gift_no, payment=row.payment_no, yen=int(row.yen))
        tx.announce(MoneyDisputed(row.id, row.payment_no, row.gift_no, Yen(row.yen), withdrawn_on))
    if withdrawn_on is not None and outcome is None:
        _close(tx, row, withdrawn_on, facts)
    if row.status not in _ENDS:
        store.change_dispute(tx, row.id, status=facts.status, evidence_due_at=facts.evidence_due_at)


def _first_seen(tx: Transaction, payment: Row[Any], facts: DisputeFacts) -> Row[Any]:
    tx.audit("dispute.opened", payment.gift_no, payment=payment.no, yen=int(facts.yen))
    return store.add_dispute(
        tx,
        id=facts.dispute_id,
        payment_no=payment.no,
        gift_no=payment.gift_no,
        yen=int(facts.yen),
        status=facts.status,
        reason=facts.reason,
        opened_at=facts.created_at,
        evidence_due_at=facts.evidence_due_at,
    )


def _close(tx: Transaction, row: Row[Any], withdrawn_on: dt.date, facts: DisputeFacts) -> None:
    """Book the end once. The provider keeps no day of a loss: the money left when withdrawn."""
    if facts.reinstated_at is not None:
        won, on = True, day_in_japan(facts.reinstated_at)
    elif facts.status == "lost":
        won, on = False, withdrawn_on
    else:
        return
    outcome = "won" if won else "lost"
    store.change_dispute(tx, row.id, outcome=outcome, ended_on=on)
    tx.audit(f"dispute.{outcome}", row.gift_no, payment=row.payment_no, yen=int(row.yen))
    tx.announce(DisputeClosed(row.id, row.payment_no, row.gift_no, Yen(row.yen), on, won))


def note_evidence(house: House, *, by: Actor, now: dt.datetime, dispute_id: str, note: str) -> None:
    """Write down what was sent to the card company, so that the task is done.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown dispute.
        Invalid: without a note.
    """
    if not by.is_person():
        raise Forbidden("記録は、サインインした職員だけが行えます")
    written = check_written(note, "note", "何を提出したかを書いてください")
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_dispute(tx, dispute_id)
        if row is None:
            raise NotFound("異議が見つかりません")
        store.change_dispute(tx, row.id, note=written, noted_by=by.person_id, noted_at=tx.now)
        tx.audit("dispute.noted", row.gift_no, payment=row.payment_no)
