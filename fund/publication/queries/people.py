"""How many people stand behind sums of the log, looked at no further than the rule needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text

from fund.giving import queries as giving
from fund.publication.queries.sums import counted_to, last_no
from fund.publication.queries.tags import BETWEEN

_SAMPLE = 24
_GIVING = ["donation.received", "allocation.line", "designation.redirected"]
"""Kinds by which a gift stands in a figure; what goes back takes no further person along."""
_Place = tuple[str, int, str]
"""A tag in a fiscal year and, if it is asked by month, the month's first day."""

_PLACES = text("""
SELECT DISTINCT tag, fy, CASE WHEN :monthly THEN first_day::text ELSE '' END AS month
FROM public_cell WHERE tag >= :prefix AND tag < :beyond AND kind = ANY(:kinds)
  AND (CAST(:fy AS int) IS NULL OR fy = :fy)
""")
_SAMPLES = text("""
SELECT asked.tag, asked.fy, asked.month, seen.gift_no
FROM unnest(CAST(:tags AS text[]), CAST(:fys AS int[]), CAST(:months AS text[]))
  AS asked(tag, fy, month)
CROSS JOIN LATERAL (
  SELECT entry.gift_no FROM public_cell cell
  JOIN public_place place ON place.cell_id = cell.id
  JOIN public_entry entry ON entry.no = place.no
  WHERE cell.tag = asked.tag AND cell.fy = asked.fy AND cell.kind = ANY(:kinds)
    AND (asked.month = '' OR cell.first_day = asked.month::date)
    AND entry.gift_no IS NOT NULL
  LIMIT CAST(:most AS bigint)
) AS seen
""")
_TAIL = text(f"""
SELECT tail.tag, tail.fy, CASE WHEN :monthly THEN tail.first_day::text ELSE '' END AS month,
       entry.gift_no
FROM ({BETWEEN}) AS tail JOIN public_entry entry ON entry.no = tail.no
WHERE (CASE WHEN :prefix = '' THEN tail.tag = '' ELSE starts_with(tail.tag, :prefix) END)
  AND tail.kind = ANY(:kinds)
  AND entry.gift_no IS NOT NULL AND (CAST(:fy AS int) IS NULL OR tail.fy = :fy)
""")

# Who is behind a cell only grows: what was found large once needs no second look.
_large: WeakKeyDictionary[Engine, dict[_Place, frozenset[str]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Behind:
    """Marks of people behind the entries under a tag in a fiscal year: all of them, or enough."""

    tag: str
    fy: int
    people: frozenset[str]


def people_by_tag(connection: Connection, prefix: str, smallest: int) -> list[Behind]:
    """Who stands behind every tag that begins with ``prefix``, which is cut off, in each year.

    Of a large cell a few gifts are looked at; all of them only where these are of fewer than
    ``smallest`` people.
    """
    beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    asked = {"prefix": prefix, "beyond": beyond, "kinds": _GIVING, "monthly": False, "fy": None}
    found = _behind(connection, asked, smallest)
    return [Behind(tag.removeprefix(prefix), fy, some) for (tag, fy, _), some in found.items()]


def people_by_month(connection: Connection, fy: int, smallest: int) -> dict[str, frozenset[str]]:
    """Who gave in each month (its first day) of a fiscal year, as far as the rule needs it."""
    asked = {"prefix": "", "beyond": " ", "kinds": _GIVING[:1], "monthly": True, "fy": fy}
    found = _behind(connection, asked, smallest)
    return {month: some for (_tag, _fy, month), some in found.items()}


def _behind(
    connection: Connection, asked: Mapping[str, object], smallest: int
) -> dict[_Place, frozenset[str]]:
    known = _large.setdefault(connection.engine, {})
    places = {(row.tag, row.fy, row.month) for row in connection.execute(_PLACES, asked)}
    large = {place: known[place] for place in places if len(known.get(place, ())) >= smallest}
    gifts: dict[_Place, set[str]] = defaultdict(set)
    _sample(connection, gifts, places - large.keys(), asked["kinds"], _SAMPLE)
    bounds = {"over": counted_to(connection), "upto": last_no(connection)}
    for row in connection.execute(_TAIL, {**asked, **bounds}):
        if (row.tag, row.fy, row.month) not in large:
            gifts[row.tag, row.fy, row.month].add(row.gift_no)
    people = _marked(connection, gifts)
    few = {place for place, some in people.items() if len(some) < smallest}
    if full := few & places:
        _sample(connection, gifts, full, asked["kinds"], None)
        people |= _marked(connection, {place: gifts[place] for place in full})
    known.update({place: some for place, some in people.items() if len(some) >= smallest})
    return people | large


def _sample(
    connection: Connection,
    gifts: dict[_Place, set[str]],
    places: Collection[_Place],
    kinds: object,
    most: int | None,
) -> None:
    """Add up to ``most`` entries' gifts of each place, or those of all entries."""
    tags, fys, months = zip(*sorted(places), strict=True) if places else ((), (), ())
    asked = {"tags": list(tags), "fys": list(fys), "months": list(months)}
    for row in connection.execute(_SAMPLES, {**asked, "kinds": kinds, "most": most}):
        gifts[row.tag, row.fy, row.month].add(row.gift_no)


def _marked(
    connection: Connection, gifts: Mapping[_Place, set[str]]
) -> dict[_Place, frozenset[str]]:
    marks = giving.people_behind(connection, set().union(*gifts.values()))
    return {place: frozenset(marks.get(no, no) for no in nos) for place, nos in gifts.items()}
