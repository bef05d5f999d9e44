"""A house over a fresh database for each test, and a client of its pages."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from fund.app import create_app
from fund.platform.database import Database
from fund.platform.house import House
from fund.platform.migrate import upgrade
from fund.platform.settings import Municipality, Settings
from fund.platform.tasks import TaskQueue
from fund.publication import reactions

RUN = os.environ.get("FUND_TEST_SOCKET", "/tmp/devpg/run")


def _url(role: str, name: str) -> str:
    return f"postgresql://{role}@/{name}?host={RUN}"


@pytest.fixture(scope="session")
def _template() -> Iterator[str]:
    name = f"pub_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(_url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} OWNER fund_owner")
        upgrade(_url("fund_owner", name))
        yield name
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def house(_template: str, tmp_path: Path) -> Iterator[House]:
    name = f"{_template}_{uuid.uuid4().hex[:6]}"
    with psycopg.connect(_url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {_template} OWNER fund_owner")
        url = _url("fund_app", name)
        settings = Settings(
            database_url=url,
            owner_database_url=_url("fund_owner", name),
            data_dir=tmp_path,
            base_url="http://localhost",
            secret_key="k" * 40,
            stripe_secret_key="sk_test_x",
            stripe_webhook_secret="whsec_x",
            stripe_api_base="",
            smtp_url="smtp://localhost:1",
            municipality=Municipality(
                "",
                "見本区",
                "Sample City",
                "みえる基金",
                "Mieru Fund",
                "区長",
                "Mayor",
                "協働課",
                "Collaboration",
                "",
                "03-0000-0000",
                "fund@example.jp",
                "",
            ),
        )
        house = House(settings, Database(url), TaskQueue(url), {}, dict(reactions.REACTIONS))
        yield house
        house.database.close()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def app(house: House) -> Flask:
    return create_app(house)


@pytest.fixture
def client(app: Flask):
    return app.test_client()
