"""Whether a receipt somebody holds is one of ours and still stands.

An answer is given only to somebody who names its number and its amount. Whatever is wrong (no
such number, another amount), the answer and the work behind it are the same.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from fund.kernel.actor import Actor
from fund.kernel.errors import TooMany
from fund.platform import attempts
from fund.platform.house import House
from fund.receipts.models import receipt, receipt_document

HOUR = dt.timedelta(hours=1)
PER_ORIGIN = 20
PER_NUMBER = 10
IN_ALL = 2_000


@dataclass(frozen=True)
class Checked:
    """A receipt whose holder is answered: number, gift, and whether it still stands."""

    no: str
    gift_no: str
    valid: bool


def check(
    house: House, *, by: Actor, now: dt.datetime, number: str, yen: int, origin: str
) -> Checked | None:
    """The receipt of this number over this amount (yen); None for any other pair.

    Raises:
        TooMany: when this visitor, anybody for this number, or everybody asked too often.
    """
    with house.transaction(by=by, now=now) as tx:
        counts = (
            attempts.standing(tx, "receipt-from", origin, HOUR),
            attempts.standing(tx, "receipt-for", number, HOUR),
            attempts.total(tx.connection, "receipt-for", now - HOUR),
        )
        limits = (PER_ORIGIN, PER_NUMBER, IN_ALL)
        if any(count >= limit for count, limit in zip(counts, limits, strict=True)):
            raise TooMany("短い間に何度も調べられています。1時間ほどたってからお試しください", 3600)
        attempts.note(tx, "receipt-from", origin)
        attempts.note(tx, "receipt-for", number)
    with house.database.reading() as connection:
        return _compared(connection, number, yen)


def _compared(connection: Connection, number: str, yen: int) -> Checked | None:
    columns = (receipt.c.no, receipt.c.gift_no, receipt.c.state, receipt.c.payload)
    wanted = select(*columns).where(receipt.c.no == number)
    # Where there is no such number another receipt is read and compared instead: the same work.
    row = (
        connection.execute(wanted).one_or_none()
        or connection.execute(select(*columns).order_by(receipt.c.id).limit(1)).one_or_none()
    )
    if row is None:
        return None
    mine = f"{row.no} {json.loads(row.payload)['yen']}"
    if not hmac.compare_digest(mine.encode(), f"{number} {yen}".encode()):
        return None
    return Checked(row.no, row.gift_no, row.state == "valid")


def of_document(connection: Connection, digest: bytes) -> Checked | None:
    """The receipt whose PDF has this SHA-256: only who has the file can name it."""
    row = connection.execute(
        select(receipt.c.no, receipt.c.gift_no, receipt.c.state)
        .join(receipt_document, receipt_document.c.receipt_id == receipt.c.id)
        .where(receipt_document.c.sha256 == digest)
    ).first()
    return None if row is None else Checked(row.no, row.gift_no, row.state == "valid")
