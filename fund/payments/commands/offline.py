"""Money that came over the counter, by slip or straight to the bank."""

from __future__ import annotations

import datetime as dt

from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, NotFound
from fund.kernel.money import Yen
from fund.payments import queries, store
from fund.payments.commands.booking import Paid, book
from fund.payments.domain import OFFLINE_METHODS
from fund.platform.house import House, Transaction


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
    book(tx, row, Paid(Yen(row.yen), method, tx.now, received_on))
    return str(row.no)
