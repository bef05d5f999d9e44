"""Reading what was corrected afterwards, and the wishes for corrected receipts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, select

from fund.giving.models import donor_correction, email_change, gift, receipt_request


@dataclass(frozen=True)
class Correction:
    """One correction: when (UTC), by the donor or an officer, what stood there and what stands."""

    at: dt.datetime
    actor_kind: str
    reason: str
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True)
class ReceiptRequest:
    """A donor's wish for a receipt in the corrected words; ``done_at`` is None while it waits."""

    id: int
    gift_no: str
    note: str
    asked_at: dt.datetime
    done_at: dt.datetime | None


def corrections_of(connection: Connection, gift_no: str) -> list[Correction]:
    """Every correction of a gift's donor, the latest first."""
    rows = connection.execute(
        select(
            donor_correction.c.at,
            donor_correction.c.actor_kind,
            donor_correction.c.reason,
            donor_correction.c.before,
            donor_correction.c.after,
        )
        .join(gift, gift.c.donor_id == donor_correction.c.donor_id)
        .where(gift.c.no == gift_no)
        .order_by(donor_correction.c.id.desc())
    )
    return [Correction(*row) for row in rows]


def receipt_requests(
    connection: Connection, gift_no: str | None = None, limit: int = 100
) -> list[ReceiptRequest]:
    """Wishes for corrected receipts: of one gift, or all that wait, the oldest first."""
    query = (
        select(
            receipt_request.c.id,
            gift.c.no,
            receipt_request.c.note,
            receipt_request.c.asked_at,
            receipt_request.c.done_at,
        )
        .join(gift, gift.c.id == receipt_request.c.gift_id)
        .order_by(receipt_request.c.id)
        .limit(limit)
    )
    if gift_no is None:
        query = query.where(receipt_request.c.done_at.is_(None))
    else:
        query = query.where(gift.c.no == gift_no)
    return [ReceiptRequest(*row) for row in connection.execute(query)]


def waiting_email(connection: Connection, gift_no: str, since: dt.datetime) -> str | None:
    """The new mail address that waits for its confirmation, if one does."""
    found = connection.execute(
        select(email_change.c.email, email_change.c.confirmed_at)
        .join(gift, gift.c.id == email_change.c.gift_id)
        .where(gift.c.no == gift_no, email_change.c.asked_at >= since)
        .order_by(email_change.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None or found.confirmed_at else str(found.email)
