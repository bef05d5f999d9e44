"""Many payments that were received before we heard of them: from paper, boxes and files."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from fund.kernel.ids import CROCKFORD
from fund.kernel.money import Yen
from fund.ledger import facts as ledger_facts
from fund.ledger import journal
from fund.platform.house import Transaction


@dataclass(frozen=True)
class Received:
    """Money of one new gift: whole yen, the method, the day in Japan on which it was received."""

    gift_no: str
    yen: Yen
    method: str
    received_on: dt.date


def book_received(tx: Transaction, received: Sequence[Received]) -> list[str]:
    """Write the payments as succeeded and their entries, in few statements; returns the numbers.

    For gifts that have no payment yet: nobody is told by message, the caller writes the gifts
    as received in the same transaction.

    Raises:
        sqlalchemy.exc.IntegrityError: for a gift that has a payment.
    """
    numbers = [_number() for _ in received]
    journal.copy_rows(
        tx,
        "payment (no, gift_no, attempt, method, yen, state, created_at, paid_at, received_on)",
        (
            (no, one.gift_no, 1, one.method, int(one.yen), "succeeded", tx.now, tx.now,
             one.received_on)
            for no, one in zip(numbers, received, strict=True)
        ),
    )  # fmt: skip
    entries = (
        ledger_facts.payment_received(no, one.gift_no, one.yen, one.method, one.received_on)
        for no, one in zip(numbers, received, strict=True)
    )
    for _entry_id in journal.record_many(tx, entries):
        pass
    return numbers


def _number() -> str:
    return "P-" + "".join(secrets.choice(CROCKFORD) for _ in range(10))
