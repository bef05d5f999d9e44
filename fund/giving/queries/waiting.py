"""What of gifts waits for officers: tallies for the inbox."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, exists, select

from fund.giving.models import acceptance_batch, acceptance_item, gift, receipt_request, refusal
from fund.platform.waiting import Waiting, tally

_LEFT = gift.c.yen - gift.c.returned_yen
"""What would be accepted now: the gift less what went back."""


def gifts_to_propose(connection: Connection) -> Waiting:
    """Received gifts that stand in no batch waiting for its decision, since they were paid."""
    proposed = exists().where(
        acceptance_item.c.gift_id == gift.c.id,
        acceptance_item.c.batch_id == acceptance_batch.c.id,
        acceptance_batch.c.state == "proposed",
    )
    return tally(
        connection,
        select(gift.c.received_on.label("since"), _LEFT.label("yen")).where(
            gift.c.state == "received", ~proposed
        ),
    )


def gifts_held(connection: Connection, last: dt.date) -> Waiting:
    """Gifts received up to a day that are not accepted: their money is held for the donors."""
    asked = select(gift.c.received_on.label("since"), _LEFT.label("yen"))
    return tally(connection, asked.where(gift.c.state == "received", gift.c.received_on <= last))


def batches_to_decide(connection: Connection) -> Waiting:
    """Proposed acceptances: the yen are those of their gifts, the count is of batches."""
    batches = tally(
        connection,
        select(acceptance_batch.c.proposed_at.label("since")).where(
            acceptance_batch.c.state == "proposed"
        ),
    )
    gifts = tally(
        connection,
        select(acceptance_batch.c.proposed_at.label("since"), _LEFT.label("yen"))
        .join(acceptance_item, acceptance_item.c.batch_id == acceptance_batch.c.id)
        .join(gift, gift.c.id == acceptance_item.c.gift_id)
        .where(acceptance_batch.c.state == "proposed"),
    )
    return Waiting(batches.count, batches.since, gifts.yen)


def receipts_to_correct(connection: Connection) -> Waiting:
    """Donors' wishes for corrected receipts."""
    asked = select(receipt_request.c.asked_at.label("since"), gift.c.yen).join(
        gift, gift.c.id == receipt_request.c.gift_id
    )
    return tally(connection, asked.where(receipt_request.c.done_at.is_(None)))


def refusals_to_decide(connection: Connection) -> Waiting:
    """Proposed refusals of gifts."""
    asked = select(refusal.c.proposed_at.label("since"), gift.c.yen).join(
        gift, gift.c.id == refusal.c.gift_id
    )
    return tally(connection, asked.where(refusal.c.state == "proposed"))
