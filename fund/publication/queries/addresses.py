"""Which entries have pages and when these last changed: a part of the ledger at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

PART = 25_000
"""Entries of one sitemap: two languages each, and no sitemap may list more than 50,000."""
BLOCK = 1_000

# A page also changes when its entry is reversed. Numbers have no gaps, so a part is a range.
# Reversals are few and have an index of their own, which both queries read and nothing else.
_PAGES = text("""
SELECT entry.no, greatest(entry.appended_at, undoing.appended_at) AS changed
FROM public_entry entry LEFT JOIN public_entry undoing
  ON undoing.reverses = entry.no AND undoing.reverses > :over AND undoing.reverses <= :upto
WHERE entry.no > :over AND entry.no <= :upto ORDER BY entry.no
""")
_PARTS = text("""
WITH undone AS MATERIALIZED (
  SELECT (reverses - 1) / CAST(:size AS bigint) AS part, max(no) AS newest
  FROM public_entry WHERE reverses IS NOT NULL GROUP BY 1
), parts AS (
  SELECT part, greatest(
    least((part + 1) * CAST(:size AS bigint), CAST(:last AS bigint)), undone.newest
  ) AS newest
  FROM generate_series(0, (CAST(:last AS bigint) - 1) / CAST(:size AS bigint)) AS part
  LEFT JOIN undone USING (part)
)
SELECT part, newest, appended_at AS changed
FROM parts JOIN public_entry ON no = newest ORDER BY part
""")


@dataclass(frozen=True)
class Part:
    """A part of the ledger: its number, the newest entry that changed a page of it, and when.

    Entries never change, so the number of the newest says every byte of the part's sitemap.
    """

    number: int
    newest: int
    changed: dt.datetime


def parts(connection: Connection, last: int) -> list[Part]:
    """Every part of a ledger of ``last`` entries."""
    rows = connection.execute(_PARTS, {"size": PART, "last": last})
    return [Part(row.part, row.newest, row.changed) for row in rows]


def pages(connection: Connection, part: int) -> Iterator[list[tuple[int, dt.datetime]]]:
    """Numbers of one part with the moment their page last changed, some at a time."""
    found = connection.execution_options(stream_results=True, max_row_buffer=BLOCK).execute(
        _PAGES, {"over": part * PART, "upto": (part + 1) * PART}
    )
    for rows in found.partitions(BLOCK):
        yield [(row.no, row.changed) for row in rows]
