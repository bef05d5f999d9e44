"""A wired house with what giving needs below it, and people who type and check."""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from houses import wired_house

from fund.kernel.actor import Actor
from fund.platform.house import House

_GIVING = Path(__file__).resolve().parents[1] / "giving"
sys.path.insert(0, str(_GIVING))
_spec = importlib.util.spec_from_file_location("giving_fixtures", _GIVING / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_giving = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_giving)
visit, staff = _giving.visit, _giving.staff
from giving_books import NOW, person, write_books  # noqa: E402 - found beside the fixtures


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    write_books(app_dsn)
    house = wired_house(app_dsn, tmp_path)
    yield house
    house.database.close()


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture
def hand(app_dsn: str) -> Callable[..., Actor]:
    """A new member of staff."""
    made: list[Actor] = []

    def new(role: str = "officer") -> Actor:
        made.append(person(app_dsn, f"{role} {len(made)}", role))
        return made[-1]

    return new
