"""What a gift does when its payment ends: inside the payment's own transaction."""

from __future__ import annotations

from fund.giving import store
from fund.payments.messages import PaymentExpired, PaymentFailed, PaymentReceived
from fund.payments.queries import payments_of
from fund.platform.house import Message, Reaction, Transaction

_LIVE = frozenset({"created", "open"})


def receive(tx: Transaction, message: PaymentReceived) -> None:
    """The money is here: the gift is received, also after its end (late success).

    A second payment of the same gift changes nothing about the gift: its money is held, and
    the audit trail tells the officers that some of it must go back.
    """
    row = store.lock_gift(tx, message.gift_no)
    if row is None:
        raise LookupError(f"payment {message.payment_no} names no gift of ours")
    if row.paid_at is not None:
        tx.audit("gift.paid-again", row.no, payment=message.payment_no, yen=int(message.yen))
        return
    store.move_gift(
        tx,
        row.no,
        row.state,
        "received",
        method=message.method,
        paid_at=message.paid_at,
        received_on=message.received_on,
    )
    tx.audit("gift.received", row.no, yen=int(message.yen), before=row.state)


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
    if row.state != "awaiting_payment" or any(p.state in _LIVE for p in others):
        return
    store.move_gift(tx, gift_no, row.state, state)
    tx.audit(f"gift.{state}", gift_no, payment=payment_no)


REACTIONS: dict[type[Message], tuple[Reaction, ...]] = {
    PaymentReceived: (receive,),
    PaymentFailed: (note_failure,),
    PaymentExpired: (note_expiry,),
}
