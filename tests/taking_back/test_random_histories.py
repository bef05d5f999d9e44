"""Random ways of money: given, accepted, allocated, paid out, refunded, disputed, filled again.

Whatever the order, everything on the must-be-zero board stays zero. The provider's facts are
made up here (the adapter and the sandbox have tests of their own), so many ways are tried.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole_fund import Fund

from fund.allocation import commands as allocation
from fund.giving.domain import Wish
from fund.grants import commands as grants
from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.money import Yen
from fund.payments import disputes, refunds
from fund.payments.facts import DisputeFacts, RefundFacts
from fund.payments.refunds_queries import refundable
from fund.payments.store import lock_payment

ACTS = (
    "give",
    "accept",
    "award",
    "run",
    "fill",
    "ask",
    "pay",
    "refund",
    "refund",
    "fail",
    "dispute",
    "win",
    "lose",
    "settle",
)
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 10_000)), min_size=6, max_size=30)
_serial = itertools.count(1)


class Story:
    """One way of money over a real house; acts that cannot be done are left out."""

    def __init__(self, fund: Fund) -> None:
        self.fund = fund
        self.gifts: list[str] = []
        self.awards: list[str] = []
        self.asked: list[str] = []
        self.refunds: list[tuple[str, RefundFacts]] = []
        self.disputes: list[tuple[str, DisputeFacts]] = []

    def play(self, act: str, dice: int) -> None:
        with contextlib.suppress(Conflict, Invalid):
            getattr(self, act)(dice)

    def give(self, dice: int) -> None:
        wish = (Wish(), Wish("group", self.fund.group, "anywhere"))[dice % 2]
        self.gifts.append(self.fund.paid(1_000 + dice, "bank", wish))

    def accept(self, _: int) -> None:
        waiting = [gift for gift in self.gifts if self.fund.gift(gift).state == "received"]
        if waiting:
            self.fund.accept(*waiting)

    def award(self, dice: int) -> None:
        if len(self.awards) < 3:
            self.awards.append(self.fund.award(2_000 + dice))

    def run(self, _: int) -> None:
        self.fund.allocate()

    def fill(self, _: int) -> None:
        run = allocation.draft_run(
            self.fund.house, by=self.fund.officer, now=self.fund.now, kind=allocation.REINSTATEMENT
        )
        self.fund.approve(run)

    def ask(self, dice: int) -> None:
        if self.awards:
            award = self.awards[dice % len(self.awards)]
            left = self.fund.balance(f"committed:{award}")
            self.asked.append(self.fund.ask(award, max(1, left * (dice % 10 + 1) // 10)))

    def pay(self, _: int) -> None:
        if self.asked:
            grants.pay_disbursement(
                self.fund.house,
                by=self.fund.treasurer,
                now=self.fund.now,
                disbursement_no=self.asked.pop(),
            )

    def refund(self, dice: int) -> None:
        if not self.gifts:
            return
        paid = self.fund.payment(self.gifts[dice % len(self.gifts)]).no
        with self.fund.house.database.reading() as connection:
            left = refundable(connection, paid)
        if left:
            facts = RefundFacts(
                refund_id=f"re_{next(_serial)}",
                our_no=None,
                yen=Yen(max(1, int(left) * (dice % 4 + 1) // 4)),
                status="succeeded",
                created_at=self.fund.now,
                left_at=self.fund.now,
                came_back_at=None,
            )
            self.refunds.append((paid, facts))
            self._tell(paid, facts)

    def fail(self, dice: int) -> None:
        if self.refunds:
            paid, facts = self.refunds.pop(dice % len(self.refunds))
            self._tell(paid, replace(facts, status="failed", came_back_at=self.fund.now))

    def dispute(self, dice: int) -> None:
        if not self.gifts:
            return
        paid = self.fund.payment(self.gifts[dice % len(self.gifts)]).no
        with self.fund.house.database.reading() as connection:
            left = refundable(connection, paid)
        if left and all(paid != known for known, _ in self.disputes):
            facts = DisputeFacts(
                dispute_id=f"du_{next(_serial)}",
                yen=left,
                status="needs_response",
                reason="fraudulent",
                created_at=self.fund.now,
                evidence_due_at=self.fund.now + dt.timedelta(days=9),
                withdrawn_at=self.fund.now,
                reinstated_at=None,
            )
            self.disputes.append((paid, facts))
            self._tell(paid, facts)

    def win(self, dice: int) -> None:
        self._close(dice, status="won", reinstated_at=self.fund.now)

    def lose(self, dice: int) -> None:
        self._close(dice, status="lost")

    def _close(self, dice: int, **ends: object) -> None:
        if self.disputes:
            paid, facts = self.disputes[dice % len(self.disputes)]
            if facts.status == "needs_response":
                ended = replace(facts, **ends)  # type: ignore[arg-type]
                self.disputes[dice % len(self.disputes)] = (paid, ended)
                self._tell(paid, ended)

    def settle(self, dice: int) -> None:
        if not self.awards:
            return
        award = self.awards[dice % len(self.awards)]
        paid = self.fund.rows(
            "SELECT coalesce(sum(d.yen), 0) FROM disbursement d JOIN award ON award.id = award_id"
            " WHERE award.no = %s AND d.state = 'paid'",
            award,
        )[0][0]
        back = int(paid) * (dice % 3) // 2 if dice % 3 < 2 else 0
        grants.confirm_settlement(
            self.fund.house,
            by=self.fund.officer,
            now=self.fund.now,
            award_no=award,
            spent=Yen(int(paid) - back),
            returned=Yen(back),
            report="見本の報告",
        )
        self.awards.remove(award)

    def _tell(self, paid: str, facts: RefundFacts | DisputeFacts) -> None:
        """The provider's news; told twice, as news are."""
        for _ in range(2):
            with self.fund.house.transaction(by=system("tests"), now=self.fund.now) as tx:
                row = lock_payment(tx, paid)
                assert row is not None
                if isinstance(facts, RefundFacts):
                    refunds.apply(tx, row, facts)
                else:
                    disputes.apply(tx, row, facts)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_everything_stays_zero(fund: Fund, steps: list[tuple[str, int]]) -> None:
    story = Story(fund)
    for opening in (("give", 5_000), ("give", 4_001), ("accept", 0), ("award", 3_000), ("run", 0)):
        story.play(*opening)
    for act, dice in steps:
        story.play(act, dice)
    assert fund.broken() == []
