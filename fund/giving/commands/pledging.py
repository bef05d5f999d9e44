"""Beginning a monthly pledge, inside the transaction in which its first gift is offered."""

from __future__ import annotations

from fund.giving import pledges_store
from fund.giving.domain import Offer
from fund.kernel.calendar import day_in_japan
from fund.manual.queries import rules_on
from fund.payments.subscriptions import expect
from fund.platform.house import Transaction


def open_pledge(tx: Transaction, *, gift_no: str, gift_id: int, donor_id: int, offer: Offer) -> str:
    """Write down a pledge whose first gift is being offered; its payment page will begin it."""
    edition = rules_on(tx.connection, day_in_japan(tx.now)).edition
    number = pledges_store.add_pledge(
        tx, donor_id=donor_id, gift_id=gift_id, offer=offer, edition=edition
    )
    expect(tx, pledge_no=number, gift_no=gift_no, yen=offer.yen)
    tx.audit("pledge.begun", number, gift=gift_no, yen=int(offer.yen), sample=offer.sample)
    return number
