"""One service over planted books for all tests of the API: the real composition and database."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator

import database as testing
import pytest
from flask import Flask
from flask.testing import FlaskClient
from houses import wired_house
from reader import Reader

from fund.app import create_app
from fund.kernel.actor import system
from fund.platform.cluster import APP, Cluster
from fund.platform.house import House
from fund.publication import counting, releases, signing
from fund.sample.plot import plant

NOW = dt.datetime(2026, 5, 20, 3, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def planted(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Sample books of about three years, signed and released; tests only read them."""
    # Each worker that is given one of these files has books of its own.
    with testing.fresh_database(cluster, template, f"books_of_the_api_{os.getpid()}") as name:
        house = wired_house(cluster.dsn(APP, name), tmp_path_factory.mktemp("api") / "data")
        try:
            plant(house, now=NOW, gifts=40)
            counting.count(house, by=system("test"), now=NOW)
            signing.sign_log(house, now=NOW)
            releases.publish_live(house)
            yield house
        finally:
            house.database.close()


@pytest.fixture(scope="session")
def app(planted: House) -> Flask:
    return create_app(planted)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def reader(app: Flask) -> Reader:
    return Reader(app.test_client())
