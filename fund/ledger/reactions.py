"""What the ledger writes down of the rooms below it: an edition of the manual, as a fact."""

from __future__ import annotations

from collections.abc import Mapping

from fund.ledger import journal
from fund.ledger.domain import Entry
from fund.manual.messages import EditionPublished
from fund.platform.house import Message, Reaction, Transaction


def record_edition(tx: Transaction, message: EditionPublished) -> None:
    """Enter the edition and its fingerprint; no money moves."""
    day = message.effective_on
    entry = Entry(
        kind="manual.edition",
        fact_id=message.code,
        on=day,
        detail={"sha256": message.sha256, "effective_on": day.isoformat()},
    )
    journal.record(tx, entry)


REACTIONS: Mapping[type[Message], tuple[Reaction, ...]] = {EditionPublished: (record_edition,)}
