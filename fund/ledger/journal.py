"""Writing to the ledger: one statement for an entry and its postings, once for each fact."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import insert, select, text

from fund.ledger.domain import Entry, entry_content
from fund.ledger.models import journal_entry, lot, lot_posting
from fund.platform.house import Message, Transaction

_RECORD = text("""
WITH entry AS (
  INSERT INTO journal_entry (kind, fact_kind, fact_id, fy, on_day, reason, reverses, clauses,
                             detail, booked_at, booked_by, sha256)
  VALUES (:kind, :kind, :fact, :fy, :on, :reason, :reverses, :clauses,
          CAST(:detail AS jsonb), :now, :by, :sha256)
  ON CONFLICT (fact_kind, fact_id) DO NOTHING
  RETURNING id
), lines AS (
  INSERT INTO posting (entry_id, line, account, yen)
  SELECT entry.id, given.line, given.account, given.yen
  FROM entry, unnest(CAST(:accounts AS text[]), CAST(:yens AS bigint[]))
    WITH ORDINALITY AS given(account, yen, line)
  RETURNING entry_id
)
SELECT id FROM entry
""")


@dataclass(frozen=True)
class EntryRecorded(Message):
    """An entry of this kind was written; whoever publishes the ledger may go and look."""

    kind: str


def record(tx: Transaction, entry: Entry) -> int | None:
    """Write an entry in the caller's transaction.

    Returns the entry's internal id, or None when this fact had been recorded before
    (the world may repeat itself; the ledger does not).

    Raises:
        sqlalchemy.exc.IntegrityError: when a pot or lot would be overdrawn
            (``ck_pot_never_overdrawn``, ``lot_never_overdrawn``).
    """
    lots = tuple(sorted((p.share_id, p.account, int(p.yen)) for p in entry.lots))
    # Accounts in one order, so that two transactions lock the pots in the same order.
    lines = tuple(sorted((p.account, int(p.yen)) for p in entry.postings))
    recorded = tx.connection.execute(
        _RECORD,
        {
            "kind": entry.kind,
            "fact": entry.fact_id,
            "fy": entry.fy,
            "on": entry.on,
            "reason": entry.reason,
            "reverses": entry.reverses,
            "clauses": list(entry.clauses),
            "detail": json.dumps(dict(entry.detail), ensure_ascii=False),
            "now": tx.now,
            "by": tx.by.label or tx.by.kind,
            "sha256": hashlib.sha256(entry_content(entry, lines, lots)).digest(),
            "accounts": [account for account, _ in lines],
            "yens": [yen for _, yen in lines],
        },
    ).scalar_one_or_none()
    if recorded is None:
        return None
    entry_id = int(recorded)
    _write_lots(tx, entry, entry_id)
    tx.announce(EntryRecorded(entry.kind))
    return entry_id


def _write_lots(tx: Transaction, entry: Entry, entry_id: int) -> None:
    if entry.new_lots:
        tx.connection.execute(
            insert(lot),
            [
                {
                    "share_id": new.share_id,
                    "origin": new.origin,
                    "gift_no": new.gift_no,
                    "yen": int(new.yen),
                    "received_on": new.received_on,
                    "wish": dict(new.wish),
                    "entry_id": entry_id,
                }
                for new in entry.new_lots
            ],
        )
    if entry.lots:
        ids = {
            row.share_id: row.id
            for row in tx.connection.execute(
                select(lot.c.id, lot.c.share_id).where(
                    lot.c.share_id.in_({p.share_id for p in entry.lots})
                )
            )
        }
        tx.connection.execute(
            insert(lot_posting),
            [
                {
                    "entry_id": entry_id,
                    "lot_id": ids[p.share_id],
                    "account": p.account,
                    "yen": int(p.yen),
                }
                for p in entry.lots
            ],
        )


def entry_of(tx: Transaction, kind: str, fact_id: str) -> int | None:
    """The internal id of the entry that recorded a fact, if there is one."""
    found = tx.connection.execute(
        select(journal_entry.c.id).where(
            journal_entry.c.fact_kind == kind, journal_entry.c.fact_id == fact_id
        )
    ).scalar_one_or_none()
    return None if found is None else int(found)
