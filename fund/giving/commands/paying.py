"""Going on to the payment page again: the same way, or another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from fund.giving import store
from fund.giving.commands.patience import admit_again
from fund.giving.domain import RETRYABLE
from fund.giving.domain.offer import check_method
from fund.giving.domain.patience import Visitor
from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.money import Yen
from fund.payments import store as payment_store
from fund.payments.commands import close_checkout
from fund.payments.domain import LIVE, SESSION_LIFE
from fund.payments.queries import PaymentView, payments_of
from fund.payments.subscriptions_queries import monthly_of_gift
from fund.platform.house import House, Transaction

MAX_ATTEMPTS = 10
"""How often one gift may be sent to the payment page: beyond it somebody is testing cards."""


def retry_payment(
    house: House,
    *,
    by: Actor,
    now: dt.datetime,
    gift_no: str,
    method: str | None = None,
    visitor: Visitor | None = None,
) -> str:
    """The payment to open for a gift that is not paid: the living one, or a new attempt.

    With another ``method`` the page opened before is closed at the provider first, so that it
    cannot be paid twice; a voucher that was issued cannot be called back, and stays payable.

    Raises:
        NotFound: for an unknown gift.
        Invalid: for a method that does not take the gift's amount.
        Conflict: when the gift is paid, or was tried too often.
        Unavailable: when a page must be closed and the provider does not answer.
        TooMany: when cards were declined before and this visitor must wait.
    """
    if method is not None:
        _leave_others(house, by, now, gift_no, method)
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        if row is None:
            raise NotFound("寄附が見つかりません")
        if row.state not in RETRYABLE:
            raise Conflict("この寄附のお支払いは済んでいるか、受け付けを終えています")
        attempts = payments_of(tx.connection, gift_no)
        wanted = row.method
        if method is not None and method != wanted:
            wanted = _changed(tx, row, attempts, method)
            store.note_method(tx, gift_no, wanted)
        if visitor is not None and wanted == "card":
            admit_again(tx, visitor, gift_no)
        alive = _alive(attempts, wanted, now) if row.state == "awaiting_payment" else None
        return alive or _new_attempt(tx, row, len(attempts), wanted)


def _new_attempt(tx: Transaction, gift: Row[Any], attempts: int, method: str) -> str:
    if attempts >= MAX_ATTEMPTS:
        raise Conflict("お支払いの回数が上限に達しました。お手数ですが、窓口へご連絡ください")
    if gift.state != "awaiting_payment":
        store.move_gift(tx, gift.no, gift.state, "awaiting_payment")
    number = payment_store.add_payment(tx, gift_no=gift.no, yen=Yen(gift.yen), method=method)
    tx.audit("gift.retried", gift.no, payment=number, before=gift.state, method=method)
    return number


def _changed(tx: Transaction, gift: Row[Any], attempts: Sequence[PaymentView], method: str) -> str:
    """The new method, where it may be taken.

    Part of a transfer that lies with the provider is spent on this gift only; and only a card
    can be charged every month.
    """
    check_method(method, Yen(gift.yen))
    if any(one.state == "waiting" and one.funded and one.method != method for one in attempts):
        raise Conflict(
            "お振り込みの一部が届いています。残りを同じ口座へお振り込みください。"
            "ほかの方法をご希望のときは、窓口へご連絡ください"
        )
    if method != "card" and monthly_of_gift(tx.connection, gift.no):
        message = "毎月の寄附は、クレジットカードだけで申し込めます"
        raise Invalid(message, {"method": message})
    return method


def _leave_others(house: House, by: Actor, now: dt.datetime, gift_no: str, method: str) -> None:
    """Close the pages of other methods; calls the provider, so no transaction is open."""
    with house.database.reading() as connection:
        attempts = payments_of(connection, gift_no)
    for payment in attempts:
        if payment.state in LIVE - {"waiting"} and payment.method != method:
            close_checkout(house, by=by, now=now, payment_no=payment.no)


def _alive(attempts: Sequence[PaymentView], method: str, now: dt.datetime) -> str | None:
    """The newest payment of this method that can still be paid as agreed."""
    for payment in reversed(attempts):
        if payment.method != method:
            continue
        if payment.state == "waiting" and (payment.pay_by is None or now < payment.pay_by):
            return payment.no
        if payment.state in {"created", "open"} and now < payment.created_at + SESSION_LIFE:
            return payment.no
    return None
