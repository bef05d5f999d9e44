"""Where money came from and went, between groups of accounts, for the flow diagram."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from sqlalchemy import Connection, text

from fund.kernel.calendar import fiscal_year_bounds
from fund.publication.domain.flow import Moves

_CLASS = "split_part({0}, ':', 2)"
_WITHIN = "e.first_day >= :first AND e.first_day <= :last"
_POT = _CLASS.format("p.account")

# Money that goes back to a donor leaves pots and awards in one entry: each part for itself.
_BACK = "(e.kind IN ('donation.refunded', 'dispute.lost', 'entry.reversed') AND e.gift_no <> '')"
# Entries that touch pots and no award: money from outside, or going back there.
_ARRIVED = text(f"""
SELECT e.kind, {_POT} AS pot, sum(-p.yen) AS yen
FROM public_entry e JOIN public_posting p ON p.no = e.no AND p.account LIKE 'fund:%'
WHERE {_WITHIN} AND e.kind <> 'designation.redirected'
  AND ({_BACK} OR NOT EXISTS (
    SELECT 1 FROM public_posting c WHERE c.no = e.no AND c.account LIKE 'committed:%'))
GROUP BY 1, 2
""")
_ALLOCATED = text(f"""
SELECT {_POT} AS pot, c.account AS award, sum(p.yen) AS yen
FROM public_entry e
JOIN public_posting p ON p.no = e.no AND p.account LIKE 'fund:%'
JOIN public_posting c ON c.no = e.no AND c.account LIKE 'committed:%'
WHERE {_WITHIN} AND NOT {_BACK} GROUP BY 1, 2
""")
_UNDONE = text(f"""
WITH taken AS (
  SELECT e.kind, line->>'share' AS share, line->>'award' AS award, (line->>'yen')::bigint AS yen
  FROM public_entry e,
       jsonb_array_elements(convert_from(e.body, 'UTF8')::jsonb->'lines') AS line
  WHERE {_WITHIN} AND {_BACK} AND line->>'from' = 'committed'
)
SELECT taken.kind, taken.award, sum(taken.yen) AS yen, (
  SELECT {_POT} FROM public_entry given
  JOIN public_posting p ON p.no = given.no AND p.account LIKE 'fund:%'
  WHERE given.kind = 'allocation.line' AND given.award_no = taken.award
    AND convert_from(given.body, 'UTF8')::jsonb->>'share' = taken.share
  LIMIT 1) AS pot
FROM taken GROUP BY taken.kind, taken.award, taken.share
""")
_STANDING = text(f"""
SELECT p.account LIKE 'fund:%' AS in_fund,
       CASE WHEN p.account LIKE 'fund:%' THEN {_POT} ELSE p.account END AS place,
       sum(-p.yen) AS yen
FROM public_entry e JOIN public_posting p ON p.no = e.no
WHERE e.first_day <= :last AND (p.account LIKE 'fund:%' OR p.account LIKE 'committed:%')
GROUP BY 1, 2
""")


def moves(connection: Connection, fy: int | None) -> Moves:
    """The movements of a fiscal year, with what stood before and after it; or of all time."""
    first, last = (dt.date(1, 1, 1), dt.date(9999, 1, 1)) if fy is None else fiscal_year_bounds(fy)
    span = {"first": first, "last": last}
    arrived: dict[tuple[str, str], int] = {
        (row.kind, row.pot): int(row.yen) for row in connection.execute(_ARRIVED, span)
    }
    allocated = {
        (row.pot, row.award.removeprefix("committed:")): int(row.yen)
        for row in connection.execute(_ALLOCATED, span)
    }
    for row in connection.execute(_UNDONE, span):
        from_, to, yen = (row.kind, row.pot), (row.pot, row.award), int(row.yen)
        arrived[from_] = arrived.get(from_, 0) - yen
        allocated[to] = allocated.get(to, 0) - yen
    before = dt.date(1, 1, 1) if fy is None else first - dt.timedelta(days=1)
    pots_before, awards_before = _standing(connection, before)
    pots_after, awards_after = _standing(connection, last)
    return Moves(arrived, allocated, pots_before, awards_before, pots_after, awards_after)


def _standing(connection: Connection, last: dt.date) -> tuple[dict[str, int], dict[str, int]]:
    pots: dict[str, int] = defaultdict(int)
    awards: dict[str, int] = defaultdict(int)
    for row in connection.execute(_STANDING, {"last": last}):
        if row.in_fund:
            pots[row.place] += int(row.yen)
        else:
            awards[row.place.removeprefix("committed:")] += int(row.yen)
    return dict(pots), dict(awards)
