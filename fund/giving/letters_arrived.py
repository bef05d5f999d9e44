"""Mails to donors whose money has arrived: all of it, a part, more than was offered, or twice."""

from __future__ import annotations

from collections.abc import Sequence

from fund.giving.letters_taking_back import letter_about_money, queue_about_money
from fund.giving.queries.readers import readers
from fund.payments.domain import ONLINE_METHODS
from fund.payments.messages import PaymentExceeded, PaymentPartlyArrived, PaymentReceived
from fund.platform.house import Transaction
from fund.platform.outbox import queue_mails


def tell_received(tx: Transaction, received: Sequence[PaymentReceived]) -> None:
    """The money is here; each gift's donor is told.

    Not told: a month of a monthly gift, whose receipt comes by mail anyway; and who paid in
    another way than online holds a slip or stood at the desk.
    """
    online = {one.gift_no: one for one in received if one.method in ONLINE_METHODS}
    if not online:
        return
    letters = [
        letter_about_money(
            tx,
            reader,
            "gift.received",
            online[reader.gift_no].payment_no,
            online[reader.gift_no].yen,
        )
        for reader in readers(tx.connection, online)
        if not reader.monthly
    ]
    queue_mails(tx, letters)


def tell_paid_again(tx: Transaction, message: PaymentReceived) -> None:
    """A second payment of one gift arrived: somebody looks at it, part of it must go back."""
    queue_about_money(tx, "gift.paid-again", message.gift_no, message.payment_no, message.yen)


def tell_part(tx: Transaction, message: PaymentPartlyArrived) -> None:
    """A part of a transfer arrived: what is missing still, and that the account is the same."""
    queue_about_money(
        tx,
        "gift.part-arrived",
        message.gift_no,
        f"{message.payment_no}#{int(message.arrived)}",
        message.arrived,
        missing=int(message.missing),
    )


def tell_exceeded(tx: Transaction, message: PaymentExceeded) -> None:
    """More than was offered arrived: it is in no books, somebody looks at it."""
    queue_about_money(
        tx,
        "gift.exceeded",
        message.gift_no,
        f"{message.payment_no}#{int(message.yen)}",
        message.yen,
    )
