"""What a pledge does when its monthly payment moves: inside the payment's own transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from fund.giving import pledge_letters, pledges_store
from fund.giving.commands import pledges
from fund.payments.subscriptions_messages import (
    CardChanged,
    InstalmentMissed,
    InstalmentPaid,
    SubscriptionMoved,
)
from fund.payments.subscriptions_queries import subscription_of
from fund.platform.house import Message, Reaction, Transaction

_STATES = {"active": "active", "past_due": "active", "paused": "paused", "ended": "ended"}


def take(tx: Transaction, message: InstalmentPaid) -> None:
    """A month's money is a gift of its own."""
    pledges.take_month(tx, message)


def tell_missed(tx: Transaction, message: InstalmentMissed) -> None:
    """A charge failed: no gift comes of it; the donor is told once an invoice what to do.

    After the last attempt the mail that the pledge has ended says it all.
    """
    if message.next_attempt_at is not None:
        pledge_letters.queue(
            tx,
            "monthly.failed",
            message.pledge_no,
            message.invoice_id,
            until=message.next_attempt_at,
        )


def tell_card(tx: Transaction, message: CardChanged) -> None:
    """Another card is charged from now on: the donor is told, whoever gave it."""
    pledge_letters.queue(tx, "monthly.card", message.pledge_no, message.subject)


def follow(tx: Transaction, message: SubscriptionMoved) -> None:
    """The pledge follows its monthly payment; one that ended here is ended there too."""
    row = pledges_store.lock_pledge(tx, message.pledge_no)
    if row is None:
        raise LookupError(f"{message.pledge_no} is no pledge of ours")
    after = _STATES[message.state]
    if row.state == "ended":
        known = subscription_of(tx.connection, row.no)
        if after != "ended" and known is not None and known.subscription_id is not None:
            tx.enqueue("payments.end_subscription", subscription_id=known.subscription_id)
        return
    if after == row.state:
        return
    if after == "ended":
        _end(tx, row, message)
    elif after == "paused":
        paused_by = row.asked_by if row.asked == "pause" else "staff"
        pledges_store.move_pledge(tx, row, "paused", paused_by=paused_by)
    else:
        started = {} if row.started_at else {"started_at": tx.now}
        pledges_store.move_pledge(tx, row, "active", **started)
        if started:
            pledge_letters.queue(tx, "monthly.started", row.no, row.no)
    tx.audit(f"pledge.{after}", row.no, before=row.state, reason=message.reason)


def _end(tx: Transaction, row: Row[Any], message: SubscriptionMoved) -> None:
    """Say who or what ended it: a failed charge, a page never paid, the asker, else the office."""
    by = message.reason if message.reason in {"failure", "unpaid"} else None
    by = by or (row.asked_by if row.asked == "stop" else "staff")
    pledges_store.move_pledge(tx, row, "ended", ended_by=by, ended_at=tx.now)
    if by != "unpaid":
        pledge_letters.queue(tx, "monthly.ended", row.no, row.no, why=str(by))


REACTIONS: dict[type[Message], tuple[Reaction, ...]] = {
    InstalmentPaid: (take,),
    InstalmentMissed: (tell_missed,),
    CardChanged: (tell_card,),
    SubscriptionMoved: (follow,),
}
