"""Where money came from and went, between groups of accounts, for the flow diagram."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from sqlalchemy import Connection

from fund.kernel.calendar import fiscal_year_bounds
from fund.publication.domain.flow import Moves
from fund.publication.queries.sums import EARLIEST, LATEST, by_tag


def moves(connection: Connection, fy: int | None) -> Moves:
    """The movements of a fiscal year, with what stood before and after it; or of all time."""
    first, last = (EARLIEST, LATEST) if fy is None else fiscal_year_bounds(fy)
    arrived: dict[tuple[str, str], int] = defaultdict(int)
    given: dict[tuple[str, str], int] = defaultdict(int)
    for found in by_tag(connection, "in:", first=first, last=last):
        arrived[found.kind, found.tag] += found.yen
    for found in by_tag(connection, "to:", first=first, last=last):
        pot, _colon, group = found.tag.partition(":")
        given[pot, group] += found.yen
    before = EARLIEST if fy is None else first - dt.timedelta(days=1)
    return Moves(
        dict(arrived),
        dict(given),
        _standing(connection, "pot:", before),
        _standing(connection, "due:", before),
        _standing(connection, "pot:", last),
        _standing(connection, "due:", last),
    )


def uses(connection: Connection, fy: int | None) -> dict[str, int]:
    """Yen given to awards (less what was taken back) by the first field each award names."""
    first, last = (EARLIEST, LATEST) if fy is None else fiscal_year_bounds(fy)
    sums: dict[str, int] = defaultdict(int)
    for found in by_tag(connection, "use:", first=first, last=last):
        sums[found.tag] += found.yen
    return {field: yen for field, yen in sums.items() if yen}


def _standing(connection: Connection, prefix: str, last: dt.date) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for found in by_tag(connection, prefix, last=last):
        sums[found.tag] += found.yen
    return dict(sums)
