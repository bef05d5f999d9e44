"""The system user the server runs as: ourselves, or for root (refused by PostgreSQL) another."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fund.kernel.errors import Unavailable

DISTRIBUTION_USER = "postgres"
OWN_USER = "mieru-fund"


@dataclass(frozen=True)
class Account:
    """A user and its group by number; ``switched`` says that it is not the user we are."""

    uid: int
    gid: int
    switched: bool

    def run(
        self, command: Sequence[str], *, session: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user to its end and return what it said; its result is not judged.

        The environment loses every ``PG*`` variable (they would redirect the tools) and speaks
        the C locale; the working directory is one that every user may be in. ``session`` puts
        the program into a session of its own, out of reach of the terminal's Ctrl-C.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.run(  # noqa: S603 - callers pass fixed programs and apart arguments
            command,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            cwd="/",
            env={**kept, "LC_ALL": "C", "LANGUAGE": "C"},
            start_new_session=session,
            user=self.uid if self.switched else None,
            group=self.gid if self.switched else None,
            extra_groups=[] if self.switched else None,
        )

    def may_enter(self, path: Path) -> bool:
        """Whether this user can reach the path through all its parents and execute or enter it."""
        if not self.switched:
            return os.access(path, os.X_OK)
        return self.run(["/usr/bin/test", "-x", str(path)]).returncode == 0

    def own(self, path: Path) -> None:
        """Give a file or directory of ours to this user."""
        if self.switched:
            os.chown(path, self.uid, self.gid)


def account_for(home: Path) -> Account:
    """The user for a cluster's home: its owner if it exists, else one fit to run a server.

    Raises:
        Unavailable: if the directory belongs to somebody else and we are not root, or if root
            finds no user to switch to and cannot make one.
    """
    me = os.geteuid()
    owner = home.stat().st_uid if home.exists() else None
    if me != 0:
        if owner not in {None, me}:
            raise Unavailable(f"the database in {home} belongs to another user (uid {owner})")
        return Account(me, os.getegid(), switched=False)
    if owner:
        return _by_entry(pwd.getpwuid(owner))
    return _by_entry(_find(DISTRIBUTION_USER) or _find(OWN_USER) or _create(OWN_USER))


def _by_entry(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_uid, entry.pw_gid, switched=True)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create(name: str) -> pwd.struct_passwd:
    """Make a system user without a login; another process may be making the same one."""
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/var/lib/mieru-fund", "--shell", "/usr/sbin/nologin", name]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed program
    except FileNotFoundError as error:
        raise Unavailable(
            f"PostgreSQL does not run as root and useradd is missing: create a user {name}"
        ) from error
    entry = _find(name)
    if entry is None:
        raise Unavailable(
            f"PostgreSQL does not run as root and the user {name} could not be made: "
            f"{made.stderr.strip() or made.returncode}"
        )
    return entry
