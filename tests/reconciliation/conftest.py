"""A till with its provider and door, and officers who sign in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

for folder in ("giving", "payments"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

from counter_till import Till, open_till  # noqa: E402
from giving_books import person  # noqa: E402


@pytest.fixture
def till(app_dsn: str, tmp_path: Path) -> Iterator[Till]:
    with open_till(app_dsn, tmp_path) as opened:
        yield opened


@pytest.fixture
def treasurer(till: Till):
    return person(till.dsn, "出納", "treasurer")


@pytest.fixture
def paid(till: Till) -> Callable[..., str]:
    """A gift whose card payment was told and booked; returns its number."""

    def give(yen: int = 10_000, method: str = "card", **asked: object) -> str:
        gift_no = till.begin(method, yen)
        till.pay(gift_no, method=method, **asked)
        till.deliver()
        return gift_no

    return give
