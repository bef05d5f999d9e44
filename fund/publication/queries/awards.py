"""Where the money of an award came from, counted from the public log."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from fund.kernel.money import Yen


@dataclass(frozen=True)
class Origin:
    """Money of one award: which gifts, and yen by the pot it waited in.

    ``by_pot`` maps ``group``, ``field``, ``theme`` and ``general`` to yen from gifts,
    ``gifts_by_pot`` to their numbers; ``others`` is yen that came from no gift (an opening
    balance, interest). What of it is told is for ``publication.breakdowns`` to say.
    """

    gifts_by_pot: dict[str, frozenset[str]]
    yen: Yen
    by_pot: dict[str, Yen]
    others: Yen

    @property
    def gift_nos(self) -> frozenset[str]:
        """The numbers of all gifts behind it."""
        return frozenset().union(*self.gifts_by_pot.values())

    @property
    def gifts(self) -> int:
        """How many gifts are behind it."""
        return len(self.gift_nos)


_ORIGIN = text("""
SELECT gift_no, max(pot) AS pot, sum(yen) AS yen FROM (
  SELECT e.gift_no, convert_from(e.body, 'UTF8')::jsonb->>'share' AS share,
         split_part(p.account, ':', 2) AS pot, p.yen
  FROM public_entry e JOIN public_posting p ON p.no = e.no AND p.account LIKE 'fund:%'
  WHERE e.award_no = :award AND e.kind = 'allocation.line'
  UNION ALL
  SELECT e.gift_no, line->>'share', NULL, -(line->>'yen')::bigint
  FROM public_entry e,
       jsonb_array_elements(convert_from(e.body, 'UTF8')::jsonb->'lines') AS line
  WHERE e.kind IN ('donation.refunded', 'dispute.lost', 'entry.reversed')
    AND line->>'award' = :award
) AS moves GROUP BY gift_no, share HAVING sum(yen) > 0
""")


def origin_of_award(connection: Connection, award_no: str) -> Origin:
    """The gifts behind an award, and what came from them by the pot it had waited in.

    A gift whose money went back is behind it no more.
    """
    rows = connection.execute(_ORIGIN, {"award": award_no}).all()
    given: dict[str, Yen] = {}
    gifts: dict[str, frozenset[str]] = {}
    for row in rows:
        if row.gift_no is not None:
            given[row.pot] = given.get(row.pot, Yen(0)) + int(row.yen)
            gifts[row.pot] = gifts.get(row.pot, frozenset()) | {row.gift_no}
    return Origin(
        gifts_by_pot=gifts,
        yen=Yen(sum(given.values())),
        by_pot=given,
        others=Yen(sum(int(row.yen) for row in rows if row.gift_no is None)),
    )
