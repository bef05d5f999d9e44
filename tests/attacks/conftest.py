"""A till of its own for each attack: real house, real web door, real sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "giving"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "payments"))

from counter_till import Till, open_till


@pytest.fixture
def till(app_dsn: str, tmp_path: Path) -> Iterator[Till]:
    with open_till(app_dsn, tmp_path) as opened:
        yield opened
