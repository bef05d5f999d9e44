"""Writing to the ledger: one statement for an entry and its postings, once for each fact."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

import psycopg
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from fund.kernel.money import Yen
from fund.ledger import facts, years
from fund.ledger.domain import Entry, LotPosting, Posting, entry_content
from fund.ledger.models import journal_entry, lot, lot_posting, posting
from fund.platform.house import Message, Transaction

_ENTRY = """
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
)"""
_LOTS = """, brought AS (
  INSERT INTO lot (share_id, origin, gift_no, yen, received_on, wish, entry_id)
  SELECT given.*, entry.id
  FROM entry, jsonb_to_recordset(CAST(:new_lots AS jsonb))
    AS given(share_id text, origin text, gift_no text, yen bigint, received_on date, wish jsonb)
  RETURNING id, share_id
), moved AS (
  INSERT INTO lot_posting (entry_id, lot_id, account, yen)
  SELECT entry.id, known.id, given.account, given.yen
  FROM entry, unnest(CAST(:shares AS text[]), CAST(:lot_accounts AS text[]),
                     CAST(:lot_yens AS bigint[])) AS given(share_id, account, yen)
    LEFT JOIN (SELECT id, share_id FROM brought
               UNION ALL SELECT id, share_id FROM lot
                 WHERE share_id = ANY (CAST(:shares AS text[]))) AS known
      USING (share_id)
)"""
_RECORD = text(f"{_ENTRY} SELECT id FROM entry")
_RECORD_WITH_LOTS = text(f"{_ENTRY}{_LOTS} SELECT id FROM entry")

Lines: TypeAlias = "tuple[tuple[str, int], ...]"
Lots: TypeAlias = "tuple[tuple[str, str, int], ...]"


@dataclass(frozen=True)
class EntryRecorded(Message):
    """An entry of this kind was written; whoever publishes the ledger may go and look."""

    kind: str


IN_ONE_GO = 5_000
"""Entries that ``record_many`` writes together."""
_ENTRY_COLUMNS = (
    "id, kind, fact_kind, fact_id, fy, on_day, reason, reverses, clauses, detail, booked_at,"
    " booked_by, sha256"
)
_NEW_IDS = text("""
SELECT nextval(pg_get_serial_sequence('journal_entry', 'id')) FROM generate_series(1, :count)
""")


def record(tx: Transaction, entry: Entry) -> int | None:
    """Write an entry in the caller's transaction.

    Returns the entry's internal id, or None when this fact had been recorded before
    (the world may repeat itself; the ledger does not). What happened in a fiscal year that is
    closed by now is dated into the open one (see ``years``).

    Raises:
        Conflict: when it is an act of the house dated into a closed fiscal year.
        Unavailable: when the year is being closed at this moment.
        sqlalchemy.exc.IntegrityError: when a pot or lot would be overdrawn
            (``ck_pot_never_overdrawn``, ``lot_never_overdrawn``).
    """
    entry = years.in_open_year(tx, entry)
    lines, lots = _in_order(entry)
    values = {
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
    }
    with years.closing_told():
        if entry.lots or entry.new_lots:
            found = tx.connection.execute(_RECORD_WITH_LOTS, values | _lot_values(entry, lots))
        else:
            found = tx.connection.execute(_RECORD, values)
    recorded = found.scalar_one_or_none()
    if recorded is None:
        return None
    tx.announce(EntryRecorded(entry.kind))
    return int(recorded)


def _lot_values(entry: Entry, lots: Lots) -> dict[str, Any]:
    return {
        "new_lots": json.dumps(
            [
                {
                    "share_id": new.share_id,
                    "origin": new.origin,
                    "gift_no": new.gift_no,
                    "yen": int(new.yen),
                    "received_on": new.received_on.isoformat(),
                    "wish": dict(new.wish),
                }
                for new in entry.new_lots
            ],
            ensure_ascii=False,
        ),
        "shares": [share for share, _, _ in lots],
        "lot_accounts": [account for _, account, _ in lots],
        "lot_yens": [yen for _, _, yen in lots],
    }


def record_many(tx: Transaction, entries: Iterable[Entry]) -> Iterator[int]:
    """Write many entries, and the lots they bring, in few statements; yields their ids in order.

    Nothing is written before the ids are taken: consume the iterator. ``entries``, unless they
    are a short list, are taken in a thread of their own and must not use the transaction. Unlike
    ``record`` a fact that is already in the ledger is an error, for a plan is posted as a whole
    or not at all.

    Raises:
        Conflict: when one is an act of the house dated into a closed fiscal year.
        Unavailable: when its year is being closed at this moment.
        sqlalchemy.exc.IntegrityError: when a fact or a lot is recorded already, or when a pot or
            lot would be overdrawn.
    """
    for batch in _prepared(entries, years.closed_through(tx.connection)):
        with years.closing_told():
            ids = _copy(tx, batch)
        yield from ids
        for kind in sorted({ready.entry.kind for ready in batch}):
            tx.announce(EntryRecorded(kind))


def _prepared(entries: Iterable[Entry], closed: int | None) -> Iterator[list[_Ready]]:
    """Entries as they are stored, in batches that the database takes in one go.

    ``closed`` is the last fiscal year that is closed.
    """
    if isinstance(entries, Sequence) and len(entries) <= IN_ONE_GO:
        if entries:
            yield [_ready(entry, closed) for entry in entries]
        return
    waiting = iter(entries)

    def prepare() -> list[_Ready]:
        return [_ready(entry, closed) for entry in islice(waiting, IN_ONE_GO)]

    # The next entries are built and hashed while the database takes in the last ones.
    with ThreadPoolExecutor(max_workers=1) as ahead:
        coming = ahead.submit(prepare)
        while batch := coming.result():
            coming = ahead.submit(prepare)
            yield batch


class _Ready(NamedTuple):
    """An entry with what is stored of it: postings and lots in order, detail, hash."""

    entry: Entry
    lines: Lines
    lots: Lots
    detail: str
    sha256: bytes


def _ready(entry: Entry, closed: int | None) -> _Ready:
    entry = years.dated_open(entry, closed)
    lines, lots = _in_order(entry)
    detail = json.dumps(dict(entry.detail), ensure_ascii=False)
    sha256 = hashlib.sha256(entry_content(entry, lines, lots)).digest()
    return _Ready(entry, lines, lots, detail, sha256)


def _copy(tx: Transaction, batch: Sequence[_Ready]) -> list[int]:
    ids = [int(found) for found in tx.connection.scalars(_NEW_IDS, {"count": len(batch)})]
    _copy_entries(tx, ids, batch)
    copy_rows(
        tx,
        "posting (entry_id, line, account, yen)",
        (
            (entry_id, at, account, yen)
            for entry_id, ready in zip(ids, batch, strict=True)
            for at, (account, yen) in enumerate(ready.lines, start=1)
        ),
    )
    _copy_lots(tx, ids, batch)
    return ids


def _copy_entries(tx: Transaction, ids: Sequence[int], batch: Sequence[_Ready]) -> None:
    by = tx.by.label or tx.by.kind
    copy_rows(
        tx,
        f"journal_entry ({_ENTRY_COLUMNS})",
        (
            (
                entry_id,
                entry.kind,
                entry.kind,
                entry.fact_id,
                entry.fy,
                entry.on,
                entry.reason,
                entry.reverses,
                _array(entry.clauses),
                detail,
                tx.now,
                by,
                sha256,
            )
            for entry_id, (entry, _, _, detail, sha256) in zip(ids, batch, strict=True)
        ),
    )


@functools.lru_cache(maxsize=1024)
def _array(texts: tuple[str, ...]) -> str:
    """Texts as a ``text[]`` reads them; the lines of a run repeat the same few."""
    quoted = (text.replace("\\", r"\\").replace('"', r"\"") for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


def _copy_lots(tx: Transaction, ids: Sequence[int], batch: Sequence[_Ready]) -> None:
    """The lots that entries bring, then what entries move in lots, old and new."""
    if not any(ready.lots or ready.entry.new_lots for ready in batch):
        return
    copy_rows(
        tx,
        "lot (share_id, origin, gift_no, yen, received_on, wish, entry_id)",
        (
            (
                new.share_id,
                new.origin,
                new.gift_no,
                new.yen,
                new.received_on,
                json.dumps(dict(new.wish), ensure_ascii=False),
                entry_id,
            )
            for entry_id, ready in zip(ids, batch, strict=True)
            for new in ready.entry.new_lots
        ),
    )
    known = _lot_ids(tx, {share for ready in batch for share, _, _ in ready.lots})
    copy_rows(
        tx,
        "lot_posting (entry_id, lot_id, account, yen)",
        (
            (entry_id, known[share], account, yen)
            for entry_id, ready in zip(ids, batch, strict=True)
            for share, account, yen in ready.lots
        ),
    )


def copy_rows(tx: Transaction, target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Send many rows to ``table (columns)`` in one COPY of the caller's transaction.

    Raises:
        sqlalchemy.exc.IntegrityError: when the database refuses a row.
    """
    driver = tx.connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the transaction has lost its connection")
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.IntegrityError as error:
        raise IntegrityError(f"COPY {target}", None, error) from error


def _in_order(entry: Entry) -> tuple[Lines, Lots]:
    """Postings and lot postings as they are stored and hashed.

    Accounts come in one order, so that two transactions lock the pots in the same order.
    """
    lines = tuple(sorted((p.account, int(p.yen)) for p in entry.postings))
    return lines, tuple(sorted((p.share_id, p.account, int(p.yen)) for p in entry.lots))


def _lot_ids(tx: Transaction, shares: Collection[str]) -> dict[str, int]:
    rows = tx.connection.execute(
        select(lot.c.id, lot.c.share_id).where(lot.c.share_id == func.any(sorted(shares)))
    )
    return {row.share_id: int(row.id) for row in rows}


def entry_of(tx: Transaction, kind: str, fact_id: str) -> int | None:
    """The internal id of the entry that recorded a fact, if there is one."""
    found = tx.connection.execute(
        select(journal_entry.c.id).where(
            journal_entry.c.fact_kind == kind, journal_entry.c.fact_id == fact_id
        )
    ).scalar_one_or_none()
    return None if found is None else int(found)


def recorded(tx: Transaction, entry_id: int) -> Entry:
    """An entry as it was written, without the lots it brought in.

    Raises:
        LookupError: when there is no such entry.
    """
    row = tx.connection.execute(
        select(journal_entry).where(journal_entry.c.id == entry_id)
    ).one_or_none()
    if row is None:
        raise LookupError(entry_id)
    lines = tx.connection.execute(
        select(posting.c.account, posting.c.yen)
        .where(posting.c.entry_id == entry_id)
        .order_by(posting.c.line)
    )
    lots = tx.connection.execute(
        select(lot.c.share_id, lot_posting.c.account, lot_posting.c.yen)
        .join(lot, lot.c.id == lot_posting.c.lot_id)
        .where(lot_posting.c.entry_id == entry_id)
    )
    return Entry(
        kind=row.kind,
        fact_id=row.fact_id,
        on=row.on_day,
        postings=tuple(Posting(account, Yen(yen)) for account, yen in lines),
        lots=tuple(LotPosting(share, account, Yen(yen)) for share, account, yen in lots),
        reason=row.reason,
        reverses=row.reverses,
        clauses=tuple(row.clauses),
        detail=row.detail,
    )


def reverse(tx: Transaction, entry_id: int, *, on: dt.date, reason: str) -> int | None:
    """Write the mirror of an entry (``entry.reversed``); None when it was reversed before."""
    return record(tx, facts.entry_reversed(recorded(tx, entry_id), entry_id, on, reason))
