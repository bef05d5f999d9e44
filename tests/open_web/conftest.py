"""Planted books behind a public address, read by programs that know nothing of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import database as testing
import pytest
from flask.testing import FlaskClient
from houses import wired_settings
from published_books import ADDRESS, NOW, Books

from fund.app import create_app
from fund.platform.cluster import APP, SUPERUSER, Cluster
from fund.publication import releases, signing
from fund.sample.plot import plant
from fund.wiring import build_house


@pytest.fixture(scope="session")
def books(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Books]:
    """About a year of planted books, signed and released, at a public https address."""
    with testing.fresh_database(cluster, template, f"open_web_{os.getpid()}") as name:
        settings = wired_settings(cluster.dsn(APP, name), tmp_path_factory.mktemp("open_web"))
        ours = replace(settings.municipality, corporate_no="1000020131113", phone="03-0000-0000")
        house = build_house(replace(settings, base_url=ADDRESS, municipality=ours))
        plant(house, now=NOW, gifts=25)
        signing.sign_log(house, now=NOW)
        releases.publish_live(house)
        yield Books(house, create_app(house), cluster.dsn(SUPERUSER, name))
        house.database.close()


@pytest.fixture
def client(books: Books) -> FlaskClient:
    return books.app.test_client()
