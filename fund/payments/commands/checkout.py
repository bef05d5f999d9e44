"""Opening the hosted page, and closing one that must not be paid any more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.actor import Actor
from fund.kernel.canonical import sha256_hex
from fund.kernel.errors import Conflict, NotFound
from fund.payments import queries, store
from fund.payments.commands.booking import apply_dossier
from fund.payments.domain import SESSION_LIFE
from fund.payments.messages import PaymentFailed
from fund.payments.ports import CheckoutOrder, Provider
from fund.payments.queries import PaymentView
from fund.payments.subscriptions_queries import monthly_of_gift
from fund.platform.house import House


@dataclass(frozen=True)
class CheckoutWording:
    """What the hosted page says and where it leads afterwards (absolute addresses)."""

    description: str
    success_url: str
    cancel_url: str
    email: str
    locale: str


def open_checkout(
    house: House, *, by: Actor, now: dt.datetime, payment_no: str, wording: CheckoutWording
) -> str:
    """The address of the hosted page, opened now or before; calls the provider in between.

    Raises:
        NotFound: for an unknown payment.
        Conflict: when the payment already ended, or waits for its voucher to be paid.
        Invalid: when the provider does not offer the payment's method.
        Unavailable: when the provider does not answer; asking again is safe.
    """
    with house.database.reading() as connection:
        payment = queries.payment_by_no(connection, payment_no)
        pledge_no = monthly_of_gift(connection, payment.gift_no) if payment else None
    if payment is None:
        raise NotFound("お支払いが見つかりません")
    if payment.state not in {"created", "open"} or now >= payment.created_at + SESSION_LIFE:
        raise Conflict("このお支払いは終わっています")
    if payment.session_url:
        return payment.session_url
    opened = house.port(Provider).open_checkout(_order(payment, wording, pledge_no))
    with house.transaction(by=by, now=now) as tx:
        store.note_checkout(tx, payment_no, opened)
        tx.audit("payment.opened", payment.gift_no, payment=payment_no)
    return opened.url


def _order(payment: PaymentView, wording: CheckoutWording, pledge_no: str | None) -> CheckoutOrder:
    """A function of the stored row, so that a repetition is the same order under the same key.

    What may be corrected between two tries (mail address, wording) is part of the key: the
    provider refuses another order under a known key, and the page of the first one, whose
    address nobody ever learnt, ends by itself.
    """
    volatile = [
        wording.email,
        wording.locale,
        wording.description,
        wording.success_url,
        wording.cancel_url,
    ]
    return CheckoutOrder(
        key=f"{payment.no}-checkout-{sha256_hex(volatile)[:12]}",
        payment_no=payment.no,
        gift_no=payment.gift_no,
        yen=payment.yen,
        description=wording.description,
        email=wording.email,
        locale=wording.locale,
        success_url=wording.success_url,
        cancel_url=wording.cancel_url,
        expires_at=payment.created_at + SESSION_LIFE,
        method=payment.method,
        pledge_no=pledge_no,
    )


def close_checkout(house: House, *, by: Actor, now: dt.datetime, payment_no: str) -> str:
    """Close a payment's hosted page so that it cannot be paid any more; returns its state then.

    A voucher or account number that was issued cannot be called back at the provider: such a
    payment stays ``waiting``. Whatever was paid a moment before is booked first.

    Raises:
        NotFound: for an unknown payment.
        Unavailable: when the provider does not answer; asking again is safe.
    """
    with house.database.reading() as connection:
        payment = queries.payment_by_no(connection, payment_no)
    if payment is None:
        raise NotFound("お支払いが見つかりません")
    if payment.session_id is not None and payment.state in {"created", "open"}:
        provider = house.port(Provider)
        provider.expire_checkout(payment.session_id)
        dossier = provider.dossier_of_session(payment.session_id)
        if dossier is not None:
            apply_dossier(house, now=now, dossier=dossier)
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_payment(tx, payment_no)
        if row is not None and row.state == "created" and row.session_id is None:
            store.move_payment(tx, payment_no, "created", "canceled", look_at=None)
            tx.audit("payment.canceled", row.gift_no, payment=payment_no)
            tx.announce(PaymentFailed(payment_no, row.gift_no, None))
            return "canceled"
        return str(row.state) if row is not None else payment.state
