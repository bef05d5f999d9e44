"""Pages of the public ledger by keyset, both ways, whatever is asked and however long it is.

A counted cell knows its lowest and highest number. The newest rows of a filter can only be in the
cells with the highest ends and in those the page begins within: each gives its first rows from
the index of places, and the newest of them are the page. No row is skipped or counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select, text

from fund.publication.models import public_entry, public_posting
from fund.publication.queries.filters import LedgerFilter, TagSet, members, plain, tag_sets
from fund.publication.queries.sums import Ends, rarest_set, tail_condition

_CANDIDATES = 200
_MOST_CANDIDATES = 16_000
_EVERYTHING = TagSet("all", ("",))
_CELLS = """
WITH cell AS MATERIALIZED (
  SELECT id, min_no, max_no FROM public_cell
  WHERE tag = ANY(:tags)
    AND (CAST(:fy AS int) IS NULL OR fy = :fy)
    AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(:kinds))
    AND (CAST(:first AS date) IS NULL OR first_day >= :first)
    AND (CAST(:last AS date) IS NULL OR first_day <= :last)
)"""
_BELOW = text(f"""{_CELLS}, near AS (
  (SELECT id FROM cell WHERE max_no < :edge ORDER BY max_no DESC LIMIT :cells)
  UNION ALL SELECT id FROM cell WHERE min_no < :edge AND max_no >= :edge
)
SELECT DISTINCT place.no FROM near CROSS JOIN LATERAL (
  SELECT no FROM public_place WHERE cell_id = near.id AND no < :edge ORDER BY no DESC LIMIT :many
) AS place ORDER BY place.no DESC LIMIT :many""")
_ABOVE = text(f"""{_CELLS}, near AS (
  (SELECT id FROM cell WHERE min_no > :edge ORDER BY min_no LIMIT :cells)
  UNION ALL SELECT id FROM cell WHERE min_no <= :edge AND max_no > :edge
)
SELECT DISTINCT place.no FROM near CROSS JOIN LATERAL (
  SELECT no FROM public_place WHERE cell_id = near.id AND no > :edge ORDER BY no LIMIT :many
) AS place ORDER BY place.no LIMIT :many""")


def below(
    connection: Connection, wanted: LedgerFilter, edge: int | None, limit: int, where: Ends
) -> list[int]:
    """Up to ``limit`` numbers under ``edge`` that the filter finds, newest first."""
    over, upto = where.counted, where.last
    sets, start = tag_sets(wanted), upto + 1 if edge is None else min(edge, upto + 1)
    found: list[int] = []
    if start > over + 1:
        column = public_entry.c.no
        tail = tail_condition(wanted, sets, over, upto)
        rows = select(column).where(tail, column < start).order_by(column.desc()).limit(limit)
        found += connection.execute(rows).scalars()
    if len(found) < limit:
        edge = min(start, over + 1)
        counted = _counted(connection, wanted, sets, edge, limit - len(found), over, down=True)
        found += _first(counted, limit - len(found))
    return found


def above(
    connection: Connection, wanted: LedgerFilter, edge: int, limit: int, where: Ends
) -> list[int]:
    """Up to ``limit`` numbers over ``edge`` that the filter finds, oldest first."""
    over, upto = where.counted, where.last
    sets = tag_sets(wanted)
    found: list[int] = []
    if edge < over:
        found += _first(_counted(connection, wanted, sets, edge, limit, over, down=False), limit)
    if len(found) < limit and upto > over:
        column = public_entry.c.no
        tail = tail_condition(wanted, sets, over, upto)
        rows = (
            select(column)
            .where(tail, column > max(edge, over))
            .order_by(column)
            .limit(limit - len(found))
        )
        found += connection.execute(rows).scalars()
    return found


def _first(numbers: Iterator[list[int]], limit: int) -> list[int]:
    found: list[int] = []
    for part in numbers:
        found += part
        if len(found) >= limit:
            break
    return found[:limit]


def _counted(
    connection: Connection,
    wanted: LedgerFilter,
    sets: list[TagSet],
    edge: int,
    limit: int,
    over: int,
    *,
    down: bool,
) -> Iterator[list[int]]:
    """Counted numbers that the filter finds, in growing parts, from ``edge`` on (without it)."""
    narrowed = wanted.fy is not None or wanted.kinds or wanted.first or wanted.last
    driver = rarest_set(connection, wanted, sets)
    driver = driver or next(iter(sets), None) or (_EVERYTHING if narrowed else None)
    rest = [one for one in sets if one is not driver]
    exact = driver is None or not (rest or driver.cut or wanted.words or driver.name == "account")
    many = limit if exact else max(limit, _CANDIDATES)
    while True:
        if driver is None:
            near = _by_number(connection, wanted, edge, over, many, down=down)
        elif driver.name == "account":
            near = _by_account(connection, driver, edge, over, many, down=down)
        else:
            near = _by_cells(connection, wanted, driver, edge, many, down=down)
        yield near if exact else _kept(connection, wanted, rest, near, down=down)
        if len(near) < many:
            return
        edge, many = near[-1], min(many * 4, _MOST_CANDIDATES)


def _by_number(
    connection: Connection, wanted: LedgerFilter, edge: int, over: int, many: int, *, down: bool
) -> list[int]:
    column = public_entry.c.no
    asked = select(column).where(column <= over, plain(wanted)).limit(many)
    if down:
        asked = asked.where(column < edge).order_by(column.desc())
    else:
        asked = asked.where(column > edge).order_by(column)
    return list(connection.execute(asked).scalars())


def _by_account(
    connection: Connection, one: TagSet, edge: int, over: int, many: int, *, down: bool
) -> list[int]:
    posting = public_posting.c
    account = one.tags[0].removeprefix("at:")
    asked = select(posting.no).where(posting.account == account, posting.no <= over).distinct()
    if down:
        asked = asked.where(posting.no < edge).order_by(posting.no.desc())
    else:
        asked = asked.where(posting.no > edge).order_by(posting.no)
    return list(connection.execute(asked.limit(many)).scalars())


def _by_cells(
    connection: Connection,
    wanted: LedgerFilter,
    one: TagSet,
    edge: int,
    many: int,
    *,
    down: bool,
) -> list[int]:
    asked = {
        "tags": [*one.tags, *one.cut],
        "fy": wanted.fy,
        "kinds": list(wanted.kinds) or None,
        "first": wanted.first,
        "last": wanted.last,
        "edge": edge,
        "many": many,
        # An entry stands at most once under each tag.
        "cells": many * len(one.tags) if one.repeats else many,
    }
    return list(connection.execute(_BELOW if down else _ABOVE, asked).scalars())


def _kept(
    connection: Connection,
    wanted: LedgerFilter,
    rest: Sequence[TagSet],
    near: list[int],
    *,
    down: bool,
) -> list[int]:
    column = public_entry.c.no
    if not near:
        return near
    asked = select(column).where(column.in_(near), plain(wanted), members(list(rest)))
    return list(connection.execute(asked.order_by(column.desc() if down else column)).scalars())
