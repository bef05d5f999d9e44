"""Where a cluster lies: its data, socket, log and lock, for a data directory of the house.

Normally everything is under ``DATA/postgres``. Two cases need another place: a path that is too
long for a socket (107 bytes), and, for root, a data directory below a closed one, which the
server's user cannot enter; then ``DATA/postgres`` is a link into ``/var/lib/mieru-fund``.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fund.kernel.errors import Unavailable
from fund.platform.cluster.account import Account

PORT = 5432
LOCK_NAME = "postgres.lock"
LOCK_TIMEOUT = 900.0
_SOCKET_LIMIT = 107
_OPEN_CLUSTERS = Path("/var/lib/mieru-fund/clusters")


@dataclass(frozen=True)
class Place:
    """The paths of one cluster; ``home`` belongs to the server's user and is closed to others."""

    home: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server and its start say."""
        return self.home / "server.log"

    @property
    def socket_dir(self) -> Path:
        """The directory of the socket; the door to the cluster, so 0700.

        Clients read a comma as a list of hosts, so such a path is not used for the socket.
        """
        inside = self.home / "run"
        name = os.fsencode(inside / f".s.PGSQL.{PORT}")
        if len(name) <= _SOCKET_LIMIT and "," not in str(inside):
            return inside
        mark = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        owner = self.home.stat().st_uid if self.home.exists() else os.geteuid()
        base = Path("/run" if os.geteuid() == 0 else "/tmp")  # noqa: S108 - made 0700, owner checked
        return base / f"mieru-fund-{owner}-{mark}"


def locate(data_dir: Path) -> Place:
    """The place of a data directory's cluster, whether it exists or not."""
    return Place((data_dir / "postgres").resolve())


def prepare_home(data_dir: Path, account: Account) -> Place:
    """Make the cluster's home, reachable for the server's user; called under the lock.

    Raises:
        Unavailable: if the server's user can reach no place for it.
    """
    link = data_dir / "postgres"
    if not link.is_symlink() and not link.exists() and not _entered(data_dir, account):
        link.symlink_to(_open_home(account), target_is_directory=True)
    place = locate(data_dir)
    place.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.home.stat().st_uid != account.uid:
        account.own(place.home)
    if not account.may_enter(place.home):
        raise Unavailable(f"the database's system user may not enter {place.home}")
    return place


def prepare_socket_dir(place: Place, account: Account) -> None:
    """Make the socket's directory 0700, and refuse one that somebody else put there.

    Raises:
        Unavailable: if it is a link, is not ours or is open to others.
    """
    directory = place.socket_dir
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        account.own(directory)
    found = directory.lstat()
    if found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077 or directory.is_symlink():
        raise Unavailable(f"{directory} is not a private directory of the database's user")


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the data directory's lock: one process at a time starts or stops its cluster.

    Raises:
        Unavailable: if the directory cannot be written, the lock stays taken for 15 minutes,
            or the disk refuses something inside the block.
    """
    try:
        data_dir.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        descriptor = os.open(data_dir / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"the data directory {data_dir} is not writable: {error}") from error
    try:
        _take(descriptor, data_dir)
        yield
    except OSError as error:
        raise Unavailable(f"the database in {data_dir}: {error}") from error
    finally:
        os.close(descriptor)


def _take(descriptor: int, data_dir: Path) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Unavailable(f"another process holds {data_dir / LOCK_NAME}") from None
            time.sleep(0.05)
        else:
            return


def _entered(data_dir: Path, account: Account) -> bool:
    """Whether the server's user may enter; an empty directory of root's is opened to its group.

    A directory that already holds something, and every parent, keeps its mode.
    """
    if account.may_enter(data_dir):
        return True
    if any(entry.name != LOCK_NAME for entry in data_dir.iterdir()) or data_dir.stat().st_uid:
        return False
    os.chown(data_dir, 0, account.gid)
    data_dir.chmod(0o710)
    return account.may_enter(data_dir)


def _open_home(account: Account) -> Path:
    """A new home outside the closed directory, under a name nobody has used."""
    _OPEN_CLUSTERS.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = _OPEN_CLUSTERS / secrets.token_hex(8)
    home.mkdir(mode=0o700)
    account.own(home)
    return home
