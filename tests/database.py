"""One real PostgreSQL for the whole test run, and a fresh migrated database for every test.

The process that starts pytest owns a directory; its workers inherit its name, start the cluster
on first need and share it (the cluster's own lock keeps them apart). The template is migrated
once, every test's database is a copy of it. ``FUND_TEST_DATA_DIR`` names a directory that is
kept instead, with its server running: the next run starts at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from fund.platform.cluster import (
    OWNER,
    SUPERUSER,
    Cluster,
    create_database,
    drop_database,
    ensure_cluster,
    stop_cluster,
)
from fund.platform.cluster.processes import alive
from fund.platform.migrate import MIGRATIONS, upgrade

_KEPT = "FUND_TEST_DATA_DIR"
_OWNED = "FUND_TEST_OWNED_DIR"
_PREFIX = "fund-tests-"
# what a power cut would take does not matter here; tests of durability run clusters of their own
_HASTE = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "max_wal_size = '256MB'",
    "autovacuum = off",  # every database lives for seconds
)
_MEMORY = Path("/dev/shm")
_ENOUGH_MEMORY = 2 * 1024**3


def quick_place() -> Path:
    """Where test clusters lie: in memory if there is plenty (a third of the time), else on disk."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ENOUGH_MEMORY:
        return _MEMORY
    return Path(tempfile.gettempdir())


def open_run() -> None:
    """Choose this run's directory; called by the process that starts pytest, not by its workers."""
    if not os.environ.get(_KEPT):
        _sweep_dead_runs()
        os.environ[_OWNED] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=quick_place())


def close_run() -> None:
    """Stop the cluster of this run, if any test needed one, and remove its directory."""
    if owned := os.environ.pop(_OWNED, None):
        _remove(Path(owned))


def shared_cluster() -> Cluster:
    """Start or join the cluster of this run."""
    directory = Path(os.environ.get(_KEPT) or os.environ[_OWNED])
    cluster = ensure_cluster(directory)
    with _locked(directory / "tests.lock"), _superuser(cluster) as connection:
        if connection.execute("SHOW fsync").fetchone() != ("off",):
            for setting in _HASTE:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
    return cluster


def migrated_template(cluster: Cluster) -> str:
    """The name of a database with every migration applied; made once for their present text."""
    texts = sorted((MIGRATIONS / "versions").glob("*.py"))
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in texts)).hexdigest()[:12]
    name, draft = f"template_{mark}", f"draft_{mark}"
    with _locked(cluster.data_dir / "tests.lock"), _superuser(cluster) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            drop_database(cluster, draft)
            create_database(cluster, draft)
            upgrade(cluster.dsn(OWNER, draft))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
    return name


@contextlib.contextmanager
def fresh_database(cluster: Cluster, template: str | None, name: str) -> Iterator[str]:
    """A database for one test: a copy of the template, or empty; dropped at the end."""
    drop_database(cluster, name)
    create_database(cluster, name, template)
    try:
        yield name
    finally:
        drop_database(cluster, name)


def _superuser(cluster: Cluster) -> psycopg.Connection:
    return psycopg.connect(cluster.dsn(SUPERUSER, "postgres"), autocommit=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sweep_dead_runs() -> None:
    """Remove what a killed run has left: its directory's name holds the number of its process."""
    for directory in quick_place().glob(f"{_PREFIX}*"):
        number = directory.name.removeprefix(_PREFIX).partition("-")[0]
        # Another run that starts now may sweep the same one, and be faster.
        with contextlib.suppress(FileNotFoundError):
            mine = directory.stat().st_uid == os.geteuid()
            if mine and number.isdigit() and not alive(int(number)):
                _remove(directory)


def _remove(directory: Path) -> None:
    stop_cluster(directory)
    shutil.rmtree(directory)
