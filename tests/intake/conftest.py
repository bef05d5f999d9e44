"""A wired house with what giving needs below it, and people who type and check."""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from houses import wired_house

from fund.identity.commands import add_user
from fund.kernel.actor import Actor, system
from fund.platform.house import House

_GIVING = Path(__file__).resolve().parents[1] / "giving"
sys.path.insert(0, str(_GIVING))
from giving_books import NOW, person, write_books  # noqa: E402 - found beside their fixtures

PASSWORD = "correct horse 見本"


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    write_books(app_dsn)
    house = wired_house(app_dsn, tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture
def hand(app_dsn: str) -> Callable[..., Actor]:
    """A new member of staff."""
    made: list[Actor] = []

    def new(role: str = "officer") -> Actor:
        made.append(person(app_dsn, f"{role} {len(made)}", role))
        return made[-1]

    return new


@pytest.fixture
def visit(house: House) -> Callable[..., Any]:
    """A new visitor of the pages, without JavaScript."""
    spec = importlib.util.spec_from_file_location("giving_fixtures", _GIVING / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    giving = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(giving)
    app = giving.make_app(house)
    return lambda prefix="": giving.Visitor(app.test_client(), prefix)


@pytest.fixture
def staff(house: House, visit: Callable[..., Any]) -> Callable[[str], Any]:
    """A signed-in member of staff with a role; ask twice for two people."""
    made: list[str] = []

    def sign_in(role: str) -> Any:
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
        assert (
            visitor.post("/staff/login", {"email": email, "password": PASSWORD}).status_code == 303
        )
        return visitor

    return sign_in
