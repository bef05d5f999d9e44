"""A house over this test's own database, without anything around the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fund.kernel.actor import system
from fund.platform.database import Database
from fund.platform.house import House
from fund.platform.settings import Municipality, Settings
from fund.platform.tasks import TaskQueue
from fund.registry import commands

NOW = dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)
OFFICE = system("tests")
NOBODY = Municipality(
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
    phone="",
    mail="fund@example.jp",
    corporate_no="",
)


@pytest.fixture
def empty_house(app_dsn: str, owner_dsn: str, tmp_path: Path) -> Iterator[House]:
    """A house whose register holds nothing yet."""
    settings = Settings(
        database_url=app_dsn,
        owner_database_url=owner_dsn,
        data_dir=tmp_path,
        base_url="http://localhost",
        secret_key="k" * 40,
        stripe_secret_key="sk_test_x",
        stripe_webhook_secret="whsec_x",
        stripe_api_base="",
        smtp_url="smtp://localhost:1",
        municipality=NOBODY,
    )
    house = House(settings, Database(app_dsn), TaskQueue(app_dsn), {}, {})
    yield house
    house.database.close()


@pytest.fixture
def house(empty_house: House) -> House:
    """A house with the catalogue loaded."""
    commands.load_catalogue(empty_house, by=OFFICE, now=NOW)
    return empty_house


@pytest.fixture
def register(house: House) -> Callable[..., str]:
    """Register a group of which only some columns matter."""

    def _register(name: str, **columns: object) -> str:
        given = {
            "kind": "区民活動団体",
            "fields": ("welfare",),
            "registered_on": dt.date(2026, 4, 1),
            **columns,
        }
        return commands.register_group(house, by=OFFICE, now=NOW, name=name, **given)

    return _register
