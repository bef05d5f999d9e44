"""Lines of the bank, what they were matched with, and what waits on either side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text

from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.payments.bank.models import bank_line, bank_match, bank_sighting, bank_statement
from fund.platform.waiting import Waiting, tally


@dataclass(frozen=True)
class LineView:
    """A line of the bank (signed yen); ``open`` is what is not explained yet.

    ``name`` is in full width for people, ``name_raw`` the bank's own characters, ``key`` what
    names are compared by. The address of a line is its first statement's number and row.
    """

    id: int
    statement_no: str
    row: int
    account: str
    day: dt.date
    yen: Yen
    balance: int | None
    name: str
    name_raw: str
    key: str
    note: str
    open: Yen


@dataclass(frozen=True)
class MatchView:
    """A match with the act that undid it, if any; the entry is named by kind and fact."""

    id: int
    yen: Yen
    what: str
    level: str
    booked: bool
    reason: str
    at: dt.datetime
    by_label: str
    entry_id: int | None
    entry_kind: str | None
    entry_fact: str | None
    entry_day: dt.date | None
    gift_no: str | None
    award_no: str | None
    undone_at: dt.datetime | None
    undone_by: str | None
    undone_reason: str | None


@dataclass(frozen=True)
class Sighting:
    """A file that showed a line, and in which row."""

    statement_no: str
    filename: str
    row: int
    imported_at: dt.datetime


@dataclass(frozen=True)
class OpenEntry:
    """A booked entry that moved the bank account and is not fully on a statement (signed yen)."""

    id: int
    kind: str
    fact_id: str
    day: dt.date
    yen: Yen
    open: Yen
    detail: Mapping[str, Json]


_LEFT = (
    bank_line.c.yen
    - select(func.coalesce(func.sum(bank_match.c.yen), 0))
    .where(bank_match.c.line_id == bank_line.c.id)
    .scalar_subquery()
)


def _lines() -> Select[Any]:
    return select(bank_line, bank_statement.c.no.label("statement_no"), _LEFT.label("left")).join(
        bank_statement, bank_statement.c.id == bank_line.c.statement_id
    )


def _view(row: Row[Any]) -> LineView:
    return LineView(
        id=row.id,
        statement_no=row.statement_no,
        row=row.row,
        account=row.account,
        day=row.day,
        yen=Yen(row.yen),
        balance=row.balance,
        name=row.name,
        name_raw=row.name_raw,
        key=row.name_key,
        note=row.note,
        open=Yen(int(row.left)),
    )


def line(connection: Connection, statement_no: str, number: int) -> LineView | None:
    """One line by its address."""
    query = _lines().where(bank_statement.c.no == statement_no, bank_line.c.row == number)
    row = connection.execute(query).one_or_none()
    return _view(row) if row else None


def line_by_id(connection: Connection, line_id: int) -> LineView | None:
    """One line by its internal id."""
    row = connection.execute(_lines().where(bank_line.c.id == line_id)).one_or_none()
    return _view(row) if row else None


def lines(
    connection: Connection, statement_id: int, after: int, limit: int
) -> list[tuple[int, LineView]]:
    """The lines seen in a statement with its own row numbers, from the row after ``after``."""
    query = (
        _lines()
        .join(bank_sighting, bank_sighting.c.line_id == bank_line.c.id)
        .add_columns(bank_sighting.c.row.label("seen_row"))
        .where(bank_sighting.c.statement_id == statement_id, bank_sighting.c.row > after)
        .order_by(bank_sighting.c.row)
        .limit(limit)
    )
    return [(row.seen_row, _view(row)) for row in connection.execute(query)]


def open_lines(
    connection: Connection,
    *,
    statement_id: int | None = None,
    after: int = 0,
    limit: int | None = None,
    incoming: bool | None = None,
) -> list[LineView]:
    """Lines with yen left to explain, oldest first; ``after`` is a line's internal id."""
    query = _lines().where(_LEFT != 0, bank_line.c.id > after).order_by(bank_line.c.id)
    if statement_id is not None:
        query = query.where(bank_line.c.statement_id == statement_id)
    if incoming is not None:
        query = query.where(bank_line.c.yen > 0 if incoming else bank_line.c.yen < 0)
    if limit is not None:
        query = query.limit(limit)
    return [_view(row) for row in connection.execute(query)]


def lines_waiting(connection: Connection, last: dt.date | None = None) -> Waiting:
    """What of the statements, up to a day, is not explained: yen left, in and out alike."""
    asked = select(bank_line.c.day.label("since"), _LEFT.label("yen")).where(_LEFT != 0)
    return tally(connection, asked if last is None else asked.where(bank_line.c.day <= last))


def open_count(connection: Connection) -> int:
    """How many lines are not fully explained."""
    counted = select(func.count()).select_from(_lines().where(_LEFT != 0).subquery())
    return int(connection.execute(counted).scalar_one())


def matches_of(connection: Connection, line_id: int) -> list[MatchView]:
    """Every match of a line, the oldest first, undone ones too."""
    rows = connection.execute(
        text("""
SELECT match.id, match.yen, match.what, match.level, match.booked, match.reason, match.at,
       match.by_label, match.entry_id, entry.kind AS entry_kind, entry.fact_id AS entry_fact,
       entry.on_day AS entry_day, entry.detail->>'gift' AS gift_no,
       entry.detail->>'award' AS award_no,
       undone.at AS undone_at, undone.by_label AS undone_by, undone.reason AS undone_reason
FROM bank_match match
LEFT JOIN journal_entry entry ON entry.id = match.entry_id
LEFT JOIN bank_match undone ON undone.undoes = match.id
WHERE match.line_id = :line AND match.undoes IS NULL ORDER BY match.id
"""),
        {"line": line_id},
    )
    return [MatchView(**{**row._asdict(), "yen": Yen(row.yen)}) for row in rows]


def sightings_of(connection: Connection, line_id: int) -> list[Sighting]:
    """The files that showed a line, the first one first."""
    rows = connection.execute(
        select(
            bank_statement.c.no,
            bank_statement.c.filename,
            bank_sighting.c.row,
            bank_statement.c.imported_at,
        )
        .join(bank_statement, bank_statement.c.id == bank_sighting.c.statement_id)
        .where(bank_sighting.c.line_id == line_id)
        .order_by(bank_statement.c.id, bank_sighting.c.row)
    )
    return [Sighting(*row) for row in rows]


def parts_of_booked(connection: Connection, entry_id: int) -> list[Row[Any]]:
    """The standing matches of an entry that a match booked: one, or one for each line of it."""
    undone = bank_match.alias("undone")
    return list(
        connection.execute(
            select(bank_match)
            .outerjoin(undone, undone.c.undoes == bank_match.c.id)
            .where(
                bank_match.c.entry_id == entry_id,
                bank_match.c.undoes.is_(None),
                undone.c.id.is_(None),
            )
            .order_by(bank_match.c.id)
        )
    )


# An entry and its mirror that are both on no statement cancel out: neither waits for the bank.
# Mirrors are few, so the pairs are found once; asking for each entry whether it has one compared
# every entry with every other.
_OPEN_ENTRIES = """
WITH moved AS (
  SELECT entry_id, sum(yen) AS yen FROM posting WHERE account = 'assets:bank' GROUP BY entry_id
), matched AS (
  SELECT entry_id, sum(yen) AS yen FROM bank_match WHERE entry_id IS NOT NULL GROUP BY entry_id
), state AS MATERIALIZED (
  SELECT entry.id, entry.kind, entry.fact_id, entry.on_day, entry.detail, entry.reverses,
         moved.yen, moved.yen - coalesce(matched.yen, 0) AS left
  FROM moved JOIN journal_entry entry ON entry.id = moved.entry_id
  LEFT JOIN matched ON matched.entry_id = entry.id
  WHERE moved.yen <> 0
), cancelled AS MATERIALIZED (
  SELECT original.id AS original, mirror.id AS mirror
  FROM state mirror JOIN state original ON original.id = mirror.reverses
  WHERE mirror.reverses IS NOT NULL
    AND mirror.left = mirror.yen AND original.left = original.yen
)
SELECT one.id, one.kind, one.fact_id, one.on_day, one.detail, one.yen, one.left FROM state one
WHERE one.left <> 0
  AND one.id NOT IN (SELECT original FROM cancelled)
  AND one.id NOT IN (SELECT mirror FROM cancelled)
"""


def open_entries(
    connection: Connection, first: dt.date | None = None, last: dt.date | None = None
) -> list[OpenEntry]:
    """Booked entries the bank has not shown (fully) yet, oldest first; days inclusive."""
    rows = connection.execute(
        text(
            _OPEN_ENTRIES + " AND one.on_day >= coalesce(:first, one.on_day)"
            " AND one.on_day <= coalesce(:last, one.on_day) ORDER BY one.on_day, one.id"
        ),
        {"first": first, "last": last},
    )
    return [
        OpenEntry(
            row.id,
            row.kind,
            row.fact_id,
            row.on_day,
            Yen(int(row.yen)),
            Yen(int(row.left)),
            row.detail,
        )
        for row in rows
    ]


def open_entry(connection: Connection, entry_id: int) -> OpenEntry | None:
    """One booked entry that still waits for the bank; None when it does not (or was reversed)."""
    row = connection.execute(
        text("""
SELECT entry.id, entry.kind, entry.fact_id, entry.on_day, entry.detail, moved.yen,
       moved.yen - coalesce(matched.yen, 0) AS left
FROM journal_entry entry
CROSS JOIN LATERAL (SELECT coalesce(sum(yen), 0) AS yen FROM posting
                    WHERE entry_id = entry.id AND account = 'assets:bank') AS moved
CROSS JOIN LATERAL (SELECT sum(yen) AS yen FROM bank_match
                    WHERE entry_id = entry.id) AS matched
WHERE entry.id = :entry AND moved.yen <> coalesce(matched.yen, 0)
  AND NOT EXISTS (SELECT 1 FROM journal_entry mirror WHERE mirror.reverses = entry.id)
"""),
        {"entry": entry_id},
    ).one_or_none()
    if row is None:
        return None
    return OpenEntry(
        row.id,
        row.kind,
        row.fact_id,
        row.on_day,
        Yen(int(row.yen)),
        Yen(int(row.left)),
        row.detail,
    )


def entries_of_payments(connection: Connection, payment_nos: Collection[str]) -> dict[str, int]:
    """The entries that booked payments: payment number to internal id."""
    rows = connection.execute(
        text(
            "SELECT fact_id, id FROM journal_entry"
            " WHERE fact_kind = 'payment.received' AND fact_id = ANY(:nos)"
        ),
        {"nos": list(payment_nos)},
    )
    return {row.fact_id: int(row.id) for row in rows}
