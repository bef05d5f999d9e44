"""Fixtures every test may use: the database, as each of its roles."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import database as testing
import pytest
import schedule
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from fund.platform.cluster import APP, OWNER, SUPERUSER, Cluster

pytest_plugins = ("thrift", "traffic")
"""Whatever any test makes the sandbox say or hear is checked against Stripe's own document."""

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        testing.open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        testing.close_run()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LongestFirst | None:
    """With ``--dist loadfile``, see ``LongestFirst``."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # we have sorted them ourselves
    return LongestFirst(config, log)


class LongestFirst(LoadFileScheduling):
    """Units of work in the order of collection: tests of one unit stay with one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return schedule.unit(nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest units first, so that all workers end together."""
    schedule.sort(items)


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The PostgreSQL of this run, shared by all workers."""
    return testing.shared_cluster()


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """The name of the migrated database that tests copy; nobody may connect to it."""
    return testing.migrated_template(cluster)


@pytest.fixture
def database_name(cluster: Cluster, template: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    with testing.fresh_database(cluster, template, f"test_{_unique()}") as name:
        yield name


@pytest.fixture
def empty_database_name(cluster: Cluster) -> Iterator[str]:
    """A database of this test's own without any migration, for tests of the migrations."""
    with testing.fresh_database(cluster, None, f"empty_{_unique()}") as name:
        yield name


@pytest.fixture
def owner_dsn(cluster: Cluster, database_name: str) -> str:
    """This test's database as the owner (migrations)."""
    return cluster.dsn(OWNER, database_name)


@pytest.fixture
def app_dsn(cluster: Cluster, database_name: str) -> str:
    """This test's database as the app, with the app's privileges only."""
    return cluster.dsn(APP, database_name)


@pytest.fixture
def superuser_dsn(cluster: Cluster, database_name: str) -> str:
    """This test's database as somebody who may tamper."""
    return cluster.dsn(SUPERUSER, database_name)


def _unique() -> str:
    """A name no other worker, and no other run on a kept cluster, uses at the same time."""
    return f"{os.getpid()}_{next(_numbers)}"
