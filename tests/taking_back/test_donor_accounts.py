"""Whatever happens to a gift, the parts its donor reads sum to it, to the yen.

Random histories of gifts, awards, payments, reductions, cancellations, terms that run out, returns,
refunds and disputes; the parts come from the rows of the ledger and none is a remainder.
"""

from __future__ import annotations

import datetime as dt

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_random_histories import ACTS, Story
from whole_fund import Fund

from fund.allocation.terms import open_fallbacks
from fund.desk.account_queries import account_of, awaiting
from fund.grants import commands as grants
from fund.grants.domain import Change
from fund.kernel.money import Yen

LATER = dt.timedelta(days=4 * 366)
STEPS = st.lists(
    st.tuples(
        st.sampled_from((*ACTS, "shrink", "shrink", "cancel", "term")), st.integers(0, 9_000)
    ),
    min_size=6,
    max_size=24,
)


class LongStory(Story):
    """A story in which awards also shrink and end, and wishes run out."""

    def shrink(self, dice: int) -> None:
        self._change(dice, "reduced", Yen(1 + dice))

    def cancel(self, dice: int) -> None:
        self._change(dice, "cancelled", Yen(0))

    def _change(self, dice: int, kind: str, after: Yen) -> None:
        if not self.awards:
            return
        number = grants.propose_change(
            self.fund.house,
            by=self.fund.officer,
            now=self.fund.now,
            award_no=self.awards[dice % len(self.awards)],
            change=Change(kind, after, "smaller-project", "縮めた"),
        )
        grants.decide_change(
            self.fund.house,
            by=self.fund.decider,
            now=self.fund.now,
            change_no=number,
            decision_no=f"8協第{dice}号",
        )

    def term(self, _: int) -> None:
        open_fallbacks(self.fund.house, now=self.fund.now + LATER)


def check_accounts(fund: Fund, gifts: list[str]) -> None:
    """Every part of every accepted gift, as numbers and as the sentences its donor reads."""
    for number in gifts:
        gift = fund.gift(number)
        with fund.house.database.reading() as connection:
            parts = account_of(connection, number)
            waits = awaiting(connection, number, fund.today)
        if gift.accepted_yen is None:
            assert parts.yen == 0
            continue
        assert parts.yen == gift.accepted_yen
        assert parts.refunded == gift.taken_yen
        assert sum(one.lot.open_yen for one in waits) == sum(one.yen for one in parts.waits)
        assert all(part.yen >= 0 and part.came_back >= 0 for part in parts.used)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_the_parts_of_a_gift_sum_to_it(fund: Fund, steps: list[tuple[str, int]]) -> None:
    story = LongStory(fund)
    for opening in (("give", 5_000), ("give", 4_001), ("accept", 0), ("award", 3_000), ("run", 0)):
        story.play(*opening)
    for act, dice in steps:
        story.play(act, dice)
    check_accounts(fund, story.gifts)
    # Terms run out years later: until it is published, all that came before is overdue.
    fund.publish()
    assert fund.broken() == []
