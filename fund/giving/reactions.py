"""What a gift does when its payment ends: inside the payment's own transaction."""

from __future__ import annotations

from fund.giving import letters, letters_arrived, store, taken_back
from fund.kernel.errors import Conflict
from fund.kernel.sentences import filled
from fund.payments import store as payments
from fund.payments.domain import LIVE
from fund.payments.messages import (
    PaymentDue,
    PaymentExceeded,
    PaymentExpired,
    PaymentFailed,
    PaymentPartlyArrived,
    PaymentReceived,
    PaymentsReceived,
    PaymentWaiting,
)
from fund.payments.queries import current, payments_of
from fund.platform.house import Message, Reaction, Transaction


def receive(tx: Transaction, message: PaymentsReceived) -> None:
    """The money is here: the gifts are received, also after their end (late success).

    A gift follows the payment that really paid it (``paid_by``, ``method``).
    """
    before = store.receive_gifts(
        tx,
        [
            {
                "no": one.gift_no,
                "method": one.method,
                "paid_at": one.paid_at,
                "paid_by": one.payment_no,
                "received_on": one.received_on,
            }
            for one in message.received
        ],
    )
    first = [one for one in message.received if one.gift_no in before]
    for one in first:
        tx.audit("gift.received", one.gift_no, yen=int(one.yen), before=before[one.gift_no])
    letters_arrived.tell_received(tx, first)
    for one in message.received:
        if one.gift_no not in before:
            _hold_extra(tx, one)


def _hold_extra(tx: Transaction, message: PaymentReceived) -> None:
    """A second payment of the same gift changes nothing about the gift.

    Its money is held, and marked as extra for the officers, because some of it must go back.
    """
    row = store.lock_gift(tx, message.gift_no)
    if row is None:
        raise LookupError(f"payment {message.payment_no} names no gift of ours")
    if row.paid_at is None:
        raise Conflict(
            filled(
                "%(no)s: いまの状態（%(state)s）からは入金済みにできません",
                no=row.no,
                state=row.state,
            )
        )
    payments.mark_extra(tx, message.payment_no)
    tx.audit("gift.paid-again", row.no, payment=message.payment_no, yen=int(message.yen))
    letters_arrived.tell_paid_again(tx, message)
    taken_back.follow_payments(tx, row.no)


def tell_how_to_pay(tx: Transaction, message: PaymentWaiting) -> None:
    """The donor chose a shop or a transfer: send what is needed there."""
    letters.queue(tx, "gift.waiting", message.gift_no, message.payment_no)


def tell_due(tx: Transaction, message: PaymentDue) -> None:
    """The voucher ends within a day: say so once, unless another way was taken meanwhile.

    A voucher lives on at the provider when the donor has paid by card: who is reminded of it pays
    twice.
    """
    chosen = current(payments_of(tx.connection, message.gift_no))
    if chosen is None or chosen.no != message.payment_no:
        return
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
    PaymentsReceived: (receive,),
    PaymentWaiting: (tell_how_to_pay,),
    PaymentDue: (tell_due,),
    PaymentPartlyArrived: (letters_arrived.tell_part,),
    PaymentExceeded: (letters_arrived.tell_exceeded,),
    PaymentFailed: (note_failure,),
    PaymentExpired: (note_expiry,),
}
