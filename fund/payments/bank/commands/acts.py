"""Acts on lines in a caller's transaction: set aside, and take a match back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import update

from fund.kernel.errors import Conflict, NotFound
from fund.kernel.money import Yen
from fund.ledger import journal
from fund.ledger.reasons import Undone
from fund.payments import store as payments
from fund.payments.bank import queries, store
from fund.payments.bank.domain import check_reason
from fund.payments.commands import Paid, book
from fund.payments.models import payment
from fund.platform.house import Transaction


def ignore(tx: Transaction, line_id: int, reason: str) -> None:
    """Set aside what is open of a line: it is none of the fund's money, and here is why.

    Raises:
        Conflict: when nothing of it is open.
        Invalid: without a reason.
    """
    kept = check_reason(reason)
    left = store.hold_lines(tx, [line_id])[line_id].open
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
    store.hold_lines(tx, [part.line_id for part in parts])
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
    # The typed words stay with the match: they may name a payer, and the journal is published.
    if row.booked and journal.reverse(tx, row.entry_id, on=on, reason=Undone.MISTAKE) is None:
        raise Conflict("この記帳は、すでに取り消されています")
    return [int(part.line_id) for part in parts]


def book_transfers(tx: Transaction, days: Mapping[str, dt.date]) -> dict[str, int]:
    """Book the direct transfers of waiting gifts, each on its day; returns gift → journal entry.

    Raises:
        NotFound: when one of the gifts has no transfer to wait for.
        Conflict: when one was booked before.
    """
    rows = store.lock_transfers(tx, days)
    for gift_no, day in days.items():
        row = rows.get(gift_no)
        if row is None:
            raise NotFound("お支払いの予定が見つかりません")
        if row.state == "succeeded":
            raise Conflict("このお支払いは記録されています")
        book(tx, row, Paid(Yen(row.yen), "bank", tx.now, day))
    entries = queries.entries_of_payments(tx.connection, [row.no for row in rows.values()])
    return {gift_no: entries[row.no] for gift_no, row in rows.items()}


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
