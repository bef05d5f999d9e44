"""Money in pots whose wish has a last day, added up by the database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, text

from fund.kernel.money import Yen


@dataclass(frozen=True)
class Expiring:
    """Yen in one pot whose first wish binds until one day, and of how many gifts they are."""

    pot: str
    binds_until: dt.date
    gifts: int
    yen: Yen


_OF_POT = """
  AND lot.id IN (
    SELECT came.lot_id FROM posting
    JOIN lot_posting AS came ON came.entry_id = posting.entry_id AND came.account = :pot
    WHERE posting.account = :pot AND posting.yen < 0)
"""
_EXPIRING = """
SELECT account, expires, count(DISTINCT gift_no) AS gifts, sum(open_yen) AS yen FROM (
  SELECT moved.account, lot.gift_no, -sum(moved.yen) AS open_yen,
         (lot.wish->'levels'->0->>'expires')::date AS expires
  FROM lot JOIN lot_posting AS moved ON moved.lot_id = lot.id
  WHERE (lot.wish->'levels'->0->>'expires')::date BETWEEN :first AND :last {of_pot}
  GROUP BY lot.id, moved.account HAVING sum(moved.yen) < 0
) AS standing
WHERE CAST(:pot AS text) IS NULL OR account = :pot
GROUP BY account, expires ORDER BY expires, account
"""
_ALL = text(_EXPIRING.replace("{of_pot}", ""))
_ONE = text(_EXPIRING.replace("{of_pot}", _OF_POT))


def expiring(
    connection: Connection, first: dt.date, last: dt.date, pot: str | None = None
) -> list[Expiring]:
    """What waits for wishes that end between two days, in all pots or in one."""
    rows = connection.execute(
        _ALL if pot is None else _ONE, {"first": first, "last": last, "pot": pot}
    )
    return [Expiring(row.account, row.expires, int(row.gifts), Yen(int(row.yen))) for row in rows]
