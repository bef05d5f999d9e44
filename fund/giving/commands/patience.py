"""Counting beginnings and declines in the transaction that would begin a gift or open a page again.

The counts of one address and one mail address are read under a lock that ends with the
transaction, so that a hundred forms sent at once begin no more gifts than one after the other.
No call to the provider is made meanwhile.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection

from fund.giving import queries
from fund.giving.domain.patience import HOUR, Seen, Visitor, wait, wait_after_declines
from fund.kernel.errors import TooMany
from fund.payments.queries import declines_of
from fund.platform import attempts
from fund.platform.house import Transaction


def admit(tx: Transaction, visitor: Visitor, email: str, *, by_card: bool) -> None:
    """Count a gift that is begun now.

    Raises:
        TooMany: when this visitor, or anybody with this mail address, must wait.
    """
    to = email.lower()
    begun = attempts.standing(tx, "begun-from", visitor.address, HOUR)
    fast = attempts.standing(tx, "begun-fast", visitor.address, HOUR)
    to_mail = attempts.standing(tx, "begun-to", to, HOUR)
    declined = _declined(tx, visitor, ()) if by_card else []
    _refuse(wait(_seen(tx, declined, begun=begun, fast=fast, to_mail=to_mail), visitor.limit))
    attempts.note(tx, "begun-from", visitor.address)
    attempts.note(tx, "begun-to", to)
    if visitor.fast:
        attempts.note(tx, "begun-fast", visitor.address)


def admit_again(tx: Transaction, visitor: Visitor, gift_no: str) -> None:
    """Pass if this visitor may try another card for a gift that was begun before.

    Raises:
        TooMany: after declines of this gift, wherever its link is opened, or of this visitor.
    """
    _refuse(wait_after_declines(_seen(tx, _declined(tx, visitor, (gift_no,)))))


def _declined(tx: Transaction, visitor: Visitor, gifts: Collection[str]) -> list[dt.datetime]:
    since = tx.now - HOUR
    begun = queries.begun_from(tx.connection, visitor.origins, since)
    return declines_of(tx.connection, {*begun, *gifts}, since)


def _seen(
    tx: Transaction,
    declined: Collection[dt.datetime],
    *,
    begun: int = 0,
    fast: int = 0,
    to_mail: int = 0,
) -> Seen:
    since = max(tx.now - max(declined), dt.timedelta(0)) if declined else HOUR
    return Seen(begun, fast, to_mail, len(declined), since)


def _refuse(left: dt.timedelta) -> None:
    if left > dt.timedelta(0):
        seconds = math.ceil(left.total_seconds())
        raise TooMany("短い間にたくさんのお申し込みがありました", seconds)
