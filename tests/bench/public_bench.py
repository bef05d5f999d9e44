"""The public pages at any size: rows 7, 8, 9, 10, 12 and 17, with peers beside them.

    python tests/bench/public_bench.py [--sizes 10000,100000] [--rounds 3] [--peers 10000]
        [--times 120] [--place DIR]

Synthetic books of each size are put into a database of their own and counted; the real service
answers over HTTP. The small and the large books are asked in turns, so that ratios are of one
round. Fava and Datasette hold the books of ``--peers`` entries (0 leaves them out).

Books of a million entries take minutes to fill and to count: with ``--place`` they stay there for
the next run. A page that was drawn a moment ago is kept while nothing it shows has changed, so
the newest page is measured both ways: asked for again, and under an address nobody asked before.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import arena as place
import peers
import psycopg
import public_books
import public_peers
from arena import Arena
from http_client import (
    PYTHON,
    cpu_seconds,
    free_port,
    latencies,
    memory_mib,
    running,
    whole_stream,
)
from results import Figures, Ratio, keep
from sqlalchemy import select

from fund.kernel.actor import system
from fund.platform.cluster import APP, Cluster
from fund.publication import counting
from fund.publication.models import public_entry

TIMES, TILE = 120, "tile/0/000"
PAGES = {
    "newest page": "/ledger?limit=100",
    "newest page, drawn anew": "/ledger?limit=100&never-asked={turn}",
    "deep page": "/ledger?limit=100&after={middle}",
    "page of a group": "/ledger?limit=100&group={group:04}",
    "page of a field, a year": "/ledger?limit=100&field=f{use:02}&fy=2023",
    "entry": "/ledger/{middle}",
    "glance": "/glance?fy=2023",
}
TOTALS = {
    "totals by field": "/ledger.json?limit=1&field=f{use:02}",
    "totals by group": "/ledger.json?limit=1&group={group:04}",
    "totals by year, kind": "/ledger.json?limit=1&fy=2023&kind=donation.received",
    "totals of everything": "/ledger.json?limit=1",
}


@dataclass
class Books:
    """One size of books, served."""

    size: int
    arena: Arena
    port: int
    pid: int
    started: float
    notes: dict[str, object] = field(default_factory=dict)
    asked: int = 0

    def paths(self, pattern: str) -> list[str]:
        """So many addresses of a kind, each of another place in the books."""
        self.asked += TIMES
        return [
            pattern.format(
                turn=self.asked + turn,
                middle=self.size // 2 + 37 * turn % (self.size // 4),
                group=turn % public_books.GROUPS + 1,
                use=turn % public_books.FIELDS + 1,
            )
            for turn in range(TIMES)
        ]


@contextlib.contextmanager
def served(cluster: Cluster, size: int) -> Iterator[Books]:
    """Books filled, counted and served by ``fund serve`` with its two processes."""
    with place.arena(cluster, f"books_{size}") as arena:
        made, told = ready(arena, size)
        data = Path(arena.environment["FUND_DATA_DIR"]) / f"books-{size}"
        tile = data / "log" / TILE
        tile.parent.mkdir(parents=True, exist_ok=True)
        tile.write_bytes(bytes(range(256)) * 32)
        environment = {**arena.environment, "FUND_DATA_DIR": str(data)}
        port = free_port()
        command = [PYTHON, "-m", "fund", "serve", f"--port={port}"]
        with running(command, port, "/readyz", environment) as (pid, started):
            yield Books(made, arena, port, pid, started, {f"books of {made:,}": told})


def ready(arena: Arena, size: int) -> tuple[int, str]:
    """Books filled and counted, or as a former run left them; how many, and what was done."""
    found = arena.rows("SELECT max(no) FROM public_entry")[0][0]
    if isinstance(found, int):
        return found, "filled and counted by a former run"
    began = time.perf_counter()
    with arena.superuser() as connection:
        connection.autocommit = False
        made = public_books.fill(connection, size)
    filled = time.perf_counter()
    while counting.count(arena.house, by=system("bench"), now=public_books.NOW):
        pass
    counted = time.perf_counter()
    with arena.superuser() as connection:
        connection.execute("VACUUM ANALYZE")
    return made, f"filled in {filled - began:.0f} s, counted in {counted - filled:.0f} s"


def ask(books: Books, patterns: dict[str, str], figures: Figures) -> None:
    """Milliseconds of each kind of page, and the web processes' CPU for all of them."""
    before = cpu_seconds(books.pid)
    for what, pattern in patterns.items():
        took = latencies(books.port, books.paths(pattern))
        for point, milliseconds in took.items():
            note(figures, f"{what}, {books.size:,}: {point} ms", milliseconds)
    spent = (cpu_seconds(books.pid) - before) * 1000 / (len(patterns) * (TIMES + 3))
    kind = "pages" if patterns is PAGES else "totals"
    note(figures, f"{kind}, {books.size:,}: CPU ms each", spent)


def note(figures: Figures, what: str, value: float) -> None:
    """One more value of a figure."""
    figures.rates.setdefault(what, []).append(value)


def per_second(port: int, path: str, count: int, clients: int = 8) -> float:
    """Requests a second over so many kept connections, from a process of its own."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost"
    told = subprocess.run(
        [PYTHON, Path(__file__).with_name("http_load.py"), str(port), str(clients)],
        input="\n".join([json.dumps([head, ""])] * count),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(told.stdout)
    if set(found["statuses"]) != {"200"}:
        raise RuntimeError(f"{path}: {found['statuses']}")
    return float(found["per_second"])


def export(books: Books, figures: Figures) -> None:
    """Rows a second of the sheet over HTTP, of the same COPY alone, and of an ORM-like stream."""
    before = memory_mib(books.pid)
    _total, seconds = whole_stream(books.port, "/ledger.csv")
    after = memory_mib(books.pid)
    note(figures, "csv over HTTP, rows/s", books.size / seconds)
    note(figures, "csv: memory after over before", after / before)
    # The same columns, spelled and ordered by the database, read by the driver alone.
    copy = (
        "COPY (SELECT no, on_text, kind, split_part(split_part(convert_from(body, 'UTF8'),"
        " '\"postings\":', 2), ']', 1) || ']', reverses, reason FROM public_entry"
        " ORDER BY no DESC) TO STDOUT (FORMAT csv, HEADER true)"
    )
    with psycopg.connect(books.arena.cluster.dsn(APP, books.arena.name)) as connection:
        began = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(copy) as rows:
            for _row in rows:
                pass
        note(figures, "psycopg COPY, rows/s", books.size / (time.perf_counter() - began))
    some = min(books.size, 100_000)
    column = public_entry.c
    asked = select(
        column.no, column.on_text, column.kind, column.body, column.reverses, column.reason
    )
    with books.arena.house.database.reading() as connection:
        began = time.perf_counter()
        streamed = connection.execution_options(yield_per=1000).execute(
            asked.order_by(column.no.desc()).limit(some)
        )
        for row in streamed:
            body = json.loads(row.body)["postings"]
            ",".join((str(row.no), row.on_text, row.kind, json.dumps(body))).encode()
        seconds = time.perf_counter() - began
        note(figures, "SQLAlchemy stream, rows/s", some / seconds)


def published(books: Books, folder: Path, figures: Figures) -> None:
    """Requests a second: drawn and kept pages, a tile of the log, and the same behind nginx.

    nginx serves a file of its own beside the tile as our configuration (``deploy/nginx.conf``)
    has it lie before the service.
    """
    anew = latencies(books.port, books.paths(PAGES["newest page, drawn anew"])[:20])
    note(figures, "drawn page, one after the other, requests/s", 1000 / anew["p50"])
    note(figures, "kept page, requests/s", per_second(books.port, "/ledger?limit=100", 300))
    note(figures, "tile, requests/s", per_second(books.port, f"/log/{TILE}", 2_000))

    def load(port: int, path: str) -> float:
        return per_second(port, path, 4_000)

    data = Path(books.arena.environment["FUND_DATA_DIR"]) / f"books-{books.size}"
    for what, rate in public_peers.nginx(folder, data, f"/log/{TILE}", load).items():
        note(figures, what, rate)


def ask_peers(size: int, figures: Figures) -> None:
    """Fava and Datasette over the same books, each in its turn."""
    program = peers.interpreter() if size else None
    if program is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in (("Fava", public_peers.fava), ("Datasette", public_peers.datasette)):
            for what, value in measure(program, Path(folder), size, 8).items():
                # Asked once: the figure stands beside every round of ours.
                figures.rates[f"{name}, {size:,}: {what}"] = [value] * figures.rounds


def ratios(small: int, large: int, held: int) -> list[Ratio]:
    """The rows of performance.md; flatness is written as small over large, at least 1/1.5."""
    found = []
    for what in ("newest page", "newest page, drawn anew"):
        page = f"{what}, {large:,}: p95 ms"
        for peer, figure, target in (
            ("Fava's journal", f"Fava, {held:,}: journal p50", 20),
            ("Fava's account page", f"Fava, {held:,}: account p50", 500),
            ("Datasette's page", f"Datasette, {held:,}: page p95", 4),
        ):
            found.append(Ratio("7", f"{peer} over our {what}", figure, page, target))
    for what in PAGES:
        under = f"{what}, {large:,}: p95 ms"
        over = f"{what}, {small:,}: p95 ms"
        found.append(Ratio("8", f"flat: {what}, p95 small over large", over, under, 1 / 1.5))
    for what in ("pages", "totals"):
        over, under = (f"{what}, {size:,}: CPU ms each" for size in (small, large))
        found.append(Ratio("8", f"flat: CPU of {what}, small over large", over, under, 1 / 1.5))
    for what in TOTALS:
        mine = f"{what}, {large:,}: p95 ms"
        found.append(
            Ratio("9", f"Fava's statement over {what}", f"Fava, {held:,}: statement p50", mine, 250)
        )
        found.append(Ratio("9", f"20 ms over {what} (inverse)", "20 ms", mine, 1))
    drawn, csv = "drawn page, one after the other, requests/s", "csv over HTTP, rows/s"
    ours, bare = "tile behind nginx as configured, requests/s", "nginx, bare file, requests/s"
    found += [
        Ratio("10", "tile of the service over a drawn page", "tile, requests/s", drawn, 60),
        Ratio("10", "tile behind nginx over a drawn page", ours, drawn, 60),
        Ratio("10", "tile behind nginx as configured over a bare nginx", ours, bare, 0.91),
        Ratio("10", "tile of the service itself over a bare nginx", "tile, requests/s", bare, None),
        Ratio("12", "csv over HTTP over psycopg COPY", csv, "psycopg COPY, rows/s", 0.8),
        Ratio("12", "csv over SQLAlchemy stream", csv, "SQLAlchemy stream, rows/s", 3.5),
        Ratio("12", "csv over Datasette", csv, f"Datasette, {held:,}: csv rows/s", 15),
        Ratio("17", "Fava's memory over ours", f"Fava, {held:,}: memory MiB", "memory MiB", 15),
        Ratio("17", "Fava's start over ours", f"Fava, {held:,}: start s", "start s", 40),
        Ratio("17", "170 MiB over ours", "170 MiB", "memory MiB", 1),
        Ratio("17", "2.5 s over our start", "2.5 s", "start s", 1),
    ]
    return found


def measure(shelf: list[Books], folder: Path, figures: Figures) -> None:
    """All rounds: every size in turn, then what only the largest is asked."""
    large = shelf[-1]
    for at in range(figures.rounds):
        sys.stdout.write(f"round {at + 1}\n")
        for patterns in (PAGES, TOTALS):
            for books in shelf:
                ask(books, patterns, figures)
        note(figures, "memory MiB", memory_mib(large.pid))
        export(large, figures)
        published(large, folder, figures)
        given = {"start s": large.started, "20 ms": 20, "170 MiB": 170, "2.5 s": 2.5}
        for what, value in given.items():
            note(figures, what, value)


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=120, help="requests of each kind and round")
    parser.add_argument("--place", type=Path, help="keep the books here for the next run")
    asked = parser.parse_args()
    global TIMES  # noqa: PLW0603 - one number of this program, set once from its arguments
    TIMES = asked.times
    began = time.perf_counter()
    with place.opened(asked.place) as cluster, contextlib.ExitStack() as stack:
        figures, shelf = Figures(place.machine(cluster), asked.rounds), []
        for size in sorted({int(one) for one in asked.sizes.split(",")}):
            sys.stdout.write(f"books of {size:,}\n")
            shelf.append(stack.enter_context(served(cluster, size)))
            figures.notes |= shelf[-1].notes
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        measure(shelf, Path(folder), figures)
    ask_peers(asked.peers, figures)
    figures.notes["peers hold"] = f"{asked.peers:,} entries"
    figures.notes["took"] = f"{(time.perf_counter() - began) / 60:.1f} minutes"
    keep("public", figures, ratios(shelf[0].size, shelf[-1].size, asked.peers))


if __name__ == "__main__":
    main()
