"""A wired house, its web door and the real sandbox, as one till that tests can play with."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import requests
from giving_books import AGREED, HANAKO, write_books
from houses import wired_settings
from werkzeug.serving import BaseWSGIServer, make_server

from fund.app import create_app
from fund.giving import commands as giving
from fund.giving import queries as gifts
from fund.giving.domain import Offer
from fund.giving.invariants import INVARIANTS as GIVING
from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.payments import deliveries
from fund.payments.commands import CheckoutWording, open_checkout
from fund.payments.invariants import INVARIANTS as PAYMENTS
from fund.payments.queries import PaymentView, payments_of
from fund.platform.house import House
from fund.platform.invariants import examine
from fund.sandbox.server import RunningSandbox, start
from fund.sandbox.settings import SandboxSettings
from fund.wiring import build_house

KEY, SECRET = "sk_test_tests", "whsec_tests"
PUBLIC = system("public")


@dataclass
class Till:
    """One house with its door, one sandbox; ``ahead`` is how far the sandbox's clock runs."""

    house: House
    app: Any
    sandbox: RunningSandbox
    door: BaseWSGIServer
    dsn: str
    ahead: int = 0
    serial: int = 0

    @property
    def now(self) -> dt.datetime:
        """The time of house and sandbox."""
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.ahead)

    def control(self, path: str, **asked: Any) -> Any:
        """One call to the sandbox's hand."""
        answer = requests.post(f"{self.sandbox.url}/_sandbox/{path}", json=asked, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def pass_time(self, **span: float) -> None:
        """Let time pass for both."""
        seconds = int(dt.timedelta(**span).total_seconds())
        self.ahead += seconds
        self.control("clock", advance=seconds)

    def begin(self, method: str = "card", yen: int = 10_000, locale: str = "ja") -> str:
        """A donor offers a gift and stands before the payment page; returns the gift's number."""
        self.serial += 1
        offer = Offer(
            form_key=f"till-form-{self.serial:020d}",
            yen=Yen(yen),
            donor=HANAKO,
            consents=AGREED,
            method=method,
            locale=locale,
        )
        begun = giving.begin_donation(self.house, by=PUBLIC, now=self.now, offer=offer)
        self.open(begun.gift_no, begun.payment_no)
        return begun.gift_no

    def open(self, gift_no: str, payment_no: str) -> str:
        """Open a payment's hosted page; returns its address."""
        wording = CheckoutWording(
            description="見本の基金への寄附",
            success_url=f"http://localhost/d/{gift_no}?returned=success",
            cancel_url=f"http://localhost/d/{gift_no}?returned=cancel",
            email=HANAKO.email,
            locale="ja",
        )
        return open_checkout(
            self.house, by=PUBLIC, now=self.now, payment_no=payment_no, wording=wording
        )

    def again(self, gift_no: str, method: str | None = None) -> str:
        """The donor goes on, or takes another way; returns the payment's number."""
        payment_no = giving.retry_payment(
            self.house, by=PUBLIC, now=self.now, gift_no=gift_no, method=method
        )
        self.open(gift_no, payment_no)
        return payment_no

    def pay(self, gift_no: str, attempt: int = -1, **asked: Any) -> Any:
        """What the donor does on the hosted page of an attempt."""
        session = self.payments(gift_no)[attempt].session_id
        return self.control(f"sessions/{session}/pay", **asked)

    def work(self) -> None:
        """What the worker does about every event that waits."""
        for (event_id,) in self.rows("SELECT id FROM provider_event WHERE state = 'pending'"):
            deliveries.process_event(self.house, now=self.now, event_id=event_id)

    def deliver(self, **how: Any) -> list[Any]:
        """Let the sandbox deliver what is pending to our door, then work on it."""
        told = self.control("deliveries/release", **how)
        self.work()
        return list(told)

    def sweep(self) -> None:
        """The clock's look at open payments."""
        deliveries.sweep(self.house, now=self.now)

    def heal(self) -> None:
        """The clock's look at the provider's own list of events."""
        deliveries.list_events(self.house, now=self.now)
        self.work()

    def payments(self, gift_no: str) -> list[PaymentView]:
        """Every attempt of a gift."""
        with self.house.database.reading() as connection:
            return payments_of(connection, gift_no)

    def payment(self, gift_no: str) -> PaymentView:
        """The last attempt of a gift."""
        return self.payments(gift_no)[-1]

    def gift(self, gift_no: str) -> gifts.GiftView:
        """The gift as it stands."""
        with self.house.database.reading() as connection:
            found = gifts.gift(connection, gift_no)
        assert found is not None
        return found

    def held(self) -> int:
        """Yen held for donors in the books."""
        sql = "SELECT coalesce(-sum(yen), 0) FROM posting WHERE account = 'held:unaccepted'"
        return int(self.rows(sql)[0][0])

    def broken(self) -> list[str]:
        """What must be zero of payments and gifts and is not."""
        with self.house.database.reading() as connection:
            found = examine(connection, (*PAYMENTS, *GIVING))
        return [f"{one.name}: {one.rows}" for one in found if one.count]

    def mails(self, occasion: str) -> list[tuple[str, str, str]]:
        """Subject, text and HTML of the mails of an occasion."""
        sql = "SELECT subject, body_text, body_html FROM mail WHERE occasion = %s ORDER BY id"
        return self.rows(sql, occasion)

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Rows of a query."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(sql, values).fetchall()

    def page(self, gift_no: str, prefix: str = "", query: str = "") -> str:
        """The donor's page as text."""
        secret = giving.secret_of(self.house, gift_no)
        answer = self.app.test_client().get(f"{prefix}/d/{secret}{query}")
        assert answer.status_code == 200
        return str(answer.get_data(as_text=True))


@contextmanager
def open_till(app_dsn: str, folder: Path) -> Iterator[Till]:
    """Start everything; deliveries are held until a test lets them go."""
    write_books(app_dsn)
    running = start(SandboxSettings(folder / "sandbox.db", KEY, SECRET))
    settings = replace(
        wired_settings(app_dsn, folder),
        stripe_api_base=running.url,
        stripe_secret_key=KEY,
        stripe_webhook_secret=SECRET,
    )
    house = build_house(settings)
    app = create_app(house)
    door = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    till = Till(house, app, running, door, app_dsn)
    till.control("deliveries", mode="hold")
    till.control("webhook", url=f"http://127.0.0.1:{door.server_port}/webhooks/stripe")
    try:
        yield till
    finally:
        door.shutdown()
        thread.join()
        door.server_close()
        running.stop()
        house.database.close()
