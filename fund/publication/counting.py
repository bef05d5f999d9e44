"""Counting the public log in the background: a cell of sums for each tag, kind, year and day.

The count only saves time. Nothing waits for it: whatever it has not reached yet is added as it is
read (``queries.tags``). Throwing it away and counting anew gives the same figures.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, text

from fund.kernel.actor import Actor
from fund.platform.house import House
from fund.platform.invariants import by_sql
from fund.publication.queries import counted_to, last_no
from fund.publication.queries.tags import BETWEEN, TAGGED, UNPLACED

AT_ONCE = 20_000
_COUNT_LOCK = 7_107_005
_SUMS = ("yen", "in_yen", "committed_yen", "out_yen", "spent_yen", "returned_yen", "left_yen")
_PLACED = " AND ".join(f"tag NOT LIKE '{prefix}%'" for prefix in UNPLACED)

_COUNT = text(f"""
WITH tagged AS MATERIALIZED ({BETWEEN}), cell AS (
  INSERT INTO public_cell AS known
    (tag, kind, fy, first_day, entries, {", ".join(_SUMS)}, min_no, max_no)
  SELECT tag, kind, fy, first_day, count(*), {", ".join(f"sum({name})" for name in _SUMS)},
         min(no), max(no)
  FROM tagged GROUP BY tag, kind, fy, first_day
  ON CONFLICT (tag, kind, fy, first_day) DO UPDATE SET
    entries = known.entries + excluded.entries, max_no = excluded.max_no,
    {", ".join(f"{name} = known.{name} + excluded.{name}" for name in _SUMS)}
  RETURNING id, tag, kind, fy, first_day
)
INSERT INTO public_place (cell_id, no)
SELECT cell.id, tagged.no FROM tagged JOIN cell USING (tag, kind, fy, first_day)
WHERE {_PLACED}
""")

_KEYS = "tag, kind, fy, first_day"
_WRONG = f"""
WITH head AS (SELECT coalesce(max(max_no), 0) AS no FROM public_cell WHERE tag = ''),
summed AS (
  SELECT {_KEYS}, count(*) AS entries, {", ".join(f"sum({name})::bigint" for name in _SUMS)},
         min(no) AS min_no, max(no) AS max_no
  FROM ({TAGGED.format(where="e.no <= (SELECT head.no FROM head)")}) AS tagged GROUP BY {_KEYS}
), cells AS (
  SELECT {_KEYS}, entries, {", ".join(_SUMS)}, min_no, max_no FROM public_cell
)
SELECT 'summed' AS side, wrong.* FROM (SELECT * FROM summed EXCEPT SELECT * FROM cells) AS wrong
UNION ALL
SELECT 'counted', wrong.* FROM (SELECT * FROM cells EXCEPT SELECT * FROM summed) AS wrong
"""
_MISPLACED = f"""
SELECT cell.tag, cell.kind, cell.fy, cell.first_day, cell.entries,
       coalesce(placed.many, 0) AS places
FROM public_cell cell LEFT JOIN (
  SELECT place.cell_id, count(*) AS many FROM public_place place
  JOIN public_cell its ON its.id = place.cell_id
  JOIN public_entry e ON e.no = place.no AND e.kind = its.kind AND e.fy = its.fy
    AND e.first_day = its.first_day
  GROUP BY place.cell_id
) AS placed ON placed.cell_id = cell.id
WHERE {_PLACED} AND coalesce(placed.many, 0) <> cell.entries
"""

COUNTED = (
    by_sql(
        "log-counted",
        "公開台帳の数えあげた合計は、記帳を一つずつ足したものとおなじ",
        "The counted sums of the public log are those of its entries, added one by one",
        _WRONG,
    ),
    by_sql(
        "log-placed",
        "公開台帳のしぼりこみで見つかる記帳は、数えた記帳とおなじ",
        "The entries found under a filter are as many as were counted",
        _MISPLACED,
    ),
)


def count(house: House, *, by: Actor, now: dt.datetime, most: int = AT_ONCE) -> int:
    """Count up to ``most`` further entries; returns how many. Only one process counts at a time."""
    with house.transaction(by=by, now=now) as tx:
        hold_count(tx.connection)
        over = counted_to(tx.connection)
        upto = min(last_no(tx.connection), over + most)
        if upto > over:
            tx.connection.execute(_COUNT, {"over": over, "upto": upto})
        return upto - over


def forget(house: House, *, by: Actor, now: dt.datetime) -> None:
    """Throw the count away; the next run of the task begins at the first entry."""
    with house.transaction(by=by, now=now) as tx:
        hold_count(tx.connection)
        tx.connection.execute(text("DELETE FROM public_place"))
        tx.connection.execute(text("DELETE FROM public_cell"))


def hold_count(connection: Connection) -> None:
    """Wait until nobody else counts."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _COUNT_LOCK})
