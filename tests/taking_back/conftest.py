"""A whole house of its own for each test: real database, real sandbox, all reactions wired."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import database as testing
import pytest

from fund.platform.cluster import APP, Cluster

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "giving"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "payments"))

from whole_fund import Fund, open_fund, write_fund


@pytest.fixture(scope="session")
def template(
    template: str, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The migrated database with people, manual and register, written once for this folder."""
    name = f"whole_{os.getpid()}"
    with testing.fresh_database(cluster, template, name):
        write_fund(cluster.dsn(APP, name), tmp_path_factory.mktemp("written"))
        yield name


@pytest.fixture
def fund(app_dsn: str, tmp_path: Path) -> Iterator[Fund]:
    with open_fund(app_dsn, tmp_path) as opened:
        yield opened
