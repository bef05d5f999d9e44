"""How long a file of gifts takes, and how much memory: limit 10,000 rows, 30 s, 300 MB.

    python tests/bench/gift_import_bench.py [--rows 10000] [--kind csv] [--kind xlsx]

The command itself (``fund import gifts``) against a durable PostgreSQL on disk, 2 cores, for CSV
and for Excel, each on a database of its own; the seconds are those of the whole process, its
memory what the kernel measured at its highest. The last result is kept in
``results/gift_import.md``.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from arena import machine, opened
from openpyxl import Workbook
from results import Figures, Ratio, keep

from fund.cli.environment import settings
from fund.kernel.actor import system
from fund.manual.commands import publish_edition, published_documents
from fund.platform.cluster import APP, OWNER, Cluster
from fund.platform.migrate import upgrade
from fund.registry.commands import load_catalogue
from fund.wiring import build_house

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from houses import ENVIRONMENT

ROWS, LIMIT_SECONDS, LIMIT_MB = 10_000, 30, 300
KINDS = ("csv", "xlsx")
STEPS = (("dry run", ("--dry-run",)), ("import", ()), ("the same file again", ()))
RATIOS = tuple(
    Ratio(kind, f"{limit} over the import's, 10,000 rows", limit, f"{kind}: import, {unit}", 1)
    for kind in KINDS
    for limit, unit in (("limit: seconds", "seconds"), ("limit: MB", "MB"))
)
TITLES = (
    "注文番号",
    "受領日",
    "寄附金額",
    "氏名",
    "フリガナ",
    "郵便番号",
    "住所",
    "メールアドレス",
    "使いみち",
)


def rows(count: int) -> list[list[str]]:
    """Gifts as a portal writes them: many amounts, days, names; every third without a wish."""
    first = dt.date(2026, 4, 1)
    return [
        [
            f"T-{number:07d}",
            f"{first + dt.timedelta(days=number % 60):%Y/%m/%d}",
            f"{(number % 40 + 1) * 1000:,}",
            f"見本 {number}郎",
            "ミホン タロウ",
            f"{1440000 + number % 90:07d}",
            f"東京都見本区中央{number % 9 + 1}丁目{number}番",
            f"mihon{number}@example.jp",
            "" if number % 3 == 0 else "おまかせ",
        ]
        for number in range(count)
    ]


def write(place: Path, kind: str, count: int) -> Path:
    path = place / f"gifts.{kind}"
    if kind == "csv":
        out = io.StringIO()
        csv.writer(out).writerows([TITLES, *rows(count)])
        path.write_bytes(out.getvalue().encode("cp932"))
        return path
    book = Workbook(write_only=True)
    sheet = book.create_sheet("寄附")
    for row in [list(TITLES), *rows(count)]:
        sheet.append(row)
    book.save(path)
    return path


def prepare(environment: dict[str, str]) -> None:
    """An edition of the manual and the register's fields, as any installation has them."""
    os.environ.update(environment)
    house = build_house(settings())
    moment = dt.datetime.now(dt.UTC)
    for document in published_documents():
        publish_edition(house, by=system("bench"), now=moment, document=document)
    load_catalogue(house, by=system("bench"), now=moment)
    house.database.close()


@dataclass(frozen=True)
class Run:
    """One process of ours: wall and processor seconds, its peak in MB, its last line."""

    seconds: float
    worked: float
    peak: float
    said: str


def run(file: Path, *more: str) -> Run:
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "fund", "import", "gifts", str(file), *more],
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        # Waited for by hand: the kernel's figures are then those of this process alone.
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        said.seek(0)
        text = said.read().decode()
    if process.returncode:
        sys.exit(text)
    return Run(
        seconds,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
        text.strip().splitlines()[-1],
    )


def measure(cluster: Cluster, place: Path, kind: str, count: int) -> dict[str, float]:
    """A file of one kind through all steps; returns the figures by name."""
    upgrade(cluster.dsn(OWNER))
    prepare({**ENVIRONMENT, "DATABASE_URL": cluster.dsn(APP), "FUND_DATA_DIR": str(place)})
    file = write(place, kind, count)
    figures = {}
    for name, more in STEPS:
        done = run(file, *more)
        sys.stdout.write(
            f"{kind} {name:20} {done.seconds:6.1f} s (processor {done.worked:5.1f} s)"
            f" {done.peak:5.0f} MB  {done.said}\n"
        )
        sys.stdout.flush()
        figures[f"{kind}: {name}, seconds"] = done.seconds
        figures[f"{kind}: {name}, processor seconds"] = done.worked
        figures[f"{kind}: {name}, MB"] = done.peak
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--kind", choices=KINDS, action="append")
    asked = parser.parse_args()
    kinds = asked.kind or KINDS
    rates = {"limit: seconds": [float(LIMIT_SECONDS)], "limit: MB": [float(LIMIT_MB)]}
    about = machine()
    for kind in kinds:
        with opened() as cluster, tempfile.TemporaryDirectory(prefix="fund-bench-") as place:
            about |= machine(cluster) | {"load_before": about["load_before"]}
            found = measure(cluster, Path(place), kind, asked.rows)
            rates |= {name: [figure] for name, figure in found.items()}
    figures = Figures(about, 1, rates, {"rows": f"{asked.rows:,}"})
    if asked.rows == ROWS and tuple(kinds) == KINDS:
        keep("gift_import", figures, RATIOS)


if __name__ == "__main__":
    main()
