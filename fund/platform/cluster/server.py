"""Start, attach to and stop the private server.

The rules: one process at a time (a lock); a server runs if it answers on its socket; a pid file is
removed only when no process works in the data directory; recovery after a crash may take long.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import psycopg
from psycopg.pq import PGconn, Ping

from fund.kernel.errors import Unavailable
from fund.platform.cluster.account import Account, account_for
from fund.platform.cluster.binaries import Binaries, find_binaries
from fund.platform.cluster.databases import SUPERUSER, Cluster, ensure_roles_and_database
from fund.platform.cluster.place import (
    PORT,
    Place,
    locate,
    locked,
    prepare_home,
    prepare_socket_dir,
)
from fund.platform.cluster.processes import (
    alive,
    parent_of,
    processes_of,
    send,
    taken,
    wait_gone,
)

START_TIMEOUT = 600.0  # seconds; a crash recovery may replay gigabytes
SILENCE_TIMEOUT = 20.0  # seconds a living postmaster may go without its socket
STOP_TIMEOUT = 60.0
_LOG_LIMIT = 16 * 1024 * 1024
_BUILTIN_LOCALES_SINCE = 17

_CONFIGURATION = """
# written by fund when the cluster was made
fsync = on
synchronous_commit = on
full_page_writes = on
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
# DETAIL lines quote rows, and rows hold people
log_error_verbosity = terse
log_parameter_max_length_on_error = 0
"""
_ACCESS = "# the socket's directory (0700) is the door; there is no other\nlocal all all trust\n"


def ensure_cluster(data_dir: Path) -> Cluster:
    """Start the data directory's PostgreSQL, or attach to it if it runs.

    Creates on first use the cluster, the roles ``fund_owner`` and ``fund_app`` and the database
    ``fund``. Any number of processes may call this at once. The server outlives the caller.

    Raises:
        Unavailable: with one line that says what is missing or in the way.
    """
    data_dir = data_dir.absolute()
    with locked(data_dir):
        account = account_for(locate(data_dir).home)
        place = prepare_home(data_dir, account)
        if _ping(place) is not Ping.OK:
            _start(place, account)
        return _attach(data_dir, place)


def stop_cluster(data_dir: Path) -> None:
    """Stop the data directory's PostgreSQL, disconnecting its clients; no error if none runs.

    Raises:
        Unavailable: if the server does not end, or belongs to another user.
    """
    data_dir = data_dir.absolute()
    if not data_dir.is_dir():
        return
    with locked(data_dir):
        place = locate(data_dir)
        _end_all(place, account_for(place.home))


def _attach(data_dir: Path, place: Place) -> Cluster:
    """Connect to the answering server, learn its number from the kernel and complete it."""
    reach = Cluster(data_dir, place.socket_dir, PORT, 0)
    try:
        with psycopg.connect(reach.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            ensure_roles_and_database(connection, reach)
            backend = connection.info.backend_pid
            served = connection.execute("SHOW data_directory").fetchone()
            pid = parent_of(backend) or 0
    except psycopg.Error as error:
        raise Unavailable(f"the database in {data_dir} refuses: {_one_line(error)}") from error
    if served is None or Path(served[0]) != place.data:
        raise Unavailable(f"another server answers on {place.socket_dir}")
    return Cluster(data_dir, place.socket_dir, PORT, pid)


def _start(place: Place, account: Account) -> None:
    """Bring the server up, whatever was left behind by the last one; called under the lock."""
    if _wait_for_living(place, account):
        return
    binaries = find_binaries(os.environ, account, _made_by(place))
    if not place.data.exists():
        _initialise(place, account, binaries)
    _remove_stale_pid_files(place)
    prepare_socket_dir(place, account)
    _wait_until_ready(place, _launch(place, account, binaries))


def _wait_for_living(place: Place, account: Account) -> bool:
    """Wait for a server that is starting, recovering or stopping; False if none is left.

    A postmaster that lost its socket, and children whose postmaster was killed, are ended:
    they are surely ours, and no server may start beside them.
    """
    deadline = time.monotonic() + START_TIMEOUT
    silent_since = time.monotonic()
    while (found := processes_of(place.data, account)).all:
        answer = _ping(place)
        if answer is Ping.OK:
            return True
        now = time.monotonic()
        if answer is Ping.REJECT:
            silent_since = now
        if found.postmaster is None or now - silent_since > SILENCE_TIMEOUT:
            _end_all(place, account)
            return False
        if now > deadline:
            raise Unavailable(f"the database in {place.data} is still recovering; see {place.log}")
        time.sleep(0.05)
    return False


def _end_all(place: Place, account: Account) -> None:
    """End every process of this cluster: politely, then firmly; the data survives both."""
    steps = (
        (signal.SIGINT, STOP_TIMEOUT),
        (signal.SIGQUIT, STOP_TIMEOUT / 6),
        (signal.SIGKILL, STOP_TIMEOUT / 6),
    )
    for what, seconds in steps:
        found = processes_of(place.data, account)
        if not found.all:
            return
        if found.postmaster is None:
            send(found.all, signal.SIGQUIT if what is signal.SIGINT else what)
            seconds = STOP_TIMEOUT / 6  # noqa: PLW2901 - orphans have no checkpoint to write
        elif what is signal.SIGKILL:
            send(found.all, what)
        else:
            send(frozenset({found.postmaster}), what)
        if wait_gone(place.data, account, seconds):
            return
    raise Unavailable(f"the database in {place.data} does not end; see {place.log}")


def _remove_stale_pid_files(place: Place) -> None:
    """Remove pid files that would keep the server from starting; nobody runs in the directory.

    PostgreSQL itself handles a number that is free (and then also looks for leftover shared
    memory), so such a file stays. It refuses a number that a stranger has got meanwhile or
    an unburied server still holds, and a file that was cut off.
    """
    lock = place.socket_dir / f".s.PGSQL.{PORT}.lock"
    for path in (place.data / "postmaster.pid", lock):
        try:
            first = path.read_bytes().split(b"\n", 1)[0].strip()
        except FileNotFoundError:
            continue
        if not first.isdigit() or taken(int(first)):
            path.unlink()


def _made_by(place: Place) -> int | None:
    """The major version in the cluster's own file, None if there is no cluster yet."""
    version = place.data / "PG_VERSION"
    if not place.data.exists():
        return None
    try:
        return int(version.read_text().strip())
    except (OSError, ValueError) as error:
        raise Unavailable(f"{place.data} exists but is no PostgreSQL data directory") from error


def _initialise(place: Place, account: Account, binaries: Binaries) -> None:
    """Make a cluster aside and move it into place whole: a crash leaves all or nothing."""
    fresh = place.home / "data.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    said = ""
    for locale in _locales(binaries.major):
        command = [str(binaries.directory / "initdb"), "--pgdata", str(fresh), "--username"]
        command += [SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--data-checksums"]
        made = account.run([*command, *locale])
        said = made.stderr
        if made.returncode == 0:
            break
        if "locale" not in said:
            raise Unavailable(f"initdb failed: {_one_line(said)}")
    else:
        raise Unavailable(f"initdb failed: {_one_line(said)}")
    _write_through(fresh / "postgresql.conf", "a", _CONFIGURATION)
    _write_through(fresh / "pg_hba.conf", "w", _ACCESS)
    fresh.rename(place.data)


def _locales(major: int) -> list[list[str]]:
    """The ways to ask initdb for code point order in UTF-8, best first."""
    if major >= _BUILTIN_LOCALES_SINCE:
        return [["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]]
    return [["--locale=C.UTF-8"], ["--locale=C"]]


def _write_through(path: Path, mode: str, text: str) -> None:
    with path.open(mode, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _launch(place: Place, account: Account, binaries: Binaries) -> int:
    """Start the server as nobody's child, in a session of its own; returns its number.

    ``sh`` starts it in the background and ends, so that no process of ours has a child to bury;
    its output goes to the log, never to a pipe that would stay open as long as it lives.
    """
    if place.log.exists() and place.log.stat().st_size > _LOG_LIMIT:
        place.log.replace(place.log.with_suffix(".log.1"))
    command = [str(binaries.directory / "postgres"), "-D", str(place.data)]
    command += ["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"]
    command += ["-c", f"unix_socket_directories={_listed(place.socket_dir)}", "-p", str(PORT)]
    script = 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!'
    started = account.run(["/bin/sh", "-c", script, "sh", str(place.log), *command], session=True)
    if started.returncode != 0:
        raise Unavailable(f"PostgreSQL did not start: {_one_line(started.stderr)}")
    return int(started.stdout)


def _listed(directory: Path) -> str:
    """One directory as a list of directories: quoted, since blanks and quotes have a meaning."""
    return '"' + str(directory).replace('"', '""') + '"'


def _wait_until_ready(place: Place, pid: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while _ping(place) is not Ping.OK:
        if not alive(pid):
            raise Unavailable(f"PostgreSQL did not start: {_last_words(place.log)}")
        if time.monotonic() > deadline:
            raise Unavailable(f"PostgreSQL is still recovering; see {place.log}")
        time.sleep(0.02)


def _ping(place: Place) -> Ping:
    """What ``pg_isready`` asks, through the same function of libpq."""
    reach = Cluster(place.home, place.socket_dir, PORT, 0)
    return Ping(PGconn.ping(f"{reach.dsn(SUPERUSER, 'postgres')}&connect_timeout=5".encode()))


def _last_words(log: Path) -> str:
    """The line in the log that names the reason, or the last one."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-20:]
    except OSError as error:
        return _one_line(error)
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return f"{(fatal or lines or ['no output'])[-1].strip()} (see {log})"


def _one_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else "no output"
