"""A house with its manual and its catalogue of fields, and a reader of its pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fund import wiring
from fund.app import create_app
from fund.kernel.actor import system
from fund.manual.commands import publish_edition, published_documents
from fund.platform.database import Database
from fund.platform.house import House
from fund.platform.settings import Municipality, Settings
from fund.platform.tasks import TaskQueue
from fund.registry.commands import load_catalogue

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)
OURS = Municipality(
    code="",
    name="見本区",
    name_en="Sample City",
    fund_name="みえる基金",
    fund_name_en="Mieru Fund",
    head="区長",
    head_en="Mayor",
    department="協働課",
    department_en="Collaboration Office",
    address="",
    phone="03-0000-0000",
    mail="fund@example.jp",
    corporate_no="",
)


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    settings = Settings(
        database_url=app_dsn,
        owner_database_url="",
        data_dir=tmp_path,
        base_url="http://localhost",
        secret_key="k" * 40,
        stripe_secret_key="sk_test_unused",
        stripe_webhook_secret="whsec_unused",
        stripe_api_base="http://127.0.0.1:9",
        smtp_url="smtp://localhost:1",
        municipality=OURS,
    )
    house = House(
        settings, Database(app_dsn), TaskQueue(app_dsn), reactions=dict(wiring.reactions())
    )
    load_catalogue(house, by=system(), now=NOW)
    for document in published_documents():
        publish_edition(house, by=system(), now=NOW, document=document)
    yield house
    house.database.close()


@pytest.fixture
def reader(house: House) -> FlaskClient:
    return create_app(house).test_client()
