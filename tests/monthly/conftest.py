"""A whole house over a test's own database, with the sandbox as its provider."""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

sys.path.append(str(Path(__file__).resolve().parents[1] / "giving"))
from giving_books import offer, write_books
from houses import wired_settings

from fund.giving import commands
from fund.giving.commands import pledges
from fund.kernel.actor import donor, system
from fund.payments import subscriptions_deliveries
from fund.payments.commands import CheckoutWording, keep_event, open_checkout
from fund.payments.deliveries import process_event, sweep
from fund.payments.queries import payment_by_no
from fund.payments.subscriptions_queries import subscription_of
from fund.platform.house import House
from fund.sandbox.courier import sign
from fund.sandbox.server import RunningSandbox, start
from fund.sandbox.settings import SandboxSettings
from fund.wiring import build_house

KEY, SECRET = "sk_test_tests", "whsec_tests"
GOOD, POOR = "4242424242424242", "4000000000009995"
DAY = 24 * 3600
WORDING = CheckoutWording(
    "毎月の寄附（見本）", "http://localhost/d/x", "http://localhost/d/x", "hanako@example.jp", "ja"
)


class Months:
    """A house, its provider and its clock: what a year of monthly gifts needs."""

    def __init__(self, house: House, sandbox: RunningSandbox, dsn: str, superuser: str) -> None:
        self.house, self.sandbox, self.dsn, self.superuser = house, sandbox, dsn, superuser
        self._forms = 0
        self.settled: set[str] = set()

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.sandbox.till.now(), dt.UTC)

    def control(self, path: str, **asked: Any) -> Any:
        answer = requests.post(f"{self.sandbox.url}/_sandbox/{path}", json=asked, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def offered(self, yen: int = 3000, **more: Any) -> commands.Begun:
        self._forms += 1
        return commands.begin_donation(
            self.house,
            by=system("public"),
            now=self.now,
            offer=offer(f"monthly-form-{self._forms:020d}", yen, monthly=True, **more),
        )

    def open(self, begun: commands.Begun) -> str:
        """The id of the payment page's session."""
        open_checkout(
            self.house,
            by=donor(begun.gift_no),
            now=self.now,
            payment_no=begun.payment_no,
            wording=WORDING,
        )
        with self.house.database.reading() as connection:
            return str(payment_by_no(connection, begun.payment_no).session_id)

    def begun(self, yen: int = 3000, **more: Any) -> str:
        """The number of a pledge that is paid and active."""
        offered = self.offered(yen, **more)
        session = self.open(offered)
        assert self.control(f"sessions/{session}/pay", card=GOOD)["outcome"] == "paid"
        self.deliver()
        return self.pledge_of(offered.gift_no)

    def pledge_of(self, gift_no: str) -> str:
        return str(
            self.one(
                "SELECT pledge.no FROM pledge JOIN pledge_gift ON pledge_id = pledge.id"
                " JOIN gift ON gift.id = gift_id WHERE gift.no = %s",
                gift_no,
            )[0]
        )

    def subscription(self, pledge_no: str) -> Any:
        with self.house.database.reading() as connection:
            return subscription_of(connection, pledge_no)

    # events ------------------------------------------------------------------------------

    def events(self) -> list[dict[str, Any]]:
        """Every event the provider made that was not delivered here yet, oldest first."""
        found = self.sandbox.till.store.rows("SELECT id, body FROM event ORDER BY seq")
        return [row for row in found if row["id"] not in self.settled]

    def deliver(self, events: list[Any] | None = None) -> None:
        """Store events by their signed bytes and process each at once."""
        for row in self.events() if events is None else events:
            self.settled.add(row["id"])
            self.take(row["id"], row["body"])

    def take(self, event_id: str, body: str) -> None:
        signature = sign(self.sandbox.till, body)
        keep_event(self.house, now=self.now, body=body.encode(), signature=signature)
        process_event(self.house, now=self.now, event_id=event_id)

    def lose(self) -> None:
        """What was not delivered yet never will be."""
        self.settled |= {row["id"] for row in self.events()}

    def sweep(self) -> None:
        sweep(self.house, now=self.now)
        subscriptions_deliveries.sweep(self.house, now=self.now)

    def pass_days(self, days: int, *, deliver: bool = True) -> None:
        self.control("clock", advance=days * DAY)
        if deliver:
            self.deliver()

    def ask(self, pledge_no: str, act: str, *, deliver: bool = True) -> None:
        by = donor(pledge_no)
        pledges.ask(self.house, by=by, now=self.now, pledge_no=pledge_no, act=act)
        pledges.carry(self.house, now=self.now, pledge_no=pledge_no)
        if deliver:
            self.deliver()

    # looking -----------------------------------------------------------------------------

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.superuser) as connection:
            return connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> tuple[Any, ...]:
        found = self.rows(sql, *values)
        assert len(found) == 1, found
        return found[0]

    def state(self, pledge_no: str) -> str:
        return str(self.one("SELECT state FROM pledge WHERE no = %s", pledge_no)[0])

    def months(self, pledge_no: str) -> list[tuple[int, int, str]]:
        """Serial, yen and state of each month's gift."""
        return self.rows(
            "SELECT serial, gift.yen, gift.state FROM pledge_gift JOIN gift ON gift.id = gift_id"
            " JOIN pledge ON pledge.id = pledge_id WHERE pledge.no = %s ORDER BY serial",
            pledge_no,
        )

    def paid_invoices(self) -> list[tuple[str, int]]:
        """What the provider took: invoice and yen."""
        found = self.sandbox.till.store.all("invoice", status="paid")
        return sorted((one["id"], one["amount_paid"]) for one in found)

    def booked(self) -> list[tuple[str, int]]:
        """What the books hold of it, by the journal: invoice and yen of its entry."""
        return self.rows(
            "SELECT invoice_id, sum(posting.yen) FROM instalment"
            " JOIN journal_entry entry ON entry.kind = 'payment.received'"
            " AND entry.fact_id = payment_no"
            " JOIN posting ON posting.entry_id = entry.id AND posting.yen > 0"
            " GROUP BY invoice_id ORDER BY invoice_id"
        )

    def mails(self, occasion: str) -> int:
        return int(self.one("SELECT count(*) FROM mail WHERE occasion = %s", occasion)[0])

    def assert_books_hold(self) -> None:
        """Gifts booked are invoices paid, each once, to the yen; every invariant is zero."""
        assert self.booked() == [(i, yen) for i, yen in self.paid_invoices()]
        gifts = self.one(
            "SELECT count(*), coalesce(sum(yen), 0) FROM gift WHERE received_on IS NOT NULL"
        )
        paid = self.paid_invoices()
        assert (gifts[0], int(gifts[1])) == (len(paid), sum(yen for _, yen in paid))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    running = start(SandboxSettings(tmp_path / "sandbox.db", KEY, SECRET))
    yield running
    running.stop()


@pytest.fixture
def months(
    app_dsn: str, superuser_dsn: str, tmp_path: Path, sandbox: RunningSandbox
) -> Iterator[Months]:
    write_books(app_dsn)
    settings = dataclasses.replace(wired_settings(app_dsn, tmp_path), stripe_api_base=sandbox.url)
    house = build_house(settings)
    yield Months(house, sandbox, app_dsn, superuser_dsn)
    house.database.close()
