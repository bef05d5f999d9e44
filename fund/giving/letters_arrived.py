"""Mails to donors whose money has arrived: all of it, a part, more than was offered, or twice."""

from __future__ import annotations

from fund.giving.letters_taking_back import queue_about_money
from fund.giving.queries.pledges import pledge_of_gift
from fund.payments.domain import ONLINE_METHODS
from fund.payments.messages import PaymentExceeded, PaymentPartlyArrived, PaymentReceived
from fund.platform.house import Transaction


def tell_received(tx: Transaction, message: PaymentReceived) -> None:
    """The money is here.

    Not told: a month of a monthly gift, whose receipt comes by mail anyway; and who paid in
    another way than online holds a slip or stood at the desk.
    """
    online = message.method in ONLINE_METHODS
    if online and pledge_of_gift(tx.connection, message.gift_no) is None:
        queue_about_money(tx, "gift.received", message.gift_no, message.payment_no, message.yen)


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
