"""What a gift does when its payment ends: inside the payment's own transaction."""

from __future__ import annotations

from fund.giving import letters, letters_arrived, store, taken_back
from fund.kernel.errors import Conflict
from fund.payments import store as payments
from fund.payments.domain import LIVE
from fund.payments.messages import (
    PaymentDue,
    PaymentExceeded,
    PaymentExpired,
    PaymentFailed,
    PaymentPartlyArrived,
    PaymentReceived,
    PaymentWaiting,
)
from fund.payments.queries import payments_of
from fund.platform.house import Message, Reaction, Transaction


def receive(tx: Transaction, message: PaymentReceived) -> None:
    """The money is here: the gift is received, also after its end (late success).

    The gift follows the payment that really paid it (``paid_by``, ``method``). A second payment
    of the same gift changes nothing about the gift: its money is held, and marked as extra for
    the officers, because some of it must go back.
    """
    before = store.receive_gift(
        tx,
        message.gift_no,
        method=message.method,
        paid_at=message.paid_at,
        paid_by=message.payment_no,
        received_on=message.received_on,
    )
    if before is not None:
        tx.audit("gift.received", message.gift_no, yen=int(message.yen), before=before)
        letters_arrived.tell_received(tx, message)
        return
    row = store.lock_gift(tx, message.gift_no)
    if row is None:
        raise LookupError(f"payment {message.payment_no} names no gift of ours")
    if row.paid_at is None:
        raise Conflict(f"{row.no}: {row.state} → received は行えません")
    payments.mark_extra(tx, message.payment_no)
    tx.audit("gift.paid-again", row.no, payment=message.payment_no, yen=int(message.yen))
    letters_arrived.tell_paid_again(tx, message)
    taken_back.follow_payments(tx, row.no)


def tell_how_to_pay(tx: Transaction, message: PaymentWaiting) -> None:
    """The donor chose a shop or a transfer: send what is needed there."""
    letters.queue(tx, "gift.waiting", message.gift_no, message.payment_no)


def tell_due(tx: Transaction, message: PaymentDue) -> None:
    """The voucher ends within a day: say so once."""
    letters.queue(tx, "gift.reminder", message.gift_no, message.payment_no)


def note_failure(tx: Transaction, message: PaymentFailed) -> None:
    """The payment ended without money; the donor may try again."""
    _end(tx, message.gift_no, message.payment_no, "failed")


def note_expiry(tx: Transaction, message: PaymentExpired) -> None:
    """Nobody paid in time; the donor may still come back."""
    _end(tx, message.gift_no, message.payment_no, "expired")


def _end(tx: Transaction, gift_no: str, payment_no: str, state: str) -> None:
    row = store.lock_gift(tx, gift_no)
    if row is None:
        raise LookupError(f"payment {payment_no} names no gift of ours")
    others = [p for p in payments_of(tx.connection, gift_no) if p.no != payment_no]
    if row.state != "awaiting_payment" or any(p.state in LIVE for p in others):
        return
    store.move_gift(tx, gift_no, row.state, state)
    tx.audit(f"gift.{state}", gift_no, payment=payment_no)


REACTIONS: dict[type[Message], tuple[Reaction, ...]] = {
    PaymentReceived: (receive,),
    PaymentWaiting: (tell_how_to_pay,),
    PaymentDue: (tell_due,),
    PaymentPartlyArrived: (letters_arrived.tell_part,),
    PaymentExceeded: (letters_arrived.tell_exceeded,),
    PaymentFailed: (note_failure,),
    PaymentExpired: (note_expiry,),
}
