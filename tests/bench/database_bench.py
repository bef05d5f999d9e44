"""What the private PostgreSQL costs: first start, warm start, attaching, recovery, a copy.

    python tests/bench/database_bench.py [--repeat 3]

On disk and durable, as an installation has it; medians in milliseconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from fund.platform.cluster import OWNER, create_database, ensure_cluster, stop_cluster
from fund.platform.migrate import upgrade


def timed(measured: dict[str, list[float]], what: str, work: Callable[[], object]) -> None:
    begun = time.perf_counter()
    work()
    measured[what].append((time.perf_counter() - begun) * 1000)


def one_round(measured: dict[str, list[float]], directory: Path) -> None:
    timed(measured, "first start (initdb, roles, database)", lambda: ensure_cluster(directory))
    cluster = ensure_cluster(directory)
    timed(measured, "attach to a running server", lambda: ensure_cluster(directory))
    timed(measured, "all migrations", lambda: upgrade(cluster.dsn(OWNER)))
    timed(measured, "copy of the migrated database", lambda: create_database(cluster, "y", "fund"))
    os.kill(cluster.pid, signal.SIGKILL)
    timed(measured, "start after kill -9", lambda: ensure_cluster(directory))
    timed(measured, "stop", lambda: stop_cluster(directory))
    timed(measured, "warm start", lambda: ensure_cluster(directory))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    measured: dict[str, list[float]] = defaultdict(list)
    for _ in range(parser.parse_args().repeat):
        directory = Path(tempfile.mkdtemp(prefix="fund-bench-"))
        try:
            one_round(measured, directory)
        finally:
            stop_cluster(directory)
            shutil.rmtree(directory)
    for what, milliseconds in measured.items():
        sys.stdout.write(f"{what:40} {statistics.median(milliseconds):8.0f} ms\n")


if __name__ == "__main__":
    main()
