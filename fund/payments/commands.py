"""Opening the hosted page, keeping events, booking what the provider reports."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.actor import Actor, system
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, NotFound
from fund.kernel.money import Yen
from fund.ledger import facts as ledger_facts
from fund.ledger import journal
from fund.payments import queries, store
from fund.payments.domain import (
    OFFLINE_METHODS,
    PAYMENT,
    SESSION_LIFE,
    CheckoutFacts,
    mismatch,
    state_after,
)
from fund.payments.messages import PaymentExpired, PaymentFailed, PaymentReceived
from fund.payments.ports import CheckoutOrder, Provider
from fund.platform.house import House, Transaction


@dataclass(frozen=True)
class CheckoutWording:
    """What the hosted page says and where it leads afterwards (absolute addresses)."""

    description: str
    success_url: str
    cancel_url: str
    email: str
    locale: str


def open_checkout(
    house: House, *, by: Actor, now: dt.datetime, payment_no: str, wording: CheckoutWording
) -> str:
    """The address of the hosted page, opened now or before; calls the provider in between.

    Raises:
        NotFound: for an unknown payment.
        Conflict: when the payment already ended.
        Unavailable: when the provider does not answer; asking again is safe.
    """
    with house.database.reading() as connection:
        payment = queries.payment_by_no(connection, payment_no)
    if payment is None:
        raise NotFound("お支払いが見つかりません")
    if payment.state not in {"created", "open"} or now >= payment.created_at + SESSION_LIFE:
        raise Conflict("このお支払いは終わっています")
    if payment.session_url:
        return payment.session_url
    # The order is a function of the stored row, so that the provider sees the same order
    # under the same key however often this is repeated.
    opened = house.port(Provider).open_checkout(
        CheckoutOrder(
            key=f"{payment.no}-checkout",
            payment_no=payment.no,
            gift_no=payment.gift_no,
            yen=payment.yen,
            description=wording.description,
            email=wording.email,
            locale=wording.locale,
            success_url=wording.success_url,
            cancel_url=wording.cancel_url,
            expires_at=payment.created_at + SESSION_LIFE,
        )
    )
    with house.transaction(by=by, now=now) as tx:
        store.note_checkout(tx, payment_no, opened)
        tx.audit("payment.opened", payment.gift_no, payment=payment_no)
    return opened.url


def keep_event(house: House, *, now: dt.datetime, body: bytes, signature: str) -> bool:
    """Verify and store an event once, and ask the worker to look; False if known before.

    Raises:
        Invalid: for a signature that is not the provider's; nothing is stored then.
    """
    note = house.port(Provider).read_event(body, signature)
    with house.transaction(by=system("provider"), now=now) as tx:
        if not store.add_event(tx, note, body):
            return False
        tx.enqueue("payments.process_event", event_id=note.id)
    return True


def apply_checkout(
    house: House, *, now: dt.datetime, facts: CheckoutFacts, event_id: str | None = None
) -> str | None:
    """Bring a payment to where the provider's facts say it is, in one transaction.

    Idempotent and monotone: the same facts again, or older ones, change nothing.
    Returns why the facts were not used, or None when they were.
    """
    reason: str | None = None
    with house.transaction(by=system("provider"), now=now) as tx:
        row = store.lock_payment(tx, facts.payment_no) if facts.payment_no else None
        if row is None:
            reason = "no payment of ours"
        else:
            live = house.port(Provider).livemode
            reason = mismatch(facts, Yen(row.yen), livemode=live)
            if reason is not None:
                tx.audit("payment.mismatch", row.gift_no, payment=row.no, reason=reason)
            else:
                _advance(tx, row.no, row.gift_no, row.state, facts)
        if event_id is not None:
            store.close_event(tx, event_id, "ignored" if reason else "processed", reason, now)
    return reason


def expire_unopened(house: House, *, now: dt.datetime, payment_no: str) -> None:
    """End a payment whose page was never opened in time; nobody can have paid it."""
    with house.transaction(by=system("sweep"), now=now) as tx:
        row = store.lock_payment(tx, payment_no)
        if row is None or row.state != "created" or row.session_id is not None:
            return
        if now < row.created_at + SESSION_LIFE:
            return
        store.move_payment(tx, payment_no, row.state, "expired")
        tx.audit("payment.expired", row.gift_no, payment=payment_no)
        tx.announce(PaymentExpired(payment_no, row.gift_no))


def ignore_event(house: House, *, now: dt.datetime, event_id: str, reason: str) -> None:
    """Keep an event without using it, and say why."""
    with house.transaction(by=system("provider"), now=now) as tx:
        store.close_event(tx, event_id, "ignored", reason, now)


def record_offline(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    gift_no: str,
    method: str,
    received_on: dt.date,
) -> None:
    """Book money that came over the counter or straight to the bank for a waiting gift.

    Raises:
        NotFound: when no such payment waits.
        Conflict: when it was booked before.
    """
    with house.transaction(by=by, now=now) as tx:
        book_offline(tx, gift_no=gift_no, method=method, received_on=received_on)


def book_offline(tx: Transaction, *, gift_no: str, method: str, received_on: dt.date) -> str:
    """The same in the caller's transaction; returns the payment's number.

    Raises:
        NotFound: when no such payment waits.
        Conflict: when it was booked before.
    """
    if method not in OFFLINE_METHODS:
        raise NotFound("窓口または銀行のお支払いではありません")
    waiting = [
        payment
        for payment in queries.payments_of(tx.connection, gift_no)
        if payment.method == method
    ]
    if not waiting:
        raise NotFound("お支払いの予定が見つかりません")
    row = store.lock_payment(tx, waiting[-1].no)
    if row is None or row.state == "succeeded":
        raise Conflict("このお支払いは記録されています")
    _book(tx, row.no, gift_no, row.state, _Paid(Yen(row.yen), method, tx.now, received_on))
    return str(row.no)


@dataclass(frozen=True)
class _Paid:
    yen: Yen
    method: str
    at: dt.datetime
    received_on: dt.date


def _advance(
    tx: Transaction, payment_no: str, gift_no: str, before: str, facts: CheckoutFacts
) -> None:
    after = state_after(facts)
    if facts.failure_code and before != "succeeded":
        store.note_failure(tx, payment_no, facts.failure_code)
    if after == before or not PAYMENT.allows(before, after):
        return
    if after == "succeeded":
        paid_at = facts.paid_at or tx.now
        paid = _Paid(facts.yen, "card", paid_at, day_in_japan(paid_at))
        _book(tx, payment_no, gift_no, before, paid, intent_id=facts.intent_id)
        return
    store.move_payment(tx, payment_no, before, after)
    tx.audit(f"payment.{after}", gift_no, payment=payment_no)
    if after == "expired":
        tx.announce(PaymentExpired(payment_no, gift_no))
    elif after in {"failed", "canceled"}:
        tx.announce(PaymentFailed(payment_no, gift_no, facts.failure_code))


def _book(
    tx: Transaction,
    payment_no: str,
    gift_no: str,
    before: str,
    paid: _Paid,
    *,
    intent_id: str | None = None,
) -> None:
    """Payment, journal entry, audit and the gift's own change (by reaction): one transaction."""
    values = {"intent_id": intent_id} if intent_id else {}
    store.move_payment(
        tx,
        payment_no,
        before,
        "succeeded",
        paid_at=paid.at,
        received_on=paid.received_on,
        failure_code=None,
        **values,
    )
    journal.record(
        tx,
        ledger_facts.payment_received(payment_no, gift_no, paid.yen, paid.method, paid.received_on),
    )
    tx.audit("payment.received", gift_no, payment=payment_no, yen=int(paid.yen))
    tx.announce(
        PaymentReceived(payment_no, gift_no, paid.yen, paid.method, paid.at, paid.received_on)
    )
