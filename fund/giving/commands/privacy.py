"""Looking at personal data leaves a line that says who looked."""

from __future__ import annotations

import datetime as dt

from fund.giving import queries
from fund.kernel.actor import Actor
from fund.kernel.errors import NotFound
from fund.platform.house import House


def look_at_donor(house: House, *, by: Actor, now: dt.datetime, gift_no: str) -> queries.DonorView:
    """The donor of a gift, with a line in the audit trail that says who looked.

    Raises:
        NotFound: for an unknown gift.
    """
    with house.transaction(by=by, now=now) as tx:
        found = queries.donor_of(tx.connection, gift_no)
        if found is None:
            raise NotFound("寄附が見つかりません")
        tx.audit("donor.viewed", gift_no)
    return found


def note_batch_viewed(house: House, *, by: Actor, now: dt.datetime, batch_no: str) -> None:
    """Write down that somebody saw the donors' names of a batch."""
    with house.transaction(by=by, now=now) as tx:
        tx.audit("acceptance.viewed", batch_no)


def note_export(house: House, *, by: Actor, now: dt.datetime, fy: int | None) -> None:
    """Write down that somebody took the gift register away, and of which fiscal year."""
    with house.transaction(by=by, now=now) as tx:
        tx.audit("register.exported", "gift-register", fy=fy)
