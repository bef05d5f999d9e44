"""A book of histories played twice: told perfectly, and told in any order, twice, late or never."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from acts import play
from world import World

from fund.giving.commands import (
    begin_donation,
    decide_acceptance,
    propose_acceptance,
    retry_payment,
)
from fund.giving.domain import Consents, Donor, Offer, Wish
from fund.giving.domain.acceptance import CODES
from fund.giving.queries import gift
from fund.kernel.actor import Actor, system
from fund.kernel.money import Yen
from fund.payments import refunds
from fund.payments.commands import CheckoutWording, open_checkout
from fund.payments.domain import in_range
from fund.payments.queries import payments_of
from fund.payments.refunds_domain import Request
from fund.payments.refunds_queries import refundable
from fund.sandbox import payouts
from fund.sandbox.errors import ApiError

PUBLIC = system("public")
METHODS = ("card", "card", "card", "konbini", "paypay", "bank_transfer")
ACTS = ((1, 1, 2, 2, 3, 4), (0, 0, 1, 2))
"""How many acts a history sees in its first round, and in each later one."""
WISHES = (Wish(), Wish("field", "children", "anywhere"), Wish("group", "0001", "field"))
DONOR = Donor(
    family_name="見本",
    given_name="花子",
    kana="ミホン ハナコ",
    postal_code="1440000",
    address1="東京都見本区見本町1番1号",
    email="hanako@example.jp",
)
WORDING = CheckoutWording(
    "寄附（見本）", "https://example.jp/back", "https://example.jp/no", DONOR.email, "ja"
)


@dataclass(frozen=True)
class Staff:
    """Two officers: one proposes, the other decides."""

    officer: Actor
    second: Actor


@dataclass
class History:
    """One gift from its form on, in one world."""

    number: int
    offer: Offer
    gift_no: str = ""
    sessions: list[str] = field(default_factory=list)


@dataclass
class Telling:
    """How a world hears of what happened: ``perfect``, or by dice."""

    world: World
    dice: random.Random | None = None
    bag: list[bytes] = field(default_factory=list)
    lost: int = 0
    delivered: int = 0

    def hear(self) -> None:
        """Take new events out of the provider; deliver some of what is under way."""
        for _, _, body in self.world.new_events():
            if self.dice is None:
                self.world.deliver(body)
                self.delivered += 1
                self.world.work()
            elif self.dice.random() < 0.12:
                self.lost += 1
            else:
                self.bag += [body] * self.dice.choice((1, 1, 1, 2, 3))
        if self.dice is not None:
            while self.bag and self.dice.random() < 0.4:
                self._deliver_one()
            if self.dice.random() < 0.3:
                self.world.work(self.dice)

    def catch_up(self) -> None:
        """Everything under way arrives at last; then the night's comparison."""
        self.hear()
        while self.bag:
            self._deliver_one()
        self.world.work(self.dice)
        if self.dice is None:
            self.world.compare()
        else:
            self.world.catch_up()

    def _deliver_one(self) -> None:
        if self.dice is None:
            raise RuntimeError("a perfect telling keeps nothing back")
        self.world.deliver(self.bag.pop(self.dice.randrange(len(self.bag))))
        self.delivered += 1


@dataclass
class Book:
    """Some histories in one world; the same seed plays the same acts in another world."""

    telling: Telling
    staff: Staff
    seed: int
    histories: list[History]
    log: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.telling.world

    def rounds(self, count: int) -> Iterator[int]:
        """Play; after each round everything outstanding is delivered and both books must agree."""
        for number in range(count):
            if number == 0:
                for history in self.histories:
                    self._begin(history)
            self._play_round(number)
            self.telling.catch_up()
            yield number
            self._staff_work(number)

    def _begin(self, history: History) -> None:
        house, now = self.world.house, self.world.now
        begun = begin_donation(house, by=PUBLIC, now=now, offer=history.offer)
        history.gift_no = begun.gift_no
        self._open(history, begun.payment_no)

    def _open(self, history: History, payment_no: str) -> None:
        house, now = self.world.house, self.world.now
        url = open_checkout(house, by=PUBLIC, now=now, payment_no=payment_no, wording=WORDING)
        history.sessions.append(url.rsplit("/", 1)[1])

    def _play_round(self, number: int) -> None:
        dice = random.Random(f"{self.seed} order {number}")
        order = [
            history for history in self.histories for _ in range(dice.choice(ACTS[number > 0]))
        ]
        dice.shuffle(order)
        account = random.Random(f"{self.seed} account {number}")
        for place, history in enumerate(order):
            dice = random.Random(f"{self.seed} {number} {place} {history.number}")
            self.world.provider.pass_time(1)
            with self.world.provider.acting() as till, till.store.act():
                name = play(till, dice.choice(history.sessions), dice)
            if name != "nothing":
                self.log.append(f"{history.number}: {name}")
                self.telling.hear()
            if account.random() < 0.03:
                self._on_account(account)
                self.telling.hear()
        self.world.provider.pass_time(account.choice((120, 3600, 86_400, 3 * 86_400)))
        self.telling.hear()

    def _on_account(self, dice: random.Random) -> None:
        """The provider pays out, or a bank refuses a payout."""
        with self.world.provider.acting() as till, till.store.act():
            under_way = [
                payout
                for payout in till.store.all("payout")
                if payout["status"] in ("in_transit", "paid")
            ]
            choice = dice.random()
            if under_way and choice < 0.25:
                payouts.bounce(till, under_way[-1]["id"])
                self.log.append(f"payout bounces {under_way[-1]['id']}")
            elif under_way and choice < 0.5 and under_way[-1]["status"] == "in_transit":
                payouts.arrive(till, under_way[-1]["id"])
                self.log.append("payout arrives")
            else:
                fees, arrived = dice.choice((0, 0, 330)), dice.random() < 0.6
                try:
                    made = payouts.create(till, fees=fees, arrived=arrived)
                except ApiError:
                    self.log.append("nothing to pay out")
                else:
                    self.log.append(f"payout {made['id']} {made['amount']} arrived={arrived}")

    def _staff_work(self, number: int) -> None:
        """At a barrier both worlds know the same: donors come back, officers accept."""
        house, now = self.world.house, self.world.now
        ready = []
        for history in self.histories:
            dice = random.Random(f"{self.seed} staff {number} {history.number}")
            with house.database.reading() as connection:
                view = gift(connection, history.gift_no)
            if view is None:
                raise LookupError(history.gift_no)
            if view.state in {"failed", "expired"} and dice.random() < 0.6:
                payment_no = retry_payment(house, by=PUBLIC, now=now, gift_no=view.no)
                self._open(history, payment_no)
            elif view.state in {"received", "accepted"} and dice.random() < 0.15:
                self._give_back(history, dice)
            elif view.state == "received" and dice.random() < 0.7:
                ready.append(view.no)
        if ready:
            batch = propose_acceptance(
                house, by=self.staff.officer, now=now, gift_nos=ready, checklist=CODES
            )
            decide_acceptance(house, by=self.staff.second, now=now, batch_no=batch, accept=True)
        # What the officers asked the provider for is asked here, in both worlds at one moment.
        self.world.work()

    def _give_back(self, history: History, dice: random.Random) -> None:
        """One officer proposes a refund, the other approves it."""
        house, now = self.world.house, self.world.now
        with house.database.reading() as connection:
            payment_no = next(
                payment.no
                for payment in payments_of(connection, history.gift_no)
                if payment.state == "succeeded"
            )
            left = refundable(connection, payment_no)
        if not left:
            return
        yen = Yen(dice.choice((left, dice.randrange(1, left + 1))))
        decision = f"{history.number}号"
        request = Request(payment_no, yen, "donor-request", decision, note="", seen=left)
        number = refunds.propose_refund(house, by=self.staff.officer, now=now, request=request)
        refunds.approve_refund(house, by=self.staff.second, now=now, refund_no=number)
        self.log.append(f"refund asked for {yen}")


def write_histories(seed: int, count: int) -> list[History]:
    """Gifts of every method and size; numbers from one seed give the same gifts again."""
    histories = []
    for number in range(count):
        dice = random.Random(f"{seed} offer {number}")
        method = dice.choice(METHODS)
        yen = dice.choice((1000, 3000, 10_000, dice.randrange(1000, 300_000)))
        if not in_range(method, yen):
            method = "card"
        offer = Offer(
            form_key=f"history-{seed:08d}-{number:06d}",
            yen=Yen(yen),
            donor=DONOR,
            consents=Consents(purpose_of_use=True),
            wish=dice.choice(WISHES),
            method=method,
        )
        histories.append(History(number, offer))
    return histories
