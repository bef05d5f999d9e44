"""What is watched beside the events: looks by the clock, reminders, warnings, money too much."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.actor import Actor, system
from fund.kernel.errors import NotFound
from fund.kernel.money import Yen
from fund.payments import queries, store
from fund.payments.messages import PaymentDue, PaymentExceeded
from fund.platform.house import House


@dataclass(frozen=True)
class Look:
    """A payment that is due for a look, with what the provider knows it by."""

    payment_no: str
    session_id: str | None


def claim_looks(house: House, *, now: dt.datetime, limit: int) -> list[Look]:
    """Take payments that nobody reported about; their next look is put off at once."""
    with house.transaction(by=system("sweep"), now=now) as tx:
        return [Look(row.no, row.session_id) for row in store.claim_looks(tx, limit)]


def look_soon(house: House, *, now: dt.datetime, looks: list[Look]) -> None:
    """Give claimed looks back: the provider did not answer."""
    with house.transaction(by=system("sweep"), now=now) as tx:
        store.look_soon(tx, [look.payment_no for look in looks])


def remind(house: House, *, now: dt.datetime, payment_no: str) -> bool:
    """Say once that a voucher ends soon; False when there is nothing to say any more."""
    with house.transaction(by=system("clock"), now=now) as tx:
        row = store.lock_payment(tx, payment_no)
        if row is None or row.state != "waiting" or row.reminded_at or row.pay_by is None:
            return False
        if now >= row.pay_by:
            return False
        store.note_facts(tx, payment_no, reminded_at=now)
        tx.audit("payment.reminded", row.gift_no, payment=payment_no)
        tx.announce(PaymentDue(payment_no, row.gift_no, row.pay_by))
    return True


def note_warning(
    house: House, *, now: dt.datetime, intent_id: str | None, charge_id: str | None
) -> str | None:
    """Note for the officers that the card's network takes a charge for fraud.

    Returns why it was not noted, or None when it was.
    """
    with house.transaction(by=system("provider"), now=now) as tx:
        row = store.find_payment(tx, None, intent_id, charge_id)
        if row is None:
            return "no payment of ours"
        if row.warned_at is None:
            store.note_facts(tx, row.no, warned_at=now, checked_at=None)
            tx.audit("payment.fraud-warning", row.gift_no, payment=row.no)
    return None


def note_checked(house: House, *, by: Actor, now: dt.datetime, payment_no: str) -> None:
    """An officer looked at a payment that asked for it, and did what there was to do.

    Raises:
        NotFound: for an unknown payment.
    """
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_payment(tx, payment_no)
        if row is None:
            raise NotFound("お支払いが見つかりません")
        if row.checked_at is None:
            store.note_facts(tx, payment_no, checked_at=now)
            tx.audit("payment.checked", row.gift_no, payment=payment_no)


def note_excess(house: House, *, now: dt.datetime, customer_id: str, yen: Yen) -> str | None:
    """Note how much a donor transferred beyond what was asked; 0 when it was sent back.

    The money lies with the provider in the donor's name: it is not in our books.
    Returns why it was not noted, or None when it was.
    """
    with house.transaction(by=system("provider"), now=now) as tx:
        found = queries.payments_of_customer(tx.connection, customer_id)
        if not found:
            return "no customer of ours"
        row = store.lock_payment(tx, found[0].no)
        if row is not None and row.excess_yen != int(yen):
            store.note_facts(tx, row.no, excess_yen=int(yen), checked_at=None)
            tx.audit("payment.excess", row.gift_no, payment=row.no, yen=int(yen))
            if yen > row.excess_yen:
                tx.announce(PaymentExceeded(row.no, row.gift_no, yen))
    return None
