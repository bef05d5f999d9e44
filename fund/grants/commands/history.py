"""Awards of the time before this ledger, taken over from their published sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from fund.grants import store
from fund.grants.store import PastAward
from fund.kernel.actor import Actor
from fund.kernel.errors import Invalid
from fund.kernel.sentences import filled
from fund.platform.house import House


def import_historical(
    house: House, *, by: Actor, now: dt.datetime, rows: Iterable[PastAward]
) -> list[str]:
    """Add published awards that are not there yet; returns the new numbers.

    They carry no application and move no money. The same group, title and year adds nothing.

    Raises:
        Invalid: for a row without a title or without its source.
    """
    added = []
    with house.transaction(by=by, now=now) as tx:
        for at, past in enumerate(rows, start=1):
            if not past.title.strip() or not past.source_url.strip():
                raise Invalid(filled("%(at)s行目：事業の名前と出典の両方が必要です", at=at))
            if store.past_award_exists(tx, past):
                continue
            number = store.next_award_no(tx, past.fy)
            store.add_past_award(tx, number, past)
            added.append(number)
        if added:
            tx.audit("award.imported", added[0], count=len(added), last=added[-1])
    return added
