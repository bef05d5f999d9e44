"""A whole house of its own for each test: real database, real sandbox, all reactions wired."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "giving"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "payments"))

from whole_fund import Fund, open_fund


@pytest.fixture
def fund(app_dsn: str, tmp_path: Path) -> Iterator[Fund]:
    with open_fund(app_dsn, tmp_path) as opened:
        yield opened
