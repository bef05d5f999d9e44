"""A wired house with an edition, fields and groups below it, and files as banks send them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from houses import wired_house

# The books of the giving tests are what these tests need too.
sys.path.append(str(Path(__file__).resolve().parents[1] / "giving"))

from giving_books import person, write_books

from fund.kernel.actor import Actor
from fund.platform.house import House


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    write_books(app_dsn)
    house = wired_house(app_dsn, tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def treasurer(house: House, app_dsn: str) -> Actor:
    return person(app_dsn, "出納 一郎", "treasurer")


@pytest.fixture
def decider(house: House, app_dsn: str) -> Actor:
    return person(app_dsn, "決定 花子", "decider")
