"""What must be zero: each invariant is a query whose every row is a violation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, text

SHOWN_ROWS = 50


@dataclass(frozen=True)
class Invariant:
    """A law of the books.

    ``rows`` reads the database and names every violating row in a short line; most are
    plain SQL (see ``by_sql``), some recompute hashes in Python.
    """

    name: str
    title_ja: str
    title_en: str
    rows: Callable[[Connection], list[str]]


@dataclass(frozen=True)
class Finding:
    """The outcome of one invariant: how many rows break it, and the first of them."""

    name: str
    title_ja: str
    title_en: str
    count: int
    rows: tuple[str, ...]


def by_sql(name: str, title_ja: str, title_en: str, sql: str) -> Invariant:
    """An invariant written as SQL; every row's columns together name the violation."""

    def rows(connection: Connection) -> list[str]:
        found = connection.execute(text(sql))
        keys = list(found.keys())
        return [
            " ".join(f"{key}={value}" for key, value in zip(keys, row, strict=True))
            for row in found
        ]

    return Invariant(name, title_ja, title_en, rows)


def examine(connection: Connection, invariants: tuple[Invariant, ...]) -> list[Finding]:
    """Check every invariant on one snapshot, in the order given."""
    findings = []
    for invariant in invariants:
        rows = invariant.rows(connection)
        findings.append(
            Finding(
                invariant.name,
                invariant.title_ja,
                invariant.title_en,
                len(rows),
                tuple(rows[:SHOWN_ROWS]),
            )
        )
    return findings
