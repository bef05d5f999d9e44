"""The whole way of money in one hand: gifts, acceptance, awards, runs, payments, and back again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from counter_till import KEY, SECRET, Till
from giving_books import AGREED, HANAKO
from houses import wired_settings

from fund.allocation import commands as allocation
from fund.allocation import queries as runs
from fund.app import create_app
from fund.desk.board import INVARIANTS
from fund.giving import commands as giving
from fund.giving.domain import Donor, Offer, Wish
from fund.giving.domain.acceptance import CODES
from fund.grants import commands as grants
from fund.grants.domain import Claim, Opinion, Verdict
from fund.identity import queries as identity
from fund.identity.commands import add_user
from fund.kernel.actor import Actor, system
from fund.kernel.money import Yen
from fund.ledger import queries as ledger
from fund.manual.commands import publish_edition, published_documents
from fund.payments import refunds, refunds_deliveries
from fund.payments.commands import record_offline
from fund.payments.refunds_domain import Request
from fund.payments.refunds_queries import RefundView, refunds_of_gift
from fund.platform.house import House
from fund.platform.invariants import examine
from fund.publication.commands import append_pending
from fund.registry import commands as registry
from fund.sandbox.server import start
from fund.sandbox.settings import SandboxSettings
from fund.wiring import build_house

PASSWORD = "correct horse 見本"
ROLES = ("officer", "officer", "council", "decider", "treasurer", "auditor")
LINE = system("tests")


class _NoDoor:
    """Nobody delivers by HTTP here; events are fetched from the provider's own list."""

    server_port = 0


@dataclass
class Fund(Till):
    """A till with everything above it."""

    people: list[Actor] = field(default_factory=list)
    group: str = ""
    other_group: str = ""
    donor: Donor = HANAKO

    @property
    def officer(self) -> Actor:
        return self.people[0]

    @property
    def second(self) -> Actor:
        return self.people[1]

    @property
    def decider(self) -> Actor:
        return self.people[3]

    @property
    def treasurer(self) -> Actor:
        return self.people[4]

    def offered(self, yen: int = 10_000, method: str = "card", wish: Wish | None = None) -> str:
        """A gift that waits for its payment."""
        self.serial += 1
        offer = Offer(
            form_key=f"back-form-{self.serial:020d}",
            yen=Yen(yen),
            donor=self.donor,
            consents=AGREED,
            method=method,
            wish=wish or Wish(),
        )
        begun = giving.begin_donation(self.house, by=LINE, now=self.now, offer=offer)
        if method in {"card", "konbini", "paypay", "bank_transfer"}:
            self.open(begun.gift_no, begun.payment_no)
        return begun.gift_no

    def paid(self, yen: int = 10_000, method: str = "card", wish: Wish | None = None) -> str:
        """A gift whose money is here."""
        gift_no = self.offered(yen, method, wish)
        if method == "card":
            self.pay(gift_no)
        elif method == "konbini":
            self.pay(gift_no, method="konbini")
            self.control(f"konbini/{self.payment(gift_no).session_id}/pay")
        else:
            record_offline(
                self.house,
                by=self.officer,
                now=self.now,
                gift_no=gift_no,
                method=method,
                received_on=self.today,
            )
        self.heal()
        assert self.gift(gift_no).state == "received"
        return gift_no

    @property
    def today(self) -> dt.date:
        """The day in Japan."""
        return (self.now + dt.timedelta(hours=9)).date()

    def accept(self, *gift_nos: str) -> None:
        """Two people accept."""
        batch = giving.propose_acceptance(
            self.house, by=self.officer, now=self.now, gift_nos=gift_nos, checklist=CODES
        )
        giving.decide_acceptance(
            self.house, by=self.decider, now=self.now, batch_no=batch, accept=True
        )

    def accepted(self, yen: int = 10_000, method: str = "card", wish: Wish | None = None) -> str:
        """A gift that is the fund's."""
        gift_no = self.paid(yen, method, wish)
        self.accept(gift_no)
        return gift_no

    def award(self, yen: int, group: str | None = None) -> str:
        """An award of that ceiling; returns its number."""
        claim = Claim(
            group_no=group or self.group,
            programme_code="challenge",
            theme_code=None,
            fy=self.now.year,
            title="こども食堂",
            summary="毎週ひらく",
            fields=("children",),
            requested_yen=Yen(yen),
        )
        number = grants.register_application(self.house, by=self.officer, now=self.now, claim=claim)
        opinion = Opinion(recommended=True, yen=Yen(yen), score=80, comment="よい")
        grants.recommend(
            self.house, by=self.people[2], now=self.now, application_no=number, opinion=opinion
        )
        verdict = Verdict(accepted=True, yen=Yen(yen), min_yen=Yen(0), tier=1, reason="")
        award = grants.decide(
            self.house, by=self.decider, now=self.now, application_no=number, verdict=verdict
        )
        assert award is not None
        return award

    def draft(self) -> str:
        """A run is drafted."""
        return allocation.draft_run(self.house, by=self.officer, now=self.now)

    def approve(self, run_no: str) -> None:
        """A second person approves it."""
        with self.house.database.reading() as connection:
            run = runs.run(connection, run_no)
        assert run is not None
        allocation.approve_run(
            self.house,
            by=self.treasurer,
            now=self.now,
            run_no=run_no,
            plan_sha256=run.plan_sha256,
        )

    def allocate(self) -> str:
        """A run from draft to approval."""
        number = self.draft()
        self.approve(number)
        return number

    def ask(self, award_no: str, yen: int) -> str:
        """An instalment is asked for."""
        return grants.request_disbursement(
            self.house, by=self.officer, now=self.now, award_no=award_no, yen=Yen(yen)
        )

    def disburse(self, award_no: str, yen: int) -> str:
        """An instalment is asked for and paid."""
        number = self.ask(award_no, yen)
        grants.pay_disbursement(self.house, by=self.treasurer, now=self.now, disbursement_no=number)
        return number

    def propose(self, gift_no: str, yen: int, attempt: int = -1, **changes: Any) -> str:
        """A refund is proposed."""
        asked = Request(
            payment_no=self.payments(gift_no)[attempt].no,
            yen=Yen(yen),
            reason="wrong-payment",
            decision_no="8見協第12号",
            note="",
            seen=None,
        )
        return refunds.propose_refund(
            self.house, by=self.officer, now=self.now, request=replace(asked, **changes)
        )

    def refund(self, gift_no: str, yen: int, attempt: int = -1) -> str:
        """A refund from proposal to the provider's answer."""
        number = self.propose(gift_no, yen, attempt)
        refunds.approve_refund(self.house, by=self.decider, now=self.now, refund_no=number)
        self.send(number)
        return number

    def send(self, refund_no: str) -> None:
        """What the worker does after an approval."""
        refunds_deliveries.send_refund(self.house, now=self.now, refund_no=refund_no)

    def dashboard_refund(self, gift_no: str, attempt: int = -1, **asked: Any) -> Any:
        """Somebody refunds in the provider's dashboard."""
        intent = self.payments(gift_no)[attempt].intent_id
        return self.control("refunds", payment_intent=intent, **asked)

    def dispute(self, gift_no: str, attempt: int = -1, **asked: Any) -> str:
        """The donor's card company takes the money back; returns the dispute's id."""
        intent = self.payments(gift_no)[attempt].intent_id
        return str(self.control("disputes", payment_intent=intent, **asked)["id"])

    def refunds(self, gift_no: str) -> list[RefundView]:
        """Every refund of a gift."""
        with self.house.database.reading() as connection:
            return refunds_of_gift(connection, gift_no)

    def balance(self, account: str) -> int:
        """The raw balance of an account, with its natural sign."""
        with self.house.database.reading() as connection:
            raw = int(ledger.balance(connection, account))
        return raw if account.startswith("assets:") else -raw

    def balances(self) -> dict[str, int]:
        """Every account that is not zero, with its natural sign."""
        with self.house.database.reading() as connection:
            raw = ledger.balances(connection)
        return {
            account: int(yen) if account.startswith("assets:") else -int(yen)
            for account, yen in raw.items()
            if yen
        }

    def publish(self) -> None:
        """Append to the public log what may be public."""
        while append_pending(self.house, by=LINE, now=self.now):
            pass

    def broken(self) -> list[str]:
        """Everything on the must-be-zero board that is not zero, before and after publishing."""
        return [*self._broken(), *(self.publish() or ()), *self._broken()]

    def _broken(self) -> list[str]:
        with self.house.database.reading() as connection:
            found = examine(connection, INVARIANTS)
        return [f"{one.name}: {one.rows}" for one in found if one.count]

    def kinds(self, gift_no: str) -> list[str]:
        """Kinds of the entries that speak of a gift, in the order booked."""
        sql = "SELECT kind FROM journal_entry WHERE detail->>'gift' = %s ORDER BY id"
        return [kind for (kind,) in self.rows(sql, gift_no)]

    def occasions(self, gift_no: str) -> list[str]:
        """Occasions of the mails about a gift's money that goes back."""
        sql = (
            "SELECT occasion FROM mail WHERE subject LIKE %s AND occasion NOT LIKE 'gift.acc%%'"
            " AND occasion NOT IN ('gift.waiting', 'gift.received') ORDER BY id"
        )
        return [occasion for (occasion,) in self.rows(sql, f"%{gift_no}%")]


@contextmanager
def open_fund(app_dsn: str, folder: Path) -> Iterator[Fund]:
    """Start everything; the provider's news come when a test heals (fetches) or delivers them."""
    running = start(SandboxSettings(folder / "sandbox.db", KEY, SECRET))
    settings = replace(
        wired_settings(app_dsn, folder),
        stripe_api_base=running.url,
        stripe_secret_key=KEY,
        stripe_webhook_secret=SECRET,
    )
    house = build_house(settings)
    fund = Fund(house, create_app(house), running, _NoDoor(), app_dsn)  # type: ignore[arg-type]
    fund.control("deliveries", mode="hold")
    _meet(fund)
    try:
        yield fund
    finally:
        running.stop()
        house.database.close()


def write_fund(app_dsn: str, folder: Path) -> None:
    """What every test of this folder begins with: people, manual, register, two groups."""
    house = build_house(wired_settings(app_dsn, folder))
    now = dt.datetime.now(dt.UTC)
    for number, role in enumerate(ROLES):
        add_user(
            house,
            by=LINE,
            now=now,
            email=f"{role}{number}@example.jp",
            name=f"{role} {number}",
            password=PASSWORD,
            roles=frozenset({role}),
        )
    for document in published_documents():
        publish_edition(house, by=LINE, now=now, document=document)
    registry.load_catalogue(house, by=LINE, now=now)
    with house.database.reading() as connection:
        officer = next(one for one in identity.people(connection) if one.email == OFFICER).actor()
    for name in GROUPS:
        _group(house, officer, now, name)
    house.database.close()


def _meet(fund: Fund) -> None:
    """Learn who and which groups were written."""
    with fund.house.database.reading() as connection:
        known = {one.email: one.actor() for one in identity.people(connection)}
    fund.people = [known[f"{role}{number}@example.jp"] for number, role in enumerate(ROLES)]
    numbers = dict(fund.rows("SELECT name, no FROM civic_group"))
    fund.group, fund.other_group = (numbers[f"見本{name}"] for name in GROUPS)


GROUPS = ("こども食堂の会", "みどりの会")
OFFICER = f"{ROLES[0]}0@example.jp"


def _group(house: House, officer: Actor, now: dt.datetime, name: str) -> str:
    today = (now + dt.timedelta(hours=9)).date()
    return registry.register_group(
        house,
        by=officer,
        now=now,
        name=f"見本{name}",
        kana="ミホンノカイ",
        name_en="",
        kind="区民活動団体",
        purpose_ja="見本",
        purpose_en="",
        fields=("children",),
        registered_on=today,
        registered_until=today + dt.timedelta(days=900),
        sample=True,
    )
