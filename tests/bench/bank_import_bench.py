"""What a large bank file costs: reading, taking in, matching; seconds and peak memory.

    python tests/bench/bank_import_bench.py [--lines 10000] [--waiting 2000]

On a database of its own, on disk and durable. Of the lines, ``--waiting`` are transfers for gifts
that wait (each is booked, with its audit line and its gift's change), most of the others are
gifts booked before, one in twenty is unknown. The limit for 10,000 lines is 30 seconds on two
cores and 300 MB; the last result of that many is kept in ``results/bank_import.md``.
"""

# ruff: noqa: E402 - the books of the giving tests are found by their folder

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("", "giving")]

from arena import machine
from giving_books import write_books
from houses import wired_house
from results import Figures, Ratio, keep

from fund.giving.bank_matching import commands as matching
from fund.kernel.actor import system
from fund.payments.bank import commands as bank
from fund.payments.bank.formats import anser, read
from fund.payments.bank.formats.reading import Line
from fund.payments.commands import book_offline
from fund.platform.cluster import APP, OWNER, SUPERUSER, ensure_cluster, stop_cluster
from fund.platform.house import House
from fund.platform.migrate import upgrade

NOW = dt.datetime(2026, 6, 20, 3, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 1)
LINES, WAITING_GIFTS, LIMIT_SECONDS, LIMIT_MB = 10_000, 2_000, 30, 300
RATIOS = (
    Ratio("bank", "30 seconds over the whole import", "limit: seconds", "whole import, seconds", 1),
    Ratio("bank", "300 MB over the peak", "limit: MB", "peak, MB", 1),
)
BY = system("bench")
_SMALL = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロ"

WAITING = """
WITH given AS (
  SELECT n, 'G-' || upper(lpad(to_hex(268435456 + n), 8, '0')) AS no FROM generate_series(0, %(to)s) n
), who AS (
  INSERT INTO donor (kind, kana, address1, locale, created_at)
  SELECT 'individual', (%(kana)s::text[])[n + 1], '見本', 'ja', %(at)s FROM given ORDER BY n
  RETURNING id, kana
), numbered AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM who)
INSERT INTO gift (no, donor_id, yen, state, method, form_key, form_sha256, secret_hash,
                  edition_code, offered_at, salt, sample)
SELECT given.no, numbered.id, (%(yen)s::bigint[])[given.n + 1], 'awaiting_payment', 'bank',
       given.no, ''::bytea, given.no::bytea, '2024-04', %(at)s, ''::bytea, true
FROM given JOIN numbered USING (n)
"""
PAYMENTS = """
INSERT INTO payment (no, gift_no, attempt, method, yen, state, created_at)
SELECT 'P-' || no, no, 1, 'bank', yen, 'created', offered_at FROM gift
"""


def names(count: int) -> Iterator[str]:
    dice = random.Random(4)
    for _ in range(count):
        yield "".join(dice.choices(_SMALL, k=4)) + " " + "".join(dice.choices(_SMALL, k=3))


def plant(house: House, dsn: str, lines: list[Line], waiting: int) -> None:
    """Gifts for 95 of 100 lines; those beyond ``waiting`` are booked before the file comes."""
    known = [line for line in lines if line.number % 20]
    values = {
        "to": len(known) - 1,
        "kana": [line.name for line in known],
        "yen": [line.yen for line in known],
        "at": dt.datetime(2026, 5, 30, 3, 0, tzinfo=dt.UTC),
    }
    with psycopg.connect(dsn) as connection:
        connection.execute(WAITING, values)
        connection.execute(PAYMENTS)
        found = connection.execute("SELECT no FROM gift ORDER BY id").fetchall()
    booked = list(zip(found, known, strict=True))[waiting:]
    for start in range(0, len(booked), 500):
        with house.transaction(by=BY, now=NOW) as tx:
            for (no,), line in booked[start : start + 500]:
                book_offline(tx, gift_no=no, method="bank", received_on=line.day)


def peak() -> float:
    """The most memory this process had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Watch:
    """Times each piece of work, and keeps the seconds by its name."""

    def __init__(self) -> None:
        self.rates: dict[str, list[float]] = {
            "limit: seconds": [float(LIMIT_SECONDS)],
            "limit: MB": [float(LIMIT_MB)],
        }

    def timed(self, what: str, work: Callable[[], object]) -> object:
        begun = time.perf_counter()
        result = work()
        self.keep(what, time.perf_counter() - begun)
        return result

    def keep(self, what: str, seconds: float) -> None:
        sys.stdout.write(f"{what:44} {seconds:7.2f} s   peak {peak():4.0f} MB\n")
        sys.stdout.flush()
        self.rates[f"{what}, seconds"] = [seconds]


def run(directory: Path, count: int, waiting: int) -> None:
    cluster, watch = ensure_cluster(directory), Watch()
    about = machine(cluster)
    upgrade(cluster.dsn(OWNER))
    write_books(cluster.dsn(SUPERUSER))
    house = wired_house(cluster.dsn(APP), directory)
    dice, balance, lines = random.Random(5), 0, []
    for number, name in enumerate(names(count), start=1):
        yen = dice.choice((1000, 3000, 5000, 10_000, 10_000, 30_000))
        balance += yen
        day = DAY + dt.timedelta(days=number * 14 // count)
        lines.append(Line(number, day, yen, balance, name, "振込"))
    plant(house, cluster.dsn(SUPERUSER), lines, waiting)
    body = anser.write("見本", lines)
    sys.stdout.write(f"{count} lines ({len(body) // 1024} KB), {waiting} of them waiting gifts\n")
    watch.timed("read (dry run)", lambda: read("anser", body, today=NOW.date()))
    number = bank.keep_file(
        house, by=BY, now=NOW, profile_code="anser", filename="bench.csv", body=body
    )
    begun = time.perf_counter()
    taken = watch.timed(
        "read and write every line", lambda: bank.take_in(house, by=BY, now=NOW, number=number)
    )
    total = taken.new  # type: ignore[attr-defined]
    found = watch.timed(
        "match what is certain, book waiting gifts",
        lambda: matching.finish_file(house, by=BY, now=NOW, number=number, total=total),
    )
    watch.keep("whole import", time.perf_counter() - begun)
    matched = found.matched  # type: ignore[attr-defined]
    sys.stdout.write(f"new lines {total}, matched {matched}\n")
    again = bank.keep_file(
        house, by=BY, now=NOW, profile_code="anser", filename="again.csv", body=body + b"\r\n"
    )
    twice = watch.timed(
        "the same lines again", lambda: bank.take_in(house, by=BY, now=NOW, number=again)
    )
    new_again = twice.new  # type: ignore[attr-defined]
    watch.rates["peak, MB"] = [peak()]
    house.database.close()
    notes = {
        "lines": f"{count:,} ({len(body) // 1024} KB), {waiting:,} of them gifts that waited",
        "new lines, matched, new when read again": f"{total:,}, {matched:,}, {new_again:,}",
    }
    if (count, waiting) == (LINES, WAITING_GIFTS):
        keep("bank_import", Figures(about, 1, watch.rates, notes), RATIOS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--waiting", type=int, default=WAITING_GIFTS)
    given = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="fund-bench-"))
    try:
        run(directory, given.lines, given.waiting)
    finally:
        stop_cluster(directory)
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
