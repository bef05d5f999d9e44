"""Migrations: up, down and up again; what the models say is what the database has."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import psycopg
import pytest
from sqlalchemy import Engine, event

from fund.platform import migrate
from fund.platform.cluster import OWNER, SUPERUSER, Cluster
from fund.tables import metadata

_OURS = """
SELECT 'table', relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
  AND relname <> 'alembic_version'
UNION ALL
SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT 'type', typname FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""


@pytest.fixture
def owner(cluster: Cluster, empty_database_name: str) -> str:
    """The owner's address of a database without any migration."""
    return cluster.dsn(OWNER, empty_database_name)


def contents(cluster: Cluster, name: str) -> set[tuple[str, str]]:
    """Every table, view, function and type of ours."""
    with psycopg.connect(cluster.dsn(SUPERUSER, name)) as connection:
        return {(kind, found) for kind, found in connection.execute(_OURS).fetchall()}


def test_up_down_and_up_again_end_where_up_ends(
    cluster: Cluster, empty_database_name: str, owner: str
) -> None:
    before = contents(cluster, empty_database_name)
    migrate.upgrade(owner)
    whole = contents(cluster, empty_database_name)
    migrate.downgrade(owner, "base")
    assert contents(cluster, empty_database_name) == before
    migrate.upgrade(owner)
    assert contents(cluster, empty_database_name) == whole
    assert migrate.drift(owner, metadata) == []


def test_each_step_can_be_taken_back_alone(owner: str) -> None:
    migrate.upgrade(owner)
    for _ in range(len(list((migrate.MIGRATIONS / "versions").glob("0*.py")))):
        migrate.downgrade(owner, "-1")
    migrate.upgrade(owner)
    assert migrate.drift(owner, metadata) == []


class Cut(BaseException):
    """The migrating process died."""


def test_a_migration_that_is_cut_off_leaves_the_step_before_and_is_finished_later(
    cluster: Cluster, empty_database_name: str, owner: str
) -> None:
    """Cut off after ever more statements, the way up ends where an undisturbed one ends."""
    left, cuts = 0, 0

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cut

    def step() -> str | None:
        with psycopg.connect(owner) as connection:
            (table,) = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
            row = table and connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row and row[0]

    event.listen(Engine, "before_cursor_execute", count)
    try:
        for patience in itertools.count(3, 11):
            left, before = patience, contents(cluster, empty_database_name)
            at = step()
            try:
                migrate.upgrade(owner)
            except Cut:
                cuts += 1
                assert step() != at or contents(cluster, empty_database_name) == before
            else:
                break
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert cuts > 5
    assert migrate.drift(owner, metadata) == []


def test_migrating_a_migrated_database_changes_nothing(
    cluster: Cluster, empty_database_name: str, owner: str
) -> None:
    migrate.upgrade(owner)
    whole = contents(cluster, empty_database_name)
    migrate.upgrade(owner)
    assert contents(cluster, empty_database_name) == whole


def fund_db(owner: str, command: str) -> subprocess.CompletedProcess[str]:
    """``fund db …`` as an operator runs it."""
    return subprocess.run(
        [sys.executable, "-m", "fund", "db", command],
        env={**os.environ, "DATABASE_URL": owner, "FUND_OWNER_DATABASE_URL": owner},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_check_names_what_differs_and_exits_1(owner: str) -> None:
    assert fund_db(owner, "upgrade").returncode == 0
    good = fund_db(owner, "check")
    assert (good.returncode, good.stderr) == (0, "")
    with psycopg.connect(owner) as connection:
        connection.execute("ALTER TABLE gift ADD COLUMN forgotten text")
    bad = fund_db(owner, "check")
    assert bad.returncode == 1
    assert "forgotten" in bad.stderr
