"""Reading what waits to become public and writing it, in the caller's transaction.

Tables of the ledger are named here in SQL only: publishing reads the journal as it stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, text

from fund.ledger.accounts import is_guarded
from fund.publication.domain.entries import Booked, Draft
from fund.publication.domain.measures import Measures, Tags
from fund.publication.models import public_entry, public_posting, public_source

_LOG_LOCK = 7_107_001

# An entry's id is drawn before its transaction commits, so a low id may become visible late:
# what waits is what has no public number, never "ids above the last one".
_WAITING = text("""
SELECT e.id, e.kind, e.fact_id, e.fy, e.on_day, e.reverses, e.reason, e.clauses, e.detail,
       gift.detail->>'batch' AS batch, gift.on_day AS accepted_on,
       coalesce((SELECT json_agg(json_build_array(p.account, p.yen) ORDER BY p.line)
                 FROM posting p WHERE p.entry_id = e.id), '[]') AS postings
FROM journal_entry e
LEFT JOIN public_source s ON s.entry_id = e.id
LEFT JOIN journal_entry gift
  ON e.kind LIKE 'payment.%'
  AND gift.fact_kind = 'donation.received' AND gift.fact_id = e.detail->>'gift'
WHERE s.entry_id IS NULL
  AND (e.kind NOT LIKE 'payment.%' OR gift.id IS NOT NULL)
  -- a payment booked from the wrong bank line and its mirror were never anybody's gift
  AND NOT EXISTS (SELECT 1 FROM journal_entry mirror
                  WHERE e.kind = 'payment.received' AND mirror.reverses = e.id)
  AND NOT EXISTS (SELECT 1 FROM journal_entry mistake
                  LEFT JOIN public_source shown ON shown.entry_id = mistake.id
                  WHERE mistake.id = e.reverses AND mistake.kind = 'payment.received'
                    AND shown.entry_id IS NULL)
ORDER BY e.id
LIMIT :most
""")


@dataclass(frozen=True)
class Waiting:
    """A booked entry without a public number; payments know when their gift was accepted."""

    booked: Booked
    batch: str | None = None
    accepted_on: dt.date | None = None


@dataclass(frozen=True)
class Published:
    """What later entries need to know of an entry that is already public."""

    no: int
    measures: Measures
    tags: Tags


@dataclass(frozen=True)
class NewEntry:
    """A numbered public entry, ready to be written."""

    no: int
    entry: Draft
    reverses_no: int | None
    body: bytes
    measures: Measures
    tags: Tags
    search_text: str


def hold_log(connection: Connection) -> None:
    """Wait until nobody else appends; held until the commit."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOG_LOCK})


def waiting(connection: Connection, most: int) -> list[Waiting]:
    """Booked entries that may become public, lowest id first; at most ``most``.

    Payments of gifts that are not accepted stay out: they are private and block nothing.
    """
    return [
        Waiting(
            Booked(
                id=row.id,
                kind=row.kind,
                fact_id=row.fact_id,
                fy=row.fy,
                on=row.on_day,
                postings=tuple((account, int(yen)) for account, yen in row.postings),
                reverses=row.reverses,
                reason=row.reason,
                clauses=tuple(row.clauses),
                detail=row.detail,
            ),
            row.batch,
            row.accepted_on,
        )
        for row in connection.execute(_WAITING, {"most": most})
    ]


def guarded_balances(connection: Connection, drafts: Sequence[Draft]) -> dict[str, int]:
    """Raw public balance (yen, debit positive) of each guarded account the drafts debit."""
    debited = {
        account
        for entry in drafts
        for account, yen in entry.postings
        if yen > 0 and is_guarded(account)
    }
    rows = connection.execute(
        select(public_posting.c.account, func.sum(public_posting.c.yen))
        .where(public_posting.c.account.in_(debited))
        .group_by(public_posting.c.account)
    )
    return {account: int(yen) for account, yen in rows}


def published(connection: Connection, entry_ids: Collection[int]) -> dict[int, Published]:
    """The public side of internal entries, by internal id; those not public are left out."""
    if not entry_ids:
        return {}
    rows = connection.execute(
        select(public_source.c.entry_id, public_entry)
        .join(public_entry, public_entry.c.no == public_source.c.no)
        .where(public_source.c.entry_id.in_(set(entry_ids)))
    )
    return {
        row.entry_id: Published(
            row.no,
            Measures(
                row.size_yen,
                row.in_yen,
                row.committed_yen,
                row.out_yen,
                row.spent_yen,
                row.returned_yen,
                row.left_yen,
            ),
            Tags(frozenset(row.groups), frozenset(row.fields)),
        )
        for row in rows
    }


def tags_of_awards(connection: Connection, award_nos: Collection[str]) -> dict[str, Tags]:
    """Group and fields of awards whose decision is public."""
    rows = connection.execute(
        select(public_entry.c.award_no, public_entry.c.groups, public_entry.c.fields).where(
            public_entry.c.award_no.in_(set(award_nos)), public_entry.c.kind == "award.decided"
        )
    )
    return {row.award_no: Tags(frozenset(row.groups), frozenset(row.fields)) for row in rows}


def append(connection: Connection, entries: Sequence[NewEntry], now: dt.datetime) -> None:
    """Write numbered entries, their postings and which booked entries they stand for."""
    if not entries:
        return
    connection.execute(insert(public_entry), [_row(new, now) for new in entries])
    lines = [
        {"no": new.no, "line": line, "account": account, "yen": yen}
        for new in entries
        for line, (account, yen) in enumerate(new.entry.postings, start=1)
    ]
    if lines:
        connection.execute(insert(public_posting), lines)
    connection.execute(
        insert(public_source),
        [{"entry_id": source, "no": new.no} for new in entries for source in new.entry.sources],
    )


def _row(new: NewEntry, now: dt.datetime) -> Mapping[str, object]:
    entry, means = new.entry, new.measures
    return {
        "no": new.no,
        "kind": entry.kind,
        "fy": entry.fy,
        "on_text": entry.on,
        "first_day": entry.first_day,
        "reason": entry.reason,
        "reverses": new.reverses_no,
        "gift_no": entry.text("gift"),
        "award_no": entry.text("award"),
        "run_no": entry.text("run"),
        "groups": sorted(new.tags.groups),
        "fields": sorted(new.tags.fields),
        "size_yen": means.size,
        "in_yen": means.came_in,
        "out_yen": means.out,
        "left_yen": means.left,
        "committed_yen": means.committed,
        "spent_yen": means.spent,
        "returned_yen": means.returned,
        "search_text": new.search_text,
        "body": new.body,
        "appended_at": now,
    }
