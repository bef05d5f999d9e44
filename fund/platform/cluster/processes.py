"""The server's processes as the kernel knows them; the number in a pid file proves nothing.

After kill -9 or a container's restart the number in ``postmaster.pid`` may be anybody's. A process
is ours only if it is a ``postgres`` program, of the cluster's user, working in its directory.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from fund.platform.cluster.account import Account


@dataclass(frozen=True)
class Processes:
    """The living processes of one cluster: its postmaster, if any, and all of them."""

    postmaster: int | None
    all: frozenset[int]


def processes_of(data: Path, account: Account) -> Processes:
    """Who works in this PostgreSQL data directory at this moment."""
    parents = {
        pid: parent
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit()
        and (pid := int(entry.name))
        and (parent := _parent(entry, account.uid)) is not None
        and _works_in(pid, data, account)
    }
    # a child tells its duty in its title ("postgres: checkpointer"), the postmaster its command
    heads = [pid for pid, parent in parents.items() if parent not in parents and not _is_child(pid)]
    return Processes(heads[0] if heads else None, frozenset(parents))


def alive(pid: int) -> bool:
    """Whether a process with this number runs (a zombie does not), whoever it is."""
    state = _stat(Path(f"/proc/{pid}"))
    return bool(state) and state[0] not in {"Z", "X"}


def taken(pid: int) -> bool:
    """Whether the number is in use, be it by a zombie: PostgreSQL asks the kernel just this.

    Nobody may ever bury a killed server where a container's first process is no init.
    """
    return Path(f"/proc/{pid}").exists()


def parent_of(pid: int) -> int | None:
    """The number of the process that started this one, None if there is no such process."""
    state = _stat(Path(f"/proc/{pid}"))
    return int(state[1]) if state else None


def send(pids: frozenset[int], what: signal.Signals) -> None:
    """Signal processes found by ``processes_of``; one that has ended meanwhile is no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)


def wait_gone(data: Path, account: Account, seconds: float) -> bool:
    """Wait until nobody works in the directory; False if somebody still does."""
    deadline = time.monotonic() + seconds
    while processes_of(data, account).all:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _parent(entry: Path, uid: int) -> int | None:
    """The parent of a living ``postgres`` process of this user; None for any other process."""
    with contextlib.suppress(OSError):
        if entry.stat().st_uid == uid and (entry / "comm").read_text().strip() == "postgres":
            state = _stat(entry)
            if state and state[0] not in {"Z", "X"}:
                return int(state[1])
    return None


def _stat(entry: Path) -> list[str]:
    """State letter, parent and the following fields; empty if the process is gone."""
    try:
        # the second field is the program's name in brackets and may itself hold brackets
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _is_child(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"postgres:")
    except OSError:
        return True


def _works_in(pid: int, data: Path, account: Account) -> bool:
    program = _link(pid, "exe", account).removesuffix(" (deleted)")
    return Path(program).name == "postgres" and _link(pid, "cwd", account) == str(data)


def _link(pid: int, name: str, account: Account) -> str:
    """Where a link of /proc points; empty if the process is gone or closed to us.

    In a container root often lacks the capability to read other users' links: then the
    cluster's own user is asked.
    """
    path = Path(f"/proc/{pid}/{name}")
    try:
        return str(path.readlink())
    except PermissionError:
        return (
            account.run(["/usr/bin/readlink", "-n", str(path)]).stdout if account.switched else ""
        )
    except OSError:
        return ""
