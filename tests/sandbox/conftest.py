"""A running sandbox for each test, a webhook endpoint that keeps what it gets, and the SDK."""

from __future__ import annotations

import datetime as dt
import http.server
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import stripe

from fund.sandbox.server import RunningSandbox, start
from fund.sandbox.settings import SandboxSettings

KEY, SECRET = "sk_test_sandbox_tests", "whsec_sandbox_tests"


class Endpoint:
    """A webhook endpoint: what came in, and the statuses it answers next (200 otherwise)."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[bytes, str]] = []
        self.answers: list[int] = []

    @property
    def events(self) -> list[stripe.Event]:
        return [stripe.Webhook.construct_event(body, sign, SECRET) for body, sign in list(self.got)]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


class World:
    """One sandbox with its client and endpoint; ``restart`` stops and starts it on its file."""

    def __init__(
        self, settings: SandboxSettings, endpoint: Endpoint, running: RunningSandbox
    ) -> None:
        self.settings, self.endpoint, self.running = settings, endpoint, running

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def stripe(self) -> Any:
        return self.client.v1

    @property
    def client(self) -> stripe.StripeClient:
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0)

    def restart(self) -> None:
        self.running.stop()
        self.running = start(self.settings)

    def wait_for_june(self) -> None:
        """Go on to a fifth of June, unless it is one: days and months after it count the same.

        After it, each charge is at least a day old when 31 days more have passed; after a 5th of
        December the first would just be drafted.
        """
        at = dt.datetime.fromtimestamp(self.control("clock", advance=0)["now"], dt.UTC)
        june = at.replace(month=6, day=5, hour=12, minute=0, second=0)
        if at.date() != june.date():
            later = june if june > at else june.replace(year=at.year + 1)
            self.control("clock", advance=int((later - at).total_seconds()))

    def session(self, amount: int = 5000, **more: Any) -> stripe.checkout.Session:
        return self.stripe.checkout.sessions.create(session_params(amount, **more))

    def control(self, path: str, **asked: Any) -> Any:
        answer = requests.post(f"{self.url}/_sandbox/{path}", json=asked, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pay(self, session: stripe.checkout.Session, **asked: Any) -> dict[str, Any]:
        return self.control(f"sessions/{session.id}/pay", **asked)

    def paid_intent(self, amount: int = 5000, **asked: Any) -> stripe.PaymentIntent:
        session = self.session(amount)
        paid = self.pay(session, **asked)
        expand = {"expand": ["latest_charge"]}
        return self.stripe.payment_intents.retrieve(paid["session"]["payment_intent"], expand)


def session_params(amount: int = 5000, **more: Any) -> dict[str, Any]:
    item = {"currency": "jpy", "unit_amount": amount, "product_data": {"name": "寄附（見本）"}}
    return {
        "mode": "payment",
        "line_items": [{"price_data": item, "quantity": 1}],
        "success_url": "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/cancelled",
        **more,
    }


def monthly_params(amount: int = 3000) -> dict[str, Any]:
    """What turns a session into one of mode ``subscription``."""
    item = {
        "currency": "jpy",
        "unit_amount": amount,
        "product_data": {"name": "毎月の寄附（見本）"},
        "recurring": {"interval": "month"},
    }
    return {
        "mode": "subscription",
        "line_items": [{"price_data": item, "quantity": 1}],
        "subscription_data": {"metadata": {"pledge": "M-SAMPLE"}},
    }


def setup_params(customer: str, **more: Any) -> dict[str, Any]:
    """A session of mode ``setup``: a customer's card for later charges."""
    return {
        "mode": "setup",
        "currency": "jpy",
        "customer": customer,
        "allowed_payment_method_types": ["card"],
        "setup_intent_data": {"metadata": {"pledge": "M-SAMPLE"}},
        "success_url": "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/cancelled",
        **more,
    }


def until(done: Callable[[], Any], seconds: float = 15) -> Any:
    """Wait for something another thread brings about; its value, or a failure."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := done():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def attempt_of(page: str) -> str:
    found = re.search(r'name="attempt" value="(\w+)"', page)
    assert found, page
    return found[1]


class _Listener(http.server.BaseHTTPRequestHandler):
    """Keeps what comes to the present endpoint; what belongs to an earlier test is waved through."""

    present: Endpoint | None = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, kept = 200, self.present
        if kept is not None and kept.url.endswith(self.path):
            kept.got.append((body, self.headers["Stripe-Signature"]))
            status = kept.answers.pop(0) if kept.answers else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture(scope="session")
def listener() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Listener)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def one_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = SandboxSettings(
        tmp_path_factory.mktemp("sandbox") / "sandbox.db",
        KEY,
        SECRET,
        retry_first_seconds=0.02,
        retry_cap_seconds=0.1,
    )
    made = World(settings, Endpoint(), start(settings))
    yield made
    made.running.stop()


@pytest.fixture
def world(one_world: World, listener: str) -> World:
    """The one sandbox, freshly emptied, delivering to an address of this test's own."""
    one_world.control("reset")
    one_world.endpoint = _Listener.present = Endpoint()
    one_world.endpoint.url = f"{listener}/{uuid.uuid4().hex}"
    one_world.control("webhook", url=one_world.endpoint.url)
    return one_world
