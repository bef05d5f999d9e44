"""A wired house with books of fiscal years 2025 and 2026, and people to close the first one."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from award_books import People
from houses import wired_house

from fund.platform.house import House

sys.path.append(str(Path(__file__).resolve().parents[1] / "publication"))
from closing_books import two_years


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    made = wired_house(app_dsn, tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def people(house: House, app_dsn: str) -> People:
    return People(app_dsn)


@pytest.fixture
def books(house: House) -> House:
    """The house with entries of two fiscal years, some of the newer one before the closing."""
    two_years(house)
    return house


@pytest.fixture
def june() -> dt.datetime:
    """After the cash period of fiscal year 2025."""
    return dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)
