"""The second round of the sample year, left in the middle: three awards wait for a decision.

They ask for more than the fund may use for them, so that officers find a draft in which somebody
goes short, and can try what would happen if it were otherwise.
"""

from __future__ import annotations

import datetime as dt

from fund.allocation import commands as allocation
from fund.grants import commands as grants
from fund.grants.domain import Claim, Opinion, Verdict
from fund.kernel.actor import Actor
from fund.kernel.calendar import fiscal_year
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen
from fund.platform.house import House
from fund.sample import cast
from fund.sample.donations import at_noon

SECOND_ROUND = ((1, 280_000, 0), (3, 460_000, 0), (5, 190_000, 80_000))
"""Which sample group (its place in the cast), asked for how many yen, of which so many at least."""


def leave_draft(
    house: House, *, people: dict[str, Actor], groups: tuple[str, ...], today: dt.date
) -> None:
    """Decide three awards of the second round and draft the run that nobody has approved yet."""
    now = at_noon(today)
    for place, asked, least in SECOND_ROUND:
        group = cast.GROUPS[place]
        claim = Claim(
            group_no=groups[place],
            programme_code="startup",
            theme_code=None,
            fy=fiscal_year(today),
            title=f"{group.project}・第2期（見本）",
            summary=group.summary,
            fields=group.fields,
            requested_yen=Yen(asked),
        )
        number = grants.register_application(
            house, by=people["officer"], now=now, claim=claim, sample=True
        )
        opinion = Opinion(
            recommended=True, yen=Yen(asked), score=80, comment="続ける価値があります（見本）"
        )
        grants.recommend(
            house, by=people["council"], now=now, application_no=number, opinion=opinion
        )
        verdict = Verdict(accepted=True, yen=Yen(asked), min_yen=Yen(least), tier=1, reason="")
        grants.decide(house, by=people["decider"], now=now, application_no=number, verdict=verdict)
    try:
        allocation.draft_run(house, by=people["officer"], now=now)
    except Conflict:
        return  # a small sample has no yen left that these awards may use
