"""A house with a manual, a register and people; pages with somebody signed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from award_books import PASSWORD, People, Visitor, make_house, write_books

from fund.app import create_app
from fund.grants.views import blueprint
from fund.identity.commands import add_user
from fund.kernel.actor import system
from fund.platform.house import House


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    write_books(app_dsn)
    made = make_house(app_dsn, tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def people(house: House, app_dsn: str) -> People:
    return People(app_dsn)


@pytest.fixture
def staff(house: House) -> Callable[..., Visitor]:
    """A signed-in member of staff with a role; ask twice for two people."""
    app = create_app(house)
    if blueprint.name not in app.blueprints:
        app.register_blueprint(blueprint)
    made: list[str] = []

    def sign_in(role: str, prefix: str = "") -> Visitor:
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
        visitor = Visitor(app.test_client(), prefix)
        visitor.sign_in(email)
        return visitor

    return sign_in
