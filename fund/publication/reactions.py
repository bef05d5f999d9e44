"""What publication does when the ledger grows: ask, once in a transaction, to be run."""

from __future__ import annotations

import weakref
from collections.abc import Mapping

from fund.giving.messages import NameWithdrawn
from fund.ledger.journal import EntryRecorded
from fund.platform.house import Message, Reaction, Transaction
from fund.publication.domain.kinds import PAYMENT_SUMS

TASK = "publication.append"
RELEASE = "publication.release"


def ask_to_append(tx: Transaction, message: EntryRecorded) -> None:
    """Enqueue the append once for all entries of a transaction.

    A payment is private until its gift is accepted, so it asks for nothing; this keeps the
    queue's one waiting row out of the way of everybody who gives at the same time.
    """
    if message.kind in PAYMENT_SUMS:
        return
    current = tx.connection.get_transaction()
    asked = tx.connection.info.get(TASK)
    if current is None or (asked is not None and asked() is current):
        return
    tx.enqueue(TASK, once=TASK)
    tx.connection.info[TASK] = weakref.ref(current)


def ask_to_release(tx: Transaction, message: NameWithdrawn) -> None:
    """A name that is withdrawn leaves the published folder at once, not at the next tick."""
    del message
    tx.enqueue(RELEASE, once=RELEASE)


REACTIONS: Mapping[type[Message], tuple[Reaction, ...]] = {
    EntryRecorded: (ask_to_append,),
    NameWithdrawn: (ask_to_release,),
}
