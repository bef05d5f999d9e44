"""How long a file of gifts takes, and how much memory: limit 10,000 rows, 30 s, 300 MB.

    python tests/bench/gift_import_bench.py [--rows 10000] [--kind csv|xlsx]

The command itself (``fund import gifts``) against a durable PostgreSQL on disk, 2 cores; the
seconds are those of the whole process, its memory what the kernel measured at its highest.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openpyxl import Workbook

from fund.cli.environment import settings
from fund.kernel.actor import system
from fund.manual.commands import publish_edition, published_documents
from fund.platform.cluster import APP, OWNER, ensure_cluster, stop_cluster
from fund.platform.migrate import upgrade
from fund.registry.commands import load_catalogue
from fund.wiring import build_house

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from houses import ENVIRONMENT

LIMIT_SECONDS, LIMIT_MB = 30, 300
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


def run(file: Path, *more: str) -> tuple[float, str]:
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "fund", "import", "gifts", str(file), *more],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\n{done.stderr}")
    return time.perf_counter() - begun, done.stdout.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--kind", choices=("csv", "xlsx"), default="csv")
    asked = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="fund-bench-"))
    try:
        cluster = ensure_cluster(place / "data")
        upgrade(cluster.dsn(OWNER))
        prepare(
            {
                **ENVIRONMENT,
                "DATABASE_URL": cluster.dsn(APP),
                "FUND_DATA_DIR": str(place / "data"),
            }
        )
        file = write(place, asked.kind, asked.rows)
        for name, more in (
            ("dry run", ("--dry-run",)),
            ("import", ()),
            ("the same file again", ()),
        ):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds, said = run(file, *more)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            peak = after.ru_maxrss / 1024
            sys.stdout.write(
                f"{name:20} {seconds:6.1f} s (processor {worked:5.1f} s) {peak:5.0f} MB  {said}\n"
            )
        sys.stdout.write(f"limit for {asked.rows:,} rows: {LIMIT_SECONDS} s, {LIMIT_MB} MB\n")
    finally:
        stop_cluster(place / "data")
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
