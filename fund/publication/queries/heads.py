"""Reading the signed log's heads, keys and witnesses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from fund.publication.log.note import read_checkpoint, read_note
from fund.publication.models import (
    log_checkpoint,
    log_cosignature,
    log_key,
    log_witness,
    public_entry,
)

_CHUNK = 10_000


@dataclass(frozen=True)
class Head:
    """A signed head: how many entries, their root hash, the note as it was signed."""

    size: int
    root: bytes
    note: str
    signed_at: dt.datetime


@dataclass(frozen=True)
class KeyPeriod:
    """A key of the log and the sizes it signs: from one on, up to another or without end.

    ``announced`` is the head that told of it, signed by the key before it too; the first key
    has none.
    """

    vkey: str
    from_size: int
    until_size: int | None
    announced: str | None

    def as_listed(self) -> dict[str, str | int | None]:
        """As ``keys.json`` lists it."""
        told = {} if self.announced is None else {"announced": self.announced}
        return {"vkey": self.vkey, "from": self.from_size, "until": self.until_size, **told}


@dataclass(frozen=True)
class Witness:
    """Somebody who cosigns heads: name, key, who that is, since when."""

    name: str
    vkey: str
    about: str
    added_at: dt.datetime


@dataclass(frozen=True)
class Witnessed:
    """A cosignature under one head."""

    size: int
    name: str
    about: str
    line: str
    at: dt.datetime


def last_head(connection: Connection) -> Head | None:
    """The newest signed head; None while nothing was signed."""
    row = connection.execute(
        select(log_checkpoint).order_by(log_checkpoint.c.size.desc()).limit(1)
    ).one_or_none()
    return None if row is None else Head(row.size, bytes(row.root), row.note, row.signed_at)


def newest(connection: Connection, limit: int, below: int | None) -> list[Head]:
    """Up to ``limit`` signed heads, the newest first; with ``below`` only smaller ones."""
    asked = select(log_checkpoint).order_by(log_checkpoint.c.size.desc()).limit(limit)
    if below is not None:
        asked = asked.where(log_checkpoint.c.size < below)
    rows = connection.execute(asked)
    return [Head(row.size, bytes(row.root), row.note, row.signed_at) for row in rows]


def head_of(connection: Connection, size: int) -> Head | None:
    """The head that was signed at a size."""
    row = connection.execute(
        select(log_checkpoint).where(log_checkpoint.c.size == size)
    ).one_or_none()
    return None if row is None else Head(row.size, bytes(row.root), row.note, row.signed_at)


def heads_below(
    connection: Connection, size: int | None, limit: int, until: dt.datetime | None = None
) -> list[Head]:
    """Up to ``limit`` signed heads smaller than ``size``, signed before ``until``, newest first."""
    query = select(log_checkpoint).order_by(log_checkpoint.c.size.desc()).limit(limit)
    if size is not None:
        query = query.where(log_checkpoint.c.size < size)
    if until is not None:
        query = query.where(log_checkpoint.c.signed_at < until)
    return [
        Head(row.size, bytes(row.root), row.note, row.signed_at)
        for row in connection.execute(query)
    ]


def knows(connection: Connection, note: str) -> bool:
    """Whether a head that was shown (with any cosignatures) is one that was signed here."""
    shown = read_note(note)
    head = head_of(connection, read_checkpoint(shown.text).size)
    return head is not None and read_note(head.note).text == shown.text


def keys(connection: Connection, size: int | None = None) -> list[KeyPeriod]:
    """Every key of the log (as it stood at a size), the first one first.

    Each ends where the next begins.
    """
    query = (
        select(log_key, log_checkpoint.c.note)
        .outerjoin(log_checkpoint, log_checkpoint.c.size == log_key.c.from_size - 1)
        .order_by(log_key.c.from_size)
    )
    if size is not None:
        query = query.where(log_key.c.from_size <= size + 1)
    rows = connection.execute(query).all()
    ends: list[int | None] = [row.from_size - 1 for row in rows[1:]]
    return [
        KeyPeriod(row.vkey, row.from_size, end, row.note)
        for row, end in zip(rows, [*ends, None], strict=False)
    ]


def witnesses(connection: Connection) -> list[Witness]:
    """Every registered witness by name."""
    rows = connection.execute(select(log_witness).order_by(log_witness.c.name))
    return [Witness(row.name, row.vkey, row.about, row.added_at) for row in rows]


def witnessed(connection: Connection, size: int | None = None) -> list[Witnessed]:
    """Cosignatures under the head of a size; without one, each witness's newest."""
    query = (
        select(log_cosignature, log_witness.c.name, log_witness.c.about)
        .join(log_witness, log_witness.c.vkey == log_cosignature.c.vkey)
        .order_by(log_witness.c.name, log_cosignature.c.size.desc())
    )
    if size is None:
        query = query.ext(distinct_on(log_witness.c.name))
    else:
        query = query.where(log_cosignature.c.size == size)
    return [
        Witnessed(row.size, row.name, row.about, row.line, row.at)
        for row in connection.execute(query)
    ]


def bodies(connection: Connection, start: int, end: int) -> list[bytes]:
    """The final bytes of leaves ``start`` … ``end`` − 1 (entry numbers are one higher)."""
    rows = connection.execute(
        select(public_entry.c.body)
        .where(public_entry.c.no > start, public_entry.c.no <= end)
        .order_by(public_entry.c.no)
    )
    return [bytes(row.body) for row in rows]


def every_body(connection: Connection, size: int) -> Iterator[bytes]:
    """The bytes of the first ``size`` entries in order, some at a time: memory stays flat."""
    for start in range(0, size, _CHUNK):
        yield from bodies(connection, start, min(size, start + _CHUNK))


def names_run(connection: Connection, run_no: str, size: int) -> bool:
    """Whether a run's approval stands in the first ``size`` entries."""
    found = connection.execute(
        select(public_entry.c.no).where(
            public_entry.c.run_no == run_no,
            public_entry.c.kind == "allocation.approved",
            public_entry.c.no <= size,
        )
    ).first()
    return found is not None
