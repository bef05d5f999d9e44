"""A house over this test's own database, and a client of its pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fund.app import create_app
from fund.platform.database import Database
from fund.platform.house import House
from fund.platform.settings import Municipality, Settings
from fund.platform.tasks import TaskQueue
from fund.publication import reactions
from fund.publication.views import blueprint

sys.path.append(str(Path(__file__).resolve().parents[1] / "outside"))


@pytest.fixture
def house(app_dsn: str, owner_dsn: str, tmp_path: Path) -> Iterator[House]:
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
        municipality=Municipality(
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
        ),
    )
    house = House(settings, Database(app_dsn), TaskQueue(app_dsn), {}, dict(reactions.REACTIONS))
    yield house
    house.database.close()


@pytest.fixture
def app(house: House) -> Flask:
    app = create_app(house)
    if blueprint.name not in app.blueprints:
        app.register_blueprint(blueprint)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
