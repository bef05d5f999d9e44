"""What the private PostgreSQL needs from the machine, and what it says when that is missing."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
import pytest
from clusters import ME, SERVERS, copy_source, directory, make_source

from fund.kernel.errors import Unavailable
from fund.platform.cluster import APP, ensure_cluster, stop_cluster
from fund.platform.cluster.account import account_for
from fund.platform.cluster.binaries import find_binaries, inspect
from fund.platform.cluster.place import locate
from fund.platform.cluster.processes import processes_of

PLAIN = 65534  # nobody, who may use neither root's home nor what root owns

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def source() -> Iterator[Path]:
    with directory() as path:
        make_source(path)
        yield path


@pytest.fixture
def data_dir(source) -> Iterator[Path]:
    """A stopped cluster that was used before."""
    with directory() as path:
        copy_source(source, path)
        yield path


def refusal(data_dir: Path) -> str:
    with pytest.raises(Unavailable) as refused:
        ensure_cluster(data_dir)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def fake_server(path: Path, version: str) -> Path:
    """A directory whose programs answer like a PostgreSQL of this version."""
    path.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = path / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return path


def test_a_named_directory_without_a_server_is_named_in_the_refusal(monkeypatch):
    monkeypatch.setenv("FUND_PG_BIN", "/usr/share")
    with directory() as data_dir:
        assert refusal(data_dir) == "FUND_PG_BIN=/usr/share holds no PostgreSQL 15 or newer"


@pytest.mark.parametrize(("version", "major"), [("16.2 (Debian 16.2-1)", 16), ("18beta1", 18)])
def test_a_server_tells_its_version_itself(tmp_path, version, major):
    found = inspect(fake_server(tmp_path / "bin", version))
    assert found is not None
    assert found.major == major


@pytest.mark.parametrize("version", ["14.9", "9.6.24", "unknown"])
def test_an_old_or_unreadable_server_is_no_server(tmp_path, version):
    assert inspect(fake_server(tmp_path / "bin", version)) is None


def test_the_newest_system_server_is_taken_unless_the_data_is_of_another():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        newer = fake_server(Path(name) / "99", "99.1")
        environment = {"PATH": f"{newer}:/usr/bin"}
        assert find_binaries(environment, ME, None).major == 99
        for server in SERVERS:
            assert find_binaries(environment, ME, server.major).major == server.major
        with pytest.raises(Unavailable, match="the data was made by PostgreSQL 16"):
            find_binaries(environment, ME, 16)


def test_wrappers_on_the_path_lead_to_the_real_directory(tmp_path):
    (tmp_path / "postgres").symlink_to(SERVERS[0].directory / "postgres")
    found = find_binaries({"PATH": str(tmp_path)}, ME, SERVERS[0].major)
    assert found.directory == SERVERS[0].directory.resolve()


def test_data_of_another_version_is_not_touched(data_dir):
    (locate(data_dir).data / "PG_VERSION").write_text("14\n")
    assert "the data was made by PostgreSQL 14, but only" in refusal(data_dir)


def test_a_directory_that_is_no_database_is_not_overwritten(data_dir):
    data = locate(data_dir).data
    (data / "PG_VERSION").unlink()
    assert "no PostgreSQL data directory" in refusal(data_dir)
    assert (data / "base").is_dir()


def test_a_broken_configuration_is_told_with_the_reason_of_the_log(data_dir):
    with (locate(data_dir).data / "postgresql.conf").open("a") as configuration:
        configuration.write("\nshared_buffers = nonsense\n")
    told = refusal(data_dir)
    assert "PostgreSQL did not start: " in told
    assert "server.log" in told


def test_a_data_directory_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    assert "is not writable" in refusal(tmp_path / "file")


def test_a_socket_directory_open_to_others_is_refused(data_dir):
    locate(data_dir).socket_dir.chmod(0o777)
    assert "not a private directory" in refusal(data_dir)


def test_processes_of_another_cluster_are_not_ours(data_dir, source):
    with directory() as other:
        copy_source(source, other)
        ensure_cluster(data_dir)
        ensure_cluster(other)
        account = account_for(locate(data_dir).home)
        found = [processes_of(locate(path).data, account).all for path in (data_dir, other)]
        assert all(found)
        assert not found[0] & found[1]


def _become_plain_and_start(data_dir: Path, answer: Connection) -> None:
    os.setgroups([])
    os.setgid(PLAIN)
    os.setuid(PLAIN)
    try:
        answer.send(ensure_cluster(data_dir).pid)
    except Unavailable as error:
        answer.send(str(error))


def _start_as_plain_user(data_dir: Path) -> int | str:
    """The number of the server a plain user gets, or the refusal; no interpreter need be open."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_become_plain_and_start, args=(data_dir, there))
    process.start()
    there.close()
    answer = here.recv()
    process.join()
    return answer


@as_root
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_plain_user_runs_the_server_under_the_own_name(monkeypatch):
    monkeypatch.setenv("FUND_PG_BIN", str(SERVERS[0].directory))
    with directory() as data_dir:
        os.chown(data_dir, PLAIN, PLAIN)
        pid = _start_as_plain_user(data_dir)
        assert isinstance(pid, int), pid
        assert Path(f"/proc/{pid}").stat().st_uid == PLAIN
        # root finds the owner's server, uses it, and starts it again under the same user
        assert ensure_cluster(data_dir).pid == pid
        stop_cluster(data_dir)
        assert Path(f"/proc/{ensure_cluster(data_dir).pid}").stat().st_uid == PLAIN
        assert isinstance(_start_as_plain_user(data_dir), int)


@as_root
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_plain_user_is_told_whose_the_data_is(data_dir):
    ensure_cluster(data_dir)
    (data_dir / "postgres.lock").chmod(0o666)
    assert "belongs to another user" in str(_start_as_plain_user(data_dir))


@as_root
def test_below_a_closed_directory_the_cluster_lies_elsewhere_and_nothing_is_opened(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data_dir = closed / "data"
    try:
        with psycopg.connect(ensure_cluster(data_dir).dsn(APP)) as connection:
            assert connection.info.user == APP
        assert closed.stat().st_mode & 0o777 == 0o700
        assert (data_dir / "postgres").is_symlink()
    finally:
        stop_cluster(data_dir)
        shutil.rmtree((data_dir / "postgres").resolve())


@as_root
def test_the_server_of_root_does_not_run_as_root(data_dir):
    assert Path(f"/proc/{ensure_cluster(data_dir).pid}").stat().st_uid == ME.uid != 0


@as_root
def test_an_empty_directory_is_opened_to_the_servers_group_only():
    with directory() as data_dir:
        assert data_dir.stat().st_mode & 0o777 == 0o700
        ensure_cluster(data_dir)
        assert data_dir.stat().st_mode & 0o777 == 0o710
        assert data_dir.stat().st_gid == ME.gid
