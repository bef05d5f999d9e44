"""A whole house with an officer and an administrator, and a visitor of its pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from houses import wired_house
from staff_door import PASSWORD

from fund.app import create_app
from fund.identity import commands
from fund.kernel.actor import system
from fund.platform.house import House


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    house = wired_house(app_dsn, tmp_path)
    for role in ("officer", "admin"):
        commands.add_user(
            house,
            by=system(),
            now=dt.datetime.now(dt.UTC),
            email=f"{role}@example.jp",
            name=role,
            password=PASSWORD,
            roles=frozenset({role}),
        )
    yield house
    house.database.close()


@pytest.fixture
def client(house: House) -> FlaskClient:
    return create_app(house).test_client()
