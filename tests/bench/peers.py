"""The peers' own environment: made once from pinned names, or honestly absent."""

from __future__ import annotations

import json
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
        sys.stdout.write("django-hordak cannot be installed here; rows 2 and 5 go without it\n")
        return None
    done.write_bytes(pinned.read_bytes())
    return program


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
