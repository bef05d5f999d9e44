"""From the provider's facts, or cash in a hand, to the books: one transaction each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from fund.kernel.actor import system
from fund.kernel.calendar import day_in_japan
from fund.kernel.money import Yen
from fund.ledger import facts as ledger_facts
from fund.ledger import journal
from fund.payments import disputes, refunds, store
from fund.payments.domain import (
    ENDED,
    LIVE,
    ONLINE_METHODS,
    PAYMENT,
    SESSION_LIFE,
    CheckoutFacts,
    has_lapsed,
    mismatch,
    next_look,
    state_after,
    transfer_deadline,
)
from fund.payments.facts import Dossier, RefundFacts
from fund.payments.messages import (
    PaymentExpired,
    PaymentFailed,
    PaymentPartlyArrived,
    PaymentReceived,
    PaymentsReceived,
    PaymentWaiting,
)
from fund.payments.ports import Provider
from fund.platform.house import House, Transaction


@dataclass(frozen=True)
class Paid:
    """Money that came in: whole yen, how, when (aware UTC), and the day in Japan it counts for."""

    yen: Yen
    method: str
    at: dt.datetime
    received_on: dt.date
    late: bool = False


def apply_dossier(
    house: House, *, now: dt.datetime, dossier: Dossier, event_id: str | None = None
) -> str | None:
    """Bring a payment and all that became of it to where the provider says it is.

    One transaction, in one order whatever came first: the payment, then all that became of its
    money in the order of time (``Dossier.told``).
    Idempotent and monotone: the same facts again, or older ones, change nothing.
    Returns why the facts were not used, or None when they were; the event that led here is then
    closed in the same transaction.
    """
    facts = dossier.checkout
    with house.transaction(by=system("provider"), now=now) as tx:
        row = store.find_payment(tx, facts.payment_no, facts.intent_id, facts.charge_id)
        reason = "no payment of ours" if row is None else _use(tx, row, dossier)
        if event_id is not None and reason is None:
            store.close_event(tx, event_id, "processed", None, now)
    return reason


def apply_checkout(house: House, *, now: dt.datetime, facts: CheckoutFacts) -> str | None:
    """A dossier that knows nothing but its checkout (see ``apply_dossier``)."""
    return apply_dossier(house, now=now, dossier=Dossier(facts))


def _use(tx: Transaction, row: Row[Any], dossier: Dossier) -> str | None:
    facts = dossier.checkout
    reason = mismatch(facts, Yen(row.yen), livemode=tx.house.port(Provider).livemode)
    if reason is None and facts.paid and paid_otherwise(row, facts):
        store.note_facts(tx, row.no, excess_yen=row.excess_yen or row.yen)
        reason = "another payment of the same order succeeded before"
    if reason is not None:
        tx.audit("payment.mismatch", row.gift_no, payment=row.no, reason=reason)
        return reason
    _advance(tx, row, facts)
    if dossier.refunds or dossier.disputes:
        row = store.lock_payment(tx, row.no) or row
        for told in dossier.told():
            if isinstance(told, RefundFacts):
                refunds.apply(tx, row, told)
            else:
                disputes.apply(tx, row, told)
    return None


def paid_otherwise(row: Row[Any], facts: CheckoutFacts) -> bool:
    """Whether a payment that succeeded did so by another attempt of its payer."""
    known = row.state == "succeeded" and row.intent_id is not None
    return known and facts.intent_id is not None and facts.intent_id != row.intent_id


def _advance(tx: Transaction, row: Row[Any], facts: CheckoutFacts) -> None:
    before, after = row.state, _state_after(tx, row, facts)
    if after == "succeeded":
        if PAYMENT.allows(before, after):
            _receive(tx, row, facts)
        return
    if before not in LIVE:
        return
    if facts.failure_code:
        store.note_failure(tx, row.no, facts.failure_code)
    _learn(tx, row, facts)
    if after == before or not PAYMENT.allows(before, after):
        store.note_facts(tx, row.no, look_at=next_look(row.created_at, tx.now))
        return
    look = None if after in ENDED else next_look(row.created_at, tx.now)
    store.move_payment(tx, row.no, before, after, look_at=look)
    tx.audit(f"payment.{after}", row.gift_no, payment=row.no)
    _tell(tx, row, after, facts)


def _state_after(tx: Transaction, row: Row[Any], facts: CheckoutFacts) -> str:
    after = state_after(facts)
    if after == "waiting" and has_lapsed(row.method, row.pay_by, int(facts.funded), tx.now):
        return "expired"
    return after


def _tell(tx: Transaction, row: Row[Any], after: str, facts: CheckoutFacts) -> None:
    if after == "waiting":
        until = facts.pay_by or transfer_deadline(tx.now)
        tx.announce(PaymentWaiting(row.no, row.gift_no, facts.method or row.method, until))
    elif after == "expired":
        tx.announce(PaymentExpired(row.no, row.gift_no))
    elif after in ENDED:
        tx.announce(PaymentFailed(row.no, row.gift_no, facts.failure_code))


def _learn(tx: Transaction, row: Row[Any], facts: CheckoutFacts) -> None:
    """Keep ids and how to pay; of two reports about a transfer the one with more money is newer."""
    known = {"intent_id": facts.intent_id, "customer_id": facts.customer_id}
    learnt: dict[str, Any] = {
        name: value
        for name, value in known.items()
        if value is not None and getattr(row, name) is None
    }
    if facts.voucher is not None and facts.funded >= row.funded_yen:
        until = facts.pay_by or row.pay_by or transfer_deadline(tx.now)
        learnt |= {
            "voucher": dict(facts.voucher),
            "funded_yen": int(facts.funded),
            "pay_by": until,
        }
        if facts.funded > row.funded_yen:
            missing = Yen(row.yen - int(facts.funded))
            tx.announce(PaymentPartlyArrived(row.no, row.gift_no, facts.funded, missing))
    if learnt:
        store.note_facts(tx, row.no, **learnt)


def _receive(tx: Transaction, row: Row[Any], facts: CheckoutFacts) -> None:
    known = {name: getattr(facts, name) for name in store.PROVIDER_IDS}
    paid = paid_as_told(row, facts, tx.now)
    book(tx, row, paid, **{name: value for name, value in known.items() if value})


def paid_as_told(row: Row[Any], facts: CheckoutFacts, now: dt.datetime) -> Paid:
    """The money of a payment as the provider tells it of one that is paid."""
    paid_at = facts.paid_at or now
    overdue = row.pay_by is not None and paid_at > row.pay_by
    method = facts.method if facts.method in ONLINE_METHODS else row.method
    late = row.state in ENDED or overdue
    return Paid(facts.yen, str(method), paid_at, day_in_japan(paid_at), late=late)


def book(tx: Transaction, row: Row[Any], paid: Paid, **ids: str) -> None:
    """Payment, journal entry, audit and the gift's own change (by reaction): one transaction.

    ``row`` is the payment, locked by the caller; ``ids`` are columns with the provider's ids.
    """
    store.move_payment(
        tx,
        row.no,
        row.state,
        "succeeded",
        method=paid.method,
        paid_at=paid.at,
        received_on=paid.received_on,
        late=paid.late,
        failure_code=None,
        look_at=None,
        **ids,
    )
    journal.record(
        tx,
        ledger_facts.payment_received(row.no, row.gift_no, paid.yen, paid.method, paid.received_on),
    )
    tx.audit("payment.received", row.gift_no, payment=row.no, yen=int(paid.yen))
    tx.announce(PaymentsReceived((as_received(row, paid),)))


def as_received(row: Row[Any], paid: Paid) -> PaymentReceived:
    """What rooms above are told of a payment's money."""
    return PaymentReceived(row.no, row.gift_no, paid.yen, paid.method, paid.at, paid.received_on)


def expire_unopened(house: House, *, now: dt.datetime, payment_no: str) -> None:
    """End a payment whose page was never opened in time; nobody can have paid it."""
    with house.transaction(by=system("sweep"), now=now) as tx:
        row = store.lock_payment(tx, payment_no)
        if row is None or row.state != "created" or row.session_id is not None:
            return
        if now < row.created_at + SESSION_LIFE:
            return
        store.move_payment(tx, payment_no, row.state, "expired", look_at=None)
        tx.audit("payment.expired", row.gift_no, payment=payment_no)
        tx.announce(PaymentExpired(payment_no, row.gift_no))
