"""A house over this test's own database, with what giving needs below it, and its pages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from giving_books import person, write_books

from fund.adapters.postcodes import PosutoPostcodes
from fund.adapters.stripe_connection import StripeConnection
from fund.adapters.stripe_provider import StripeProvider
from fund.app import create_app
from fund.giving import reactions
from fund.giving.ports import Postcodes
from fund.giving.views import blueprint
from fund.identity.commands import add_user
from fund.kernel.actor import Actor, system
from fund.payments.ports import Provider
from fund.platform.database import Database
from fund.platform.house import House
from fund.platform.settings import Municipality, Settings
from fund.platform.tasks import TaskQueue
from fund.sandbox.server import RunningSandbox, start
from fund.sandbox.settings import SandboxSettings

KEY, SECRET = "sk_test_giving_tests", "whsec_giving_tests"
PASSWORD = "correct horse 見本"
OURS = Municipality(
    code="",
    name="見本区",
    name_en="Sample City",
    fund_name="みえる基金",
    fund_name_en="Mieru Fund",
    head="区長",
    head_en="Mayor",
    department="協働課",
    department_en="Collaboration",
    address="",
    phone="03-0000-0000",
    mail="fund@example.jp",
    corporate_no="",
)


def make_house(app_dsn: str, data_dir: Path, api_base: str = "http://127.0.0.1:9") -> House:
    """A house with giving's reactions and the real provider adapter."""
    settings = Settings(
        database_url=app_dsn,
        owner_database_url="",
        data_dir=data_dir,
        base_url="http://localhost",
        secret_key="k" * 40,
        stripe_secret_key=KEY,
        stripe_webhook_secret=SECRET,
        stripe_api_base=api_base,
        smtp_url="smtp://localhost:1",
        municipality=OURS,
    )
    provider = StripeProvider(StripeConnection(KEY, api_base), SECRET)
    return House(
        settings,
        Database(app_dsn),
        TaskQueue(app_dsn),
        {Provider: provider, Postcodes: PosutoPostcodes()},
        dict(reactions.REACTIONS),
    )


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    write_books(app_dsn)
    house = make_house(app_dsn, tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def officer(house: House, app_dsn: str) -> Actor:
    return person(app_dsn, "起案 太郎")


@pytest.fixture
def decider(house: House, app_dsn: str) -> Actor:
    return person(app_dsn, "決定 花子", "decider")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    """The payment sandbox, speaking the provider's protocol on the loopback."""
    running = start(SandboxSettings(tmp_path / "sandbox.db", KEY, SECRET))
    yield running
    running.stop()


@pytest.fixture
def paying_house(app_dsn: str, tmp_path: Path, sandbox: RunningSandbox) -> Iterator[House]:
    """A house whose payment pages are the sandbox's."""
    write_books(app_dsn)
    house = make_house(app_dsn, tmp_path, sandbox.url)
    yield house
    house.database.close()


def make_app(house: House) -> Flask:
    """The application with the pages of giving."""
    app = create_app(house)
    if blueprint.name not in app.blueprints:
        app.register_blueprint(blueprint)
    return app


class Visitor:
    """A browser without JavaScript: keeps cookies, sends the CSRF token of the last page."""

    def __init__(self, client: FlaskClient, prefix: str = "") -> None:
        self.client, self.prefix, self.token = client, prefix, ""

    def get(self, path: str, **more: object):
        answer = self.client.get(self.prefix + path, **more)
        self._remember(answer.get_data(as_text=True))
        return answer

    def post(self, path: str, fields: dict[str, object] | None = None, **more: object):
        body = {"csrf_token": self.token, **(fields or {})}
        answer = self.client.post(self.prefix + path, data=body, **more)
        self._remember(answer.get_data(as_text=True))
        return answer

    def _remember(self, page: str) -> None:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', page):
            self.token = found[1]


@pytest.fixture
def visit(house: House) -> Callable[..., Visitor]:
    """A new visitor of the pages; the provider is down (nothing listens on its address)."""
    app = make_app(house)
    return lambda prefix="": Visitor(app.test_client(), prefix)


@pytest.fixture
def paying_visit(paying_house: House) -> Callable[..., Visitor]:
    """A new visitor of the pages whose payment page opens."""
    app = make_app(paying_house)
    return lambda prefix="": Visitor(app.test_client(), prefix)


@pytest.fixture
def staff(house: House, visit: Callable[..., Visitor]) -> Callable[[str], Visitor]:
    """A signed-in member of staff with a role; ask twice for two people."""
    made: list[str] = []

    def sign_in(role: str) -> Visitor:
        email = f"{role}{len(made)}@example.jp"
        made.append(email)
        add_user(
            house,
            by=system(),
            now=dt.datetime.now(dt.UTC),
            email=email,
            name=f"{role} {len(made)}",
            password=PASSWORD,
            roles=frozenset({role}),
        )
        visitor = visit()
        visitor.get("/staff/login")
        answer = visitor.post("/staff/login", {"email": email, "password": PASSWORD})
        assert answer.status_code == 303
        return visitor

    return sign_in
