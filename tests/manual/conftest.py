"""A house over this test's own database, its pages, and documents to publish."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from fund.app import create_app
from fund.ledger import reactions as ledger_reactions
from fund.manual.commands import published_documents
from fund.platform.database import Database
from fund.platform.house import House
from fund.platform.settings import Municipality, Settings
from fund.platform.tasks import TaskQueue


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    ours = Municipality(
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
        municipality=ours,
    )
    house = House(
        settings, Database(app_dsn), TaskQueue(app_dsn), reactions=dict(ledger_reactions.REACTIONS)
    )
    yield house
    house.database.close()


@pytest.fixture
def client(house: House) -> FlaskClient:
    return create_app(house).test_client()


@pytest.fixture
def documents() -> list[dict[str, Any]]:
    """The editions that come with the service, free to be changed by a test."""
    return copy.deepcopy(published_documents())
