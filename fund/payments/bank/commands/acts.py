"""Acts on lines in a caller's transaction: set aside, and take a match back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import update

from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.ledger import journal
from fund.payments import store as payments
from fund.payments.bank import queries, store
from fund.payments.bank.domain import check_reason
from fund.payments.models import payment
from fund.platform.house import Transaction


def ignore(tx: Transaction, line_id: int, reason: str) -> None:
    """Set aside what is open of a line: it is none of the fund's money, and here is why.

    Raises:
        Conflict: when nothing of it is open.
        Invalid: without a reason.
    """
    kept = check_reason(reason)
    left = store.lock_line(tx, line_id)
    if left == 0:
        raise Conflict("この行は、すでに照合されています")
    store.add_matches(tx, [store.NewMatch(line_id, None, left, "ignored", "C", reason=kept)])


def undo(tx: Transaction, match_id: int, reason: str, *, on: dt.date) -> Sequence[int]:
    """Take a match back by a reversing row; an entry it booked is mirrored (``entry.reversed``).

    An entry that several lines were booked as goes back with all of them. Returns the lines
    that are open again.

    Raises:
        NotFound: for an unknown match.
        Conflict: when it was undone before, or its entry was reversed by somebody else.
        Invalid: without a reason.
    """
    kept = check_reason(reason)
    row = store.live_match(tx, match_id)
    parts = [row]
    if row.booked:
        parts = queries.parts_of_booked(tx.connection, row.entry_id)
    for part in parts:
        store.lock_line(tx, part.line_id)
    store.add_matches(
        tx,
        [
            store.NewMatch(
                part.line_id,
                part.entry_id,
                -part.yen,
                part.what,
                part.level,
                booked=part.booked,
                reason=kept,
                undoes=part.id,
            )
            for part in parts
        ],
    )
    if row.booked and journal.reverse(tx, row.entry_id, on=on, reason=kept) is None:
        raise Conflict("この記帳は、すでに取り消されています")
    return [int(part.line_id) for part in parts]


def total_open(tx: Transaction, line_ids: Sequence[int]) -> dict[int, Yen]:
    """What is open of each line (signed yen), locked in one order."""
    return {line_id: Yen(store.lock_line(tx, line_id)) for line_id in sorted(set(line_ids))}


def unbook_payment(tx: Transaction, payment_no: str) -> str:
    """End a transfer whose booking was mirrored: nobody paid it; returns its gift's number.

    Only the match that booked a payment may say so: the provider never takes a success back
    (``PAYMENT`` has no edge out of ``succeeded``), an officer who took the wrong line does.

    Raises:
        Conflict: for a payment that did not come by direct transfer, or is not booked.
    """
    row = payments.lock_payment(tx, payment_no)
    if row is None or row.method != "bank" or row.state != "succeeded":
        raise Conflict("この支払いの記帳は取り消せません")
    tx.connection.execute(
        update(payment)
        .where(payment.c.no == payment_no)
        .values(state="canceled", paid_at=None, received_on=None, extra=False, late=False)
    )
    tx.audit("payment.unbooked", row.gift_no, payment=payment_no)
    return str(row.gift_no)
