"""What a reader of the API gives back: rows, and where the next page begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from fund.kernel.canonical import Json
from fund.kernel.errors import Invalid
from fund.platform.house import House
from fund.publication import queries
from fund.publication.api.parameters import Asked
from fund.publication.dictionary.fields import Record

Row = TypeVar("Row")


@dataclass(frozen=True)
class Found:
    """Rows of a page (or the one asked for), the next page's ``after``, and what moment they show.

    ``as_of`` (UTC) is when the newest public entry was appended; None where entries do not
    matter, or while there is none.
    """

    rows: Sequence[Record]
    next: str | int | None = None
    as_of: dt.datetime | None = None


Reader = Callable[[House, Asked], Found]
Rows = tuple[Sequence[Record], "str | int | None"]


def of_ledger(read: Callable[[Connection, Asked], Rows]) -> Reader:
    """A reader on one snapshot that also tells of which moment the public ledger is."""

    def reader(house: House, asked: Asked) -> Found:
        with house.database.reading() as connection:
            rows, after = read(connection, asked)
            return Found(rows, after, queries.as_of(connection))

    return reader


def of_registers(read: Callable[[Connection, Asked], Rows]) -> Reader:
    """A reader on one snapshot of what is no entry."""

    def reader(house: House, asked: Asked) -> Found:
        with house.database.reading() as connection:
            return Found(*read(connection, asked))

    return reader


def cut(
    rows: Sequence[Row], key: Callable[[Row], str], asked: Asked
) -> tuple[Sequence[Row], str | None]:
    """The page of a short list that is read whole anyway, behind the row named by ``after``.

    Raises:
        Invalid: when no row has this key.
    """
    start, after = 0, asked.text("after")
    if after is not None:
        keys = [key(row) for row in rows]
        if after not in keys:
            raise no_such_place()
        start = keys.index(after) + 1
    shown = rows[start : start + asked.limit]
    return shown, key(shown[-1]) if len(rows) > start + asked.limit else None


def no_such_place() -> Invalid:
    """The refusal of an ``after`` that names no row."""
    message = "この鍵の行はありません。前のページの next を使ってください"
    return Invalid("引数を確認してください", {"after": message})


def utc(moment: dt.datetime) -> str:
    """A moment as the API spells it."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def day(value: dt.date | None) -> Json:
    """A day as the API spells it."""
    return None if value is None else value.isoformat()
