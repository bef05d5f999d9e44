"""Going on to the payment page again: the same way, or another one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from fund.giving import store
from fund.giving.domain import RETRYABLE
from fund.giving.domain.offer import check_method
from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, NotFound
from fund.kernel.money import Yen
from fund.payments import store as payment_store
from fund.payments.commands import close_checkout
from fund.payments.domain import LIVE, SESSION_LIFE
from fund.payments.queries import PaymentView, payments_of
from fund.platform.house import House

MAX_ATTEMPTS = 10
"""How often one gift may be sent to the payment page: beyond it somebody is testing cards."""


def retry_payment(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, method: str | None = None
) -> str:
    """The payment to open for a gift that is not paid: the living one, or a new attempt.

    With another ``method`` the page opened before is closed at the provider first, so that it
    cannot be paid twice; a voucher that was issued cannot be called back, and stays payable.

    Raises:
        NotFound: for an unknown gift.
        Invalid: for a method that does not take the gift's amount.
        Conflict: when the gift is paid, or was tried too often.
        Unavailable: when a page must be closed and the provider does not answer.
    """
    if method is not None:
        _leave_others(house, by, now, gift_no, method)
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        if row is None:
            raise NotFound("寄附が見つかりません")
        if row.state not in RETRYABLE:
            raise Conflict("この寄附のお支払いは済んでいるか、受け付けを終えています")
        wanted = row.method if method is None else check_method(method, Yen(row.yen))
        attempts = payments_of(tx.connection, gift_no)
        _stay_with_transfer(attempts, wanted)
        if row.state == "awaiting_payment" and (alive := _alive(attempts, wanted, now)):
            return alive
        if len(attempts) >= MAX_ATTEMPTS:
            raise Conflict("お支払いの回数が上限に達しました。お手数ですが、窓口へご連絡ください")
        if row.state != "awaiting_payment":
            store.move_gift(tx, gift_no, row.state, "awaiting_payment")
        if wanted != row.method:
            store.note_method(tx, gift_no, wanted)
        payment_no = payment_store.add_payment(tx, gift_no=gift_no, yen=Yen(row.yen), method=wanted)
        tx.audit("gift.retried", gift_no, payment=payment_no, before=row.state, method=wanted)
    return payment_no


def _stay_with_transfer(attempts: Sequence[PaymentView], method: str) -> None:
    """Refuse another method while part of a transfer lies with the provider."""
    if any(one.state == "waiting" and one.funded and one.method != method for one in attempts):
        raise Conflict(
            "お振り込みの一部が届いています。残りを同じ口座へお振り込みください。"
            "ほかの方法をご希望のときは、窓口へご連絡ください"
        )


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
