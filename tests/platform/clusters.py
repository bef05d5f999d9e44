"""Clusters to be killed: a fresh or a quickly copied one, what is kept in it, a stranger beside."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from database import quick_place

from fund.platform.cluster import OWNER, SUPERUSER, Cluster, ensure_cluster, stop_cluster
from fund.platform.cluster.account import account_for
from fund.platform.cluster.binaries import Binaries, system_binaries, wheel_binaries
from fund.platform.cluster.place import locate
from fund.platform.cluster.processes import processes_of, send, wait_gone

ME = account_for(Path("/nonexistent"))
SERVERS = [*system_binaries(os.environ), *wheel_binaries(ME)]
START = """
import sys
from pathlib import Path
from fund.platform.cluster import ensure_cluster
print(ensure_cluster(Path(sys.argv[1])).pid)
"""


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """A data directory, short enough for a socket; whatever runs in it is stopped at the end."""
    path = Path(tempfile.mkdtemp(prefix="fund-cluster-", dir=quick_place()))
    try:
        yield path
    finally:
        stop_cluster(path)
        shutil.rmtree(path)


def make_source(path: Path) -> None:
    """A stopped cluster to copy from; kills are about processes, so it need not wait for disks."""
    ensure_cluster(path)
    stop_cluster(path)
    with (locate(path).data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write("fsync = off\n")


def copy_source(source: Path, target: Path) -> None:
    """A cluster as ``initdb`` would make it, with its owner and modes, in a fraction of the time."""
    target.chmod(0o755)
    subprocess.run(["cp", "-a", str(source / "postgres"), str(target)], check=True)


def named(server: Binaries) -> str:
    return f"pg{server.major}"


def keep(cluster: Cluster, word: str) -> None:
    with psycopg.connect(cluster.dsn(OWNER)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [word])


def kept(cluster: Cluster) -> list[str]:
    with psycopg.connect(cluster.dsn(OWNER)) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM kept ORDER BY word")]


def show(cluster: Cluster, setting: str) -> str:
    with psycopg.connect(cluster.dsn(SUPERUSER, "postgres")) as connection:
        row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
    assert row is not None
    return row[0]


def kill_everything(data_dir: Path) -> None:
    """SIGKILL to postmaster and children at once, as the kernel or a container's end would."""
    data = locate(data_dir).data
    account = account_for(locate(data_dir).home)
    found = processes_of(data, account)
    assert found.postmaster is not None
    send(found.all, signal.SIGKILL)
    assert wait_gone(data, account, 20)


@contextlib.contextmanager
def stranger(*, like_the_server: bool) -> Iterator[int]:
    """A living program that has nothing to do with us; like the server it may share its user."""
    user = ME.uid if like_the_server and ME.switched else None
    with subprocess.Popen(["/bin/sleep", "300"], user=user, cwd="/") as process:
        try:
            yield process.pid
            assert process.poll() is None, "the stranger was hurt"
        finally:
            process.kill()
