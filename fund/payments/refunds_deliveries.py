"""Asking the provider for approved refunds, between transactions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog

from fund.kernel.actor import system
from fund.kernel.errors import Unavailable
from fund.payments import queries, refunds
from fund.payments.refund_ports import RefundDesk, RefundOrder, RefundRefused
from fund.payments.refunds_queries import refund_by_no, refunds_to_send
from fund.payments.store import lock_payment
from fund.platform.house import Delivery, House

log = structlog.get_logger("fund.payments")

RESEND_AFTER = dt.timedelta(minutes=10)


def send_refund(house: House, *, now: dt.datetime, refund_no: str, **_: Any) -> None:
    """Ask the provider for a refund and book what it answers; repeating this changes nothing.

    Our number is the key of the request, so a lost answer is asked for again without a second
    refund; ``Unavailable`` makes the worker come back.
    """
    with house.transaction(by=system("refunds"), now=now) as tx:
        if not refunds.mark_sent(tx, refund_no):
            return
    with house.database.reading() as connection:
        asked = refund_by_no(connection, refund_no)
        paid = queries.payment_by_no(connection, asked.payment_no) if asked else None
    if asked is None or paid is None or paid.intent_id is None:
        raise LookupError(refund_no)
    try:
        facts = house.port(RefundDesk).refund(RefundOrder(refund_no, paid.intent_id, asked.yen))
    except RefundRefused as refusal:
        with house.transaction(by=system("provider"), now=now) as tx:
            refunds.fail(tx, refund_no, str(refusal))
        return
    with house.transaction(by=system("provider"), now=now) as tx:
        row = lock_payment(tx, asked.payment_no)
        if row is None:
            raise LookupError(asked.payment_no)
        refunds.apply(tx, row, facts)


def resend_refunds(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Ask again for approved refunds whose task was lost: the clock's net under the queue."""
    with house.database.reading() as connection:
        waiting = refunds_to_send(connection, now - RESEND_AFTER)
    for refund_no in waiting:
        try:
            send_refund(house, now=now, refund_no=refund_no)
        except Unavailable:
            # The rest would wait for the same silence; the clock comes again.
            log.warning("provider unavailable while refunds wait", waiting=len(waiting))
            return


DELIVERIES: dict[str, Delivery] = {
    refunds.SEND: send_refund,
    "payments.resend_refunds": resend_refunds,
}
PERIODIC = {"payments.resend_refunds": "*/10 * * * *"}
