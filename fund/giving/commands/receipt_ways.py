"""How a donor's receipt comes is chosen with the gift, and again at any time."""

from __future__ import annotations

import datetime as dt

from fund.giving import queries, store, store_donors
from fund.giving.domain.donor import ANONYMOUS
from fund.giving.domain.receipt_ways import check_way
from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, NotFound
from fund.platform.house import House


def change_receipt_way(
    house: House, *, by: Actor, now: dt.datetime, gift_no: str, way: str
) -> bool:
    """Let the receipt come another way; False when it comes that way already.

    Raises:
        Invalid: for a way that is none.
        NotFound: for an unknown gift.
        Conflict: for a gift of nobody, which has no receipt.
    """
    check_way(way)
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_gift(tx, gift_no)
        who = queries.donor_of(tx.connection, gift_no)
        if row is None or who is None:
            raise NotFound("寄附が見つかりません")
        if who.kind == ANONYMOUS:
            raise Conflict("お名前のない寄附に、受領証明書はありません")
        if row.receipt_way == way:
            return False
        store_donors.set_consents(tx, row.id, {"receipt_way": way})
        tx.audit("receipt.way-changed", gift_no, before=row.receipt_way, after=way)
    return True
