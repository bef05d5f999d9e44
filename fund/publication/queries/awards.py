"""Where the money of an award came from, counted from the public log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from fund.kernel.money import Yen


@dataclass(frozen=True)
class Origin:
    """Money of one award: how many gifts, and yen by the pot it waited in.

    ``by_pot`` maps ``group``, ``field``, ``theme`` and ``general`` to yen from gifts;
    ``others`` is yen that came from no gift (an opening balance, interest).
    """

    gifts: int
    yen: Yen
    by_pot: dict[str, Yen]
    others: Yen


_ORIGIN = text("""
SELECT split_part(p.account, ':', 2) AS pot, e.gift_no IS NOT NULL AS given, sum(p.yen) AS yen
FROM public_entry e JOIN public_posting p ON p.no = e.no AND p.account LIKE 'fund:%'
WHERE e.award_no = :award AND e.kind = 'allocation.line' GROUP BY 1, 2
""")
_GIFTS = text("""
SELECT count(DISTINCT gift_no) FROM public_entry
WHERE award_no = :award AND kind = 'allocation.line'
""")


def origin_of_award(connection: Connection, award_no: str) -> Origin:
    """The gifts behind an award, as sums: nothing about a single gift is told here."""
    rows = connection.execute(_ORIGIN, {"award": award_no}).all()
    given = {row.pot: Yen(int(row.yen)) for row in rows if row.given}
    return Origin(
        gifts=int(connection.execute(_GIFTS, {"award": award_no}).scalar_one()),
        yen=Yen(sum(given.values())),
        by_pot=given,
        others=Yen(sum(int(row.yen) for row in rows if not row.given)),
    )
