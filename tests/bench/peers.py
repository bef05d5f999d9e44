"""The peers' own environment: made once from pinned names, or honestly absent."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from fund.platform.cluster import OWNER, Cluster, create_database

HERE = Path(__file__).resolve().parent
PLACE = HERE.parents[1] / ".state" / "peers"


def interpreter() -> Path | None:
    """The Python that has the peers, installed now if need be; None when that fails."""
    program, pinned = PLACE / "bin" / "python", HERE / "peers.txt"
    done = PLACE / "installed.txt"
    if done.is_file() and done.read_bytes() == pinned.read_bytes():
        return program
    venv.create(PLACE, with_pip=True, clear=True)
    installed = subprocess.run(
        [program, "-m", "pip", "install", "--quiet", "--requirement", pinned],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        sys.stdout.write(
            "the peers of peers.txt (django-hordak, Fava, Datasette) cannot be installed here;"
            " their rows go without them\n"
        )
        return None
    done.write_bytes(pinned.read_bytes())
    return program


def program(name: str, package: str) -> str | None:
    """A program of the system, installed from Debian's ``package`` if need be; None if not."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    if shutil.which(name, path=places) is None and os.geteuid() == 0:
        asked = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", package]
        with contextlib.suppress(OSError):
            subprocess.run(asked, capture_output=True, check=False)
    found = shutil.which(name, path=places)
    if found is None:
        sys.stdout.write(f"{name} cannot be installed here; its rows go without it\n")
    return found


def hordak(program: Path, cluster: Cluster, name: str, rounds: int) -> dict[str, float]:
    """Rates of django-hordak in a database of its own on the same server."""
    create_database(cluster, name)
    told = subprocess.run(
        [program, HERE / "hordak_books.py", cluster.dsn(OWNER, name), str(rounds)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(told.stdout)
    return found
