"""From the provider's facts about a monthly payment to the books, one transaction each time.

Whatever event led here, the whole subscription is fetched and applied: every paid invoice that
has no instalment yet, oldest first, then the charge that is behind, then the state. So order,
repetition and loss of events do not matter; what was booked is never booked again.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row

from fund.kernel.actor import system
from fund.kernel.calendar import day_in_japan
from fund.payments import store
from fund.payments import subscriptions_store as keep
from fund.payments.commands import apply_dossier
from fund.payments.commands.booking import Paid, book
from fund.payments.domain import PAYMENT, CheckoutFacts
from fund.payments.ports import Provider
from fund.payments.subscriptions_domain import (
    LATER_LOOKS,
    InvoiceFacts,
    SubscriptionDossier,
    ended_reason,
    mismatch,
    next_look,
)
from fund.payments.subscriptions_messages import (
    InstalmentMissed,
    InstalmentPaid,
    SubscriptionMoved,
)
from fund.payments.subscriptions_ports import Subscriptions
from fund.payments.subscriptions_queries import booked_invoices
from fund.platform.house import House, Transaction

expect = keep.expect
"""See ``subscriptions_store.expect``: giving calls it where a pledge begins."""


def refresh(house: House, *, now: dt.datetime, subscription_id: str) -> str | None:
    """Fetch a subscription with all its invoices and apply it; why it was of no use, or None.

    ``now`` is taken before the provider is asked: facts that were fetched earlier than those
    already applied move no state.

    Raises:
        Unavailable: when the provider does not answer.
    """
    with house.database.reading() as connection:
        known = booked_invoices(connection, subscription_id)
    dossier = house.port(Subscriptions).dossier(subscription_id, known)
    if dossier is None:
        return "the provider does not know this subscription"
    reason, intents = apply(house, now=now, dossier=dossier)
    # A refund or dispute may have been reported before the payment was known: look again.
    for intent_id in intents:
        found = house.port(Provider).dossier_of_intent(intent_id)
        if found is not None:
            apply_dossier(house, now=now, dossier=found)
    return reason


def apply(
    house: House, *, now: dt.datetime, dossier: SubscriptionDossier
) -> tuple[str | None, list[str]]:
    """Apply a dossier; returns why it was not used (or None) and the intents newly booked."""
    with house.transaction(by=system("provider"), now=now) as tx:
        row = keep.lock(tx, dossier.subscription_id, dossier.pledge_no)
        if row is None:
            return "no subscription of ours", []
        if row.subscription_id not in (None, dossier.subscription_id):
            # Two payment pages of one pledge were paid: only the first goes on.
            tx.audit("subscription.stray", row.pledge_no, subscription=dossier.subscription_id)
            tx.enqueue("payments.end_subscription", subscription_id=dossier.subscription_id)
            return "the pledge has another subscription", []
        if row.subscription_id is None:
            _link(tx, row, dossier)
        taken = _take_all(tx, row, dossier)
        if now >= row.as_of:
            _note_missed(tx, row, dossier)
            _move(tx, row, dossier)
    return None, taken


def _link(tx: Transaction, row: Row[Any], dossier: SubscriptionDossier) -> None:
    values: dict[str, Any] = {
        "subscription_id": dossier.subscription_id,
        "customer_id": dossier.customer_id,
    }
    keep.note(tx, row.id, **values)
    tx.audit("subscription.begun", row.pledge_no, subscription=dossier.subscription_id)


def _take_all(tx: Transaction, row: Row[Any], dossier: SubscriptionDossier) -> list[str]:
    known, taken = keep.booked(tx, row.id), []
    live = tx.house.port(Provider).livemode
    for invoice in dossier.invoices:
        if invoice.invoice_id in known or not invoice.paid or invoice.intent is None:
            continue
        reason = mismatch(dossier, invoice, livemode=live)
        payment = store.lock_payment(tx, dossier.payment_no or "") if invoice.first else None
        if invoice.first and (payment is None or payment.gift_no != row.gift_no):
            reason = "its payment page is none of ours"
        if reason is not None:
            tx.audit("instalment.mismatch", row.pledge_no, invoice=invoice.invoice_id, why=reason)
            continue
        if payment is not None:
            _take_first(tx, row, payment, invoice, invoice.intent)
        else:
            _take_next(tx, row, invoice)
        taken.append(str(invoice.intent.intent_id))
    return taken


def _take_first(
    tx: Transaction, row: Row[Any], payment: Row[Any], invoice: InvoiceFacts, intent: CheckoutFacts
) -> None:
    """The invoice of the payment page pays the first gift, by the payment of that page."""
    ids = _ids(intent)
    if PAYMENT.allows(payment.state, "succeeded"):
        book(tx, payment, _paid(tx, intent), **ids)
    else:  # booked by its checkout already
        store.note_facts(tx, payment.no, **ids)
    keep.add_instalment(tx, row.id, invoice, payment.no, str(intent.intent_id))


def _take_next(tx: Transaction, row: Row[Any], invoice: InvoiceFacts) -> None:
    """A later month: giving answers with a gift of its own (see ``take_instalment``).

    Raises:
        LookupError: when nobody said whose gift the money is; nothing is booked then.
    """
    tx.announce(InstalmentPaid(row.pledge_no, invoice))
    if not keep.is_booked(tx, invoice.invoice_id):
        raise LookupError(f"nobody took the instalment {invoice.invoice_id}")


def take_instalment(tx: Transaction, message: InstalmentPaid, gift_no: str) -> str:
    """Book a month's money for a new gift: payment, journal entry and instalment at once.

    Returns the payment's number. The same invoice a second time is refused by the database.
    """
    invoice, row = message.invoice, keep.lock(tx, None, message.pledge_no)
    if row is None or invoice.intent is None:
        raise LookupError(message.pledge_no)
    number = store.add_payment(tx, gift_no=gift_no, yen=invoice.yen, method="card")
    payment = store.lock_payment(tx, number)
    if payment is None:
        raise LookupError(number)
    book(tx, payment, _paid(tx, invoice.intent), **_ids(invoice.intent))
    keep.add_instalment(tx, row.id, invoice, number, str(invoice.intent.intent_id))
    return number


def _paid(tx: Transaction, intent: CheckoutFacts) -> Paid:
    at = intent.paid_at or tx.now
    return Paid(intent.yen, "card", at, day_in_japan(at))


def _ids(intent: CheckoutFacts) -> dict[str, str]:
    known = {
        "intent_id": intent.intent_id,
        "charge_id": intent.charge_id,
        "customer_id": intent.customer_id,
    }
    return {name: value for name, value in known.items() if value}


def _note_missed(tx: Transaction, row: Row[Any], dossier: SubscriptionDossier) -> None:
    """Keep what is behind and tell of each failed attempt once; or that nothing is any more."""
    missed = dossier.missed
    if missed is None:
        if row.failure_code or row.next_attempt_at:
            keep.note(tx, row.id, failure_code=None, next_attempt_at=None)
        return
    before = row.missed_attempts if row.missed_invoice == missed.invoice_id else 0
    if missed.attempts <= before:
        return
    code = missed.intent.failure_code if missed.intent is not None else None
    keep.note(
        tx,
        row.id,
        missed_invoice=missed.invoice_id,
        missed_attempts=missed.attempts,
        failure_code=code or "declined",
        next_attempt_at=missed.next_attempt_at,
    )
    tx.audit("instalment.missed", row.pledge_no, invoice=missed.invoice_id, attempt=missed.attempts)
    tx.announce(
        InstalmentMissed(
            row.pledge_no, missed.invoice_id, missed.attempts, code, missed.next_attempt_at
        )
    )


def _move(tx: Transaction, row: Row[Any], dossier: SubscriptionDossier) -> None:
    """Follow the provider's state; what ended stays ended."""
    if row.state == "ended":
        return
    state = dossier.state
    reason = ended_reason(dossier) if state == "ended" else None
    keep.note(
        tx,
        row.id,
        state=state,
        ended_reason=reason,
        period_end=dossier.period_end,
        customer_id=dossier.customer_id,
        as_of=tx.now,
        look_at=_soon(row, next_look(dossier, tx.now), tx.now),
    )
    if state != row.state:
        tx.audit(f"subscription.{state}", row.pledge_no, before=row.state, reason=reason)
        tx.announce(SubscriptionMoved(row.pledge_no, state, reason))


def _soon(row: Row[Any], look: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """A card that is being given is looked for sooner than the next charge."""
    if look is None or row.card_session is None:
        return look
    return min(look, now + LATER_LOOKS)


def give_up(house: House, *, now: dt.datetime, pledge_no: str) -> None:
    """End a monthly payment that never began: its payment page was not paid."""
    with house.transaction(by=system("clock"), now=now) as tx:
        row = keep.lock(tx, None, pledge_no)
        if row is None or row.state != "expected":
            return
        keep.note(tx, row.id, state="ended", ended_reason="unpaid", look_at=None, as_of=now)
        tx.announce(SubscriptionMoved(pledge_no, "ended", "unpaid"))
