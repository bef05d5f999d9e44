"""Giving money back: asked by one person, approved by another, booked when it has left.

What is booked is a function of the provider's facts: ``apply`` may be called with the same or
older facts, from an event, from the sweep or from our own request, and changes nothing then.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.ledger import queries as ledger
from fund.ledger.accounts import CLEARING_COUNTER
from fund.payments import refunds_queries as queries
from fund.payments import refunds_store as store
from fund.payments.facts import RefundFacts
from fund.payments.messages import MoneyReturned, ReturnFailed
from fund.payments.refunds_domain import (
    REFUND,
    WITHOUT_MONEY,
    Request,
    by_provider,
    check_other_person,
    check_paid,
    check_request,
    check_written,
    new_refund_no,
)
from fund.payments.store import lock_payment
from fund.platform.house import House, Transaction

SEND = "payments.send_refund"
_PROVIDER_STATES = frozenset({"pending", "requires_action", "succeeded", "failed", "canceled"})


def propose_refund(house: House, *, by: Actor, now: dt.datetime, request: Request) -> str:
    """Ask that yen of a payment go back; returns the refund's number.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown payment, or one that was not paid.
        Invalid: naming each field that cannot be.
        Conflict: when less (or more) is left than the officer saw.
    """
    if not by.is_person():
        raise Forbidden("返金の起案は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        row = lock_payment(tx, request.payment_no)
        if row is None or row.state != "succeeded":
            raise NotFound("返せるお支払いが見つかりません")
        left = queries.refundable(tx.connection, row.no)
        if request.seen is not None and request.seen != left:
            raise Conflict(
                "ほかの返金または異議が先に入りました。返せる額を確認して、もう一度お試しください"
            )
        check_request(request, left)
        number = new_refund_no()
        store.add_refund(
            tx,
            no=number,
            payment_no=row.no,
            gift_no=row.gift_no,
            yen=int(request.yen),
            origin="asked",
            reason=request.reason,
            decision_no=request.decision_no.strip(),
            note=request.note.strip(),
            seen_yen=int(left),
            state="proposed",
            proposed_by=by.person_id,
        )
        tx.audit("refund.proposed", row.gift_no, refund=number, yen=int(request.yen))
    return number


def approve_refund(house: House, *, by: Actor, now: dt.datetime, refund_no: str) -> None:
    """Approve a refund: the provider is asked afterwards, offline money the treasurer pays.

    Raises:
        NotFound: for an unknown refund.
        Forbidden: for the person who proposed it.
        Conflict: when it was decided before.
    """
    with house.transaction(by=by, now=now) as tx:
        paid, row = _locked(tx, refund_no)
        check_other_person(row.proposed_by, by.person_id)
        if row.state != "proposed":
            raise Conflict("この返金は、すでに処理されています")
        store.move_refund(tx, row, "approved", approved_by=by.person_id, approved_at=tx.now)
        tx.audit("refund.approved", row.gift_no, refund=refund_no, yen=int(row.yen))
        _ask_provider(tx, paid.method, refund_no)


def reject_refund(
    house: House, *, by: Actor, now: dt.datetime, refund_no: str, reason: str
) -> None:
    """Refuse a proposed refund and say why; no money moves.

    Raises:
        NotFound: for an unknown refund.
        Forbidden: for the person who proposed it.
        Conflict: when it was decided before.
        Invalid: without a reason.
    """
    written = check_written(reason, "reason", "承認しない理由を入力してください")
    with house.transaction(by=by, now=now) as tx:
        _, row = _locked(tx, refund_no)
        check_other_person(row.proposed_by, by.person_id)
        if row.state != "proposed":
            raise Conflict("この返金は、すでに処理されています")
        store.move_refund(tx, row, "rejected", rejected_by=by.person_id, failure=written)
        tx.audit("refund.rejected", row.gift_no, refund=refund_no)


def order_for_refusal(
    tx: Transaction, *, gift_no: str, decision_no: str, proposed_by: int
) -> list[str]:
    """Refunds of everything a refused gift has paid, approved by the two who refused it.

    Runs in the transaction that declines the gift; returns the refunds' numbers.
    """
    numbers = []
    for paid in queries.standings(tx.connection, gift_no):
        locked = lock_payment(tx, paid.payment_no)
        left = queries.refundable(tx.connection, paid.payment_no)
        if locked is None or not left:
            continue
        number = new_refund_no()
        store.add_refund(
            tx,
            no=number,
            payment_no=paid.payment_no,
            gift_no=gift_no,
            yen=int(left),
            origin="asked",
            reason="refused",
            decision_no=decision_no,
            seen_yen=int(left),
            state="approved",
            proposed_by=proposed_by,
            approved_by=tx.by.person_id,
            approved_at=tx.now,
        )
        tx.audit("refund.approved", gift_no, refund=number, yen=int(left))
        _ask_provider(tx, paid.method, number)
        numbers.append(number)
    return numbers


def mark_paid(
    house: House, *, by: Actor, now: dt.datetime, refund_no: str, source: str, on: dt.date
) -> None:
    """The treasurer gave offline money back on a day, from the bank or from unbanked cash.

    Raises:
        NotFound: for an unknown refund.
        Forbidden: for the person who proposed it.
        Conflict: when it is not an approved refund of offline money.
        Invalid: for a day that cannot be, or more cash than there is.
    """
    with house.transaction(by=by, now=now) as tx:
        paid, row = _locked(tx, refund_no)
        check_other_person(row.proposed_by, by.person_id)
        if row.state != "approved" or by_provider(paid.method):
            raise Conflict("出納が支払う返金ではないか、すでに処理されています")
        check_paid(source, on, day_in_japan(row.approved_at), day_in_japan(now))
        cash = ledger.balance(tx.connection, CLEARING_COUNTER)
        if source == "counter" and cash < row.yen:
            message = "銀行に入れる前の現金が足りません。銀行口座から返してください"
            raise Invalid(message, {"source": message})
        store.move_refund(
            tx,
            row,
            "succeeded",
            paid_from=source,
            paid_by=by.person_id,
            left_at=tx.now,
            left_on=on,
        )
        tx.audit("refund.paid", row.gift_no, refund=refund_no, source=source)
        tx.announce(_returned(row, on, source))


def look_at(house: House, *, by: Actor, now: dt.datetime, refund_no: str) -> None:
    """An officer has seen a refund that was made elsewhere, or that failed.

    Raises:
        Forbidden: when no person acts.
        NotFound: for an unknown refund.
    """
    if not by.is_person():
        raise Forbidden("確認は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        _, row = _locked(tx, refund_no)
        if row.looked_at is None:
            store.change_refund(tx, row, looked_by=by.person_id, looked_at=tx.now)
            tx.audit("refund.looked-at", row.gift_no, refund=refund_no)


def apply(tx: Transaction, payment: Row[Any], facts: RefundFacts) -> None:
    """Bring a refund of a locked payment to where the provider's facts say it is.

    A refund nobody here asked for is written down as external and an officer is told. Money
    that left is announced once, money that came back once, in this order also when both are
    first seen together: every movement of the provider has its fact in the books.
    """
    row = store.find_refund(tx, payment.no, facts.refund_id, facts.our_no)
    if row is None:
        row = _external(tx, payment, facts)
    if row.came_back_on is not None and facts.came_back_at is None:
        return
    if row.left_on is None and facts.left_at is not None:
        on = day_in_japan(facts.left_at)
        _follow(tx, row, _as_it_left(facts), left_at=facts.left_at, left_on=on)
        tx.announce(_returned(row, on, payment.method))
        row = store.lock_refund(tx, row.no)
    if row.left_on and row.came_back_on is None and facts.came_back_at is not None:
        on = day_in_japan(facts.came_back_at)
        _follow(tx, row, facts, came_back_on=on)
        tx.audit("refund.came-back", row.gift_no, refund=row.no, yen=int(row.yen))
        tx.announce(ReturnFailed(row.no, row.payment_no, row.gift_no, Yen(row.yen), on))
    else:
        _follow(tx, row, facts)


def _as_it_left(facts: RefundFacts) -> RefundFacts:
    """The refund as it was when its money left, if it has failed since."""
    if facts.status not in WITHOUT_MONEY:
        return facts
    return replace(facts, status="pending", failure_reason=None)


def fail(tx: Transaction, refund_no: str, why: str) -> None:
    """The provider will not make this refund: it ends without money, an officer is told."""
    _, row = _locked(tx, refund_no)
    if row.provider_id is None and REFUND.allows(row.state, "failed"):
        store.move_refund(tx, row, "failed", failure=why)
        tx.audit("refund.failed", row.gift_no, refund=refund_no)


def mark_sent(tx: Transaction, refund_no: str) -> bool:
    """Note that the provider is about to be asked; False when there is nothing to ask any more."""
    _, row = _locked(tx, refund_no)
    if row.state == "approved":
        store.move_refund(tx, row, "sent")
        return True
    return bool(row.state == "sent")


def _follow(tx: Transaction, row: Row[Any], facts: RefundFacts, **values: Any) -> None:
    """Take over what the provider says; facts that are older than ours change nothing."""
    changes: dict[str, Any] = {**values}
    if row.provider_id is None:
        changes["provider_id"] = facts.refund_id
    # The money is what counts: a failure is followed when its money is back (or never left).
    lost = facts.status in {"failed", "canceled"}
    settled = row.left_on is None or "came_back_on" in values
    if REFUND.allows(row.state, facts.status) and (not lost or settled):
        changes |= {"state": facts.status, "failure": facts.failure_reason or ""}
        if facts.status == "failed":
            tx.audit("refund.failed", row.gift_no, refund=row.no)
    if changes:
        store.change_refund(tx, row, **changes)


def _external(tx: Transaction, payment: Row[Any], facts: RefundFacts) -> Row[Any]:
    state = facts.status if facts.status in _PROVIDER_STATES else "pending"
    if facts.left_at is not None:
        state = _as_it_left(facts).status
    if state not in WITHOUT_MONEY:
        _make_room(tx, payment, facts.yen)
    number = new_refund_no()
    store.add_refund(
        tx,
        no=number,
        payment_no=payment.no,
        gift_no=payment.gift_no,
        yen=int(facts.yen),
        origin="external",
        reason="dashboard",
        state=state,
        provider_id=facts.refund_id,
        failure=facts.failure_reason or "",
        created_at=facts.created_at,
    )
    tx.audit("refund.external", payment.gift_no, refund=number, yen=int(facts.yen))
    return store.lock_refund(tx, number)


def _make_room(tx: Transaction, payment: Row[Any], yen: Yen) -> None:
    """Give up our own plans that no longer fit beside what the provider has done already."""
    for row in store.undecided_refunds(tx, payment.no):
        if queries.refundable(tx.connection, payment.no) >= yen:
            return
        why = "決済会社の管理画面で先に返金されたため、取りやめました"
        store.move_refund(tx, row, "canceled", failure=why)
        tx.audit("refund.canceled", row.gift_no, refund=row.no)


def _returned(row: Row[Any], on: dt.date, method: str) -> MoneyReturned:
    return MoneyReturned(
        refund_no=row.no,
        payment_no=row.payment_no,
        gift_no=row.gift_no,
        yen=Yen(row.yen),
        on=on,
        reason=row.reason,
        method=method,
        external=row.origin == "external",
    )


def _locked(tx: Transaction, refund_no: str) -> tuple[Row[Any], Row[Any]]:
    """Payment and refund, locked in the order that everybody keeps."""
    paid = lock_payment(tx, store.payment_of_refund(tx, refund_no))
    if paid is None:
        raise LookupError(refund_no)
    return paid, store.lock_refund(tx, refund_no)


def _ask_provider(tx: Transaction, method: str, refund_no: str) -> None:
    if by_provider(method):
        tx.enqueue(SEND, refund_no=refund_no)
