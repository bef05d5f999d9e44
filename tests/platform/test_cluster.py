"""The private PostgreSQL, killed and abused as real machines do, on every server installed here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from clusters import (
    SERVERS,
    START,
    copy_source,
    directory,
    keep,
    kept,
    kill_everything,
    make_source,
    named,
    show,
    stranger,
)
from psycopg.pq import PGconn

from fund.platform.cluster import APP, OWNER, SUPERUSER, ensure_cluster, stop_cluster
from fund.platform.cluster.binaries import Binaries
from fund.platform.cluster.place import locate
from fund.platform.cluster.processes import alive


@pytest.fixture(scope="module", params=SERVERS, ids=named)
def server(request) -> Iterator[Binaries]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUND_PG_BIN", str(request.param.directory))
        yield request.param


@pytest.fixture(scope="module")
def source(server) -> Iterator[Path]:
    with directory() as path:
        make_source(path)
        yield path


@pytest.fixture
def data_dir(source) -> Iterator[Path]:
    """A stopped cluster that was used before."""
    with directory() as path:
        copy_source(source, path)
        yield path


@pytest.fixture
def new_dir(server) -> Iterator[Path]:
    """An empty directory, as at the very first start."""
    with directory() as path:
        yield path


def test_a_first_start_makes_a_durable_private_cluster(new_dir):
    cluster = ensure_cluster(new_dir)
    durable = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
    assert {show(cluster, name) for name in durable} == {"on"}
    assert show(cluster, "listen_addresses") == ""
    assert show(cluster, "server_encoding") == "UTF8"
    assert show(cluster, "TimeZone") == "UTC"
    assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
    assert locate(new_dir).home.stat().st_mode & 0o777 == 0o700
    for role in (APP, OWNER):
        with psycopg.connect(cluster.dsn(role)) as connection:
            assert connection.info.user == role


def test_the_process_named_is_the_postmaster(data_dir):
    cluster = ensure_cluster(data_dir)
    first_line = (locate(data_dir).data / "postmaster.pid").read_text().split("\n")[0]
    assert cluster.pid == int(first_line)


def test_a_warm_start_keeps_the_data(data_dir):
    keep(ensure_cluster(data_dir), "kept")
    stop_cluster(data_dir)
    cluster = ensure_cluster(data_dir)
    assert kept(cluster) == ["kept"]


def test_stopping_twice_or_before_any_start_is_no_error(data_dir):
    stop_cluster(data_dir)
    cluster = ensure_cluster(data_dir)
    stop_cluster(data_dir)
    stop_cluster(data_dir)
    assert not alive(cluster.pid)


def test_a_second_process_attaches_and_its_end_stops_nothing(data_dir):
    cluster = ensure_cluster(data_dir)
    said = subprocess.run(
        [sys.executable, "-c", START, str(data_dir)], check=True, capture_output=True, text=True
    )
    assert int(said.stdout) == cluster.pid
    assert ensure_cluster(data_dir) == cluster


def test_four_processes_at_once_make_one_server(new_dir):
    command = [sys.executable, "-c", START, str(new_dir)]
    starters = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [starter.communicate() for starter in starters]
    assert [starter.returncode for starter in starters] == [0] * 4, said
    assert len({out for out, _ in said}) == 1


def test_kill_9_of_everything_loses_nothing(data_dir):
    cluster = ensure_cluster(data_dir)
    for word in ("a", "b", "c"):
        keep(cluster, word)
        kill_everything(data_dir)
        cluster = ensure_cluster(data_dir)
    assert kept(cluster) == ["a", "b", "c"]


def test_kill_9_of_the_postmaster_alone_is_mended_before_its_children_are_gone(data_dir):
    cluster = ensure_cluster(data_dir)
    keep(cluster, "kept")
    busy = PGconn.connect(cluster.dsn(SUPERUSER).encode())
    busy.send_query(b"SELECT pg_sleep(60)")
    os.kill(cluster.pid, signal.SIGKILL)
    again = ensure_cluster(data_dir)
    busy.finish()
    assert again.pid != cluster.pid
    assert kept(again) == ["kept"]


@pytest.mark.parametrize("like_the_server", [True, False])
def test_a_stale_pid_of_a_living_stranger_is_neither_trusted_nor_killed(data_dir, like_the_server):
    keep(ensure_cluster(data_dir), "kept")
    socket_lock = ensure_cluster(data_dir).socket_dir / ".s.PGSQL.5432.lock"
    kill_everything(data_dir)
    with stranger(like_the_server=like_the_server) as pid:
        for path in (locate(data_dir).data / "postmaster.pid", socket_lock):
            _, rest = path.read_text().split("\n", 1)
            path.write_text(f"{pid}\n{rest}")
        cluster = ensure_cluster(data_dir)
        assert kept(cluster) == ["kept"]
        assert cluster.pid != pid
        stop_cluster(data_dir)


def test_stopping_a_dead_cluster_leaves_the_stranger_alone(data_dir):
    ensure_cluster(data_dir)
    kill_everything(data_dir)
    with stranger(like_the_server=True) as pid:
        pid_file = locate(data_dir).data / "postmaster.pid"
        pid_file.write_text(pid_file.read_text().replace(pid_file.read_text().split()[0], str(pid)))
        stop_cluster(data_dir)


@pytest.mark.parametrize("content", ["", "12", "garbage\n"])
def test_a_cut_off_pid_file_is_no_obstacle(data_dir, content):
    keep(ensure_cluster(data_dir), "kept")
    kill_everything(data_dir)
    (locate(data_dir).data / "postmaster.pid").write_text(content)
    assert kept(ensure_cluster(data_dir)) == ["kept"]


def test_a_lost_socket_does_not_lose_the_server(data_dir, monkeypatch):
    monkeypatch.setattr("fund.platform.cluster.server.SILENCE_TIMEOUT", 0.5)
    cluster = ensure_cluster(data_dir)
    keep(cluster, "kept")
    shutil.rmtree(cluster.socket_dir)
    again = ensure_cluster(data_dir)
    assert again.pid != cluster.pid
    assert kept(again) == ["kept"]


def test_a_first_start_that_was_cut_off_is_made_again(data_dir):
    home = locate(data_dir).home
    (home / "data").rename(home / "data.new")
    (home / "data.new" / "PG_VERSION").unlink()
    assert alive(ensure_cluster(data_dir).pid)
    assert not (home / "data.new").exists()


def test_roles_and_database_that_a_crash_prevented_are_made_later(data_dir):
    cluster = ensure_cluster(data_dir)
    with psycopg.connect(cluster.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE fund")
        connection.execute("DROP ROLE fund_app")
    with psycopg.connect(ensure_cluster(data_dir).dsn(APP)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP,)


def test_the_environment_of_other_postgres_tools_changes_nothing(data_dir, monkeypatch):
    for name, value in {"PGPORT": "1", "PGDATABASE": "x", "PGUSER": "x", "PGDATA": "/x"}.items():
        monkeypatch.setenv(name, value)
    cluster = ensure_cluster(data_dir)
    with psycopg.connect(cluster.dsn(APP)) as connection:
        assert connection.info.dbname == "fund"


@pytest.mark.parametrize("length", [0, 80])
def test_any_path_will_do_however_odd_or_long(data_dir, length):
    odd = data_dir / ("基 'q\"te, $HOME `x` %41+&?" + "x" * length) / ("y" * length)
    odd.mkdir(parents=True)
    (data_dir / "postgres").rename(odd / "postgres")
    try:
        keep(ensure_cluster(odd), "kept")
        stop_cluster(odd)
        cluster = ensure_cluster(odd)
        assert kept(cluster) == ["kept"]
        assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700
    finally:
        stop_cluster(odd)


def test_a_short_odd_path_holds_its_socket_itself(data_dir):
    odd = data_dir / "基 'q\"te %41+&?"
    odd.mkdir()
    (data_dir / "postgres").rename(odd / "postgres")
    try:
        cluster = ensure_cluster(odd)
        assert cluster.socket_dir.is_relative_to(odd)
        with psycopg.connect(cluster.dsn(APP)) as connection:
            assert connection.info.host == str(cluster.socket_dir)
    finally:
        stop_cluster(odd)
