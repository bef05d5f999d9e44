"""A house with awards that wait for money and lots that carry wishes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from award_books import PASSWORD, People, Visitor, make_house, write_books

from fund.allocation.views import blueprint as allocation_pages
from fund.app import create_app
from fund.grants.views import blueprint as grant_pages
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
def visitor(house: House) -> Callable[..., Visitor]:
    """A visitor, signed in with a role if one is named; ask twice for two people."""
    app = create_app(house)
    for blueprint in (grant_pages, allocation_pages):
        if blueprint.name not in app.blueprints:
            app.register_blueprint(blueprint)
    made: list[str] = []

    def visit(role: str | None = None, prefix: str = "") -> Visitor:
        found = Visitor(app.test_client(), prefix)
        if role is not None:
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
            found.sign_in(email)
        return found

    return visit
