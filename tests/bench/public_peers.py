"""The same books in other people's programs: Fava over Beancount, Datasette over SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import peers
from http_client import cpu_seconds, free_port, latencies, memory_mib, running, whole_stream
from public_books import GROUPS, entries

from fund.publication.release import journals

Measured = dict[str, float]


def rows(size: int) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Number and public row of every entry."""
    for no, entry in enumerate(entries(size), 1):
        yield no, entry.row(no)


def beancount_file(place: Path, size: int) -> Path:
    """The books as our releases spell them for Beancount."""
    bodies = [json.loads(row[19]) for _no, row in rows(size)]
    accounts = {p["account"]: 0 for body in bodies for p in body["postings"]}
    file = place / "books.beancount"
    first = min(journals.day_of(body) for body in bodies)
    with file.open("w", encoding="utf-8") as out:
        out.write(journals.beancount_head(accounts, first))
        out.writelines(journals.beancount_entry(body) for body in bodies)
    return file


def fava(program: Path, place: Path, size: int, times: int) -> Measured:
    """Fava's start and memory, and milliseconds of its journal, an account and a statement."""
    file, port = beancount_file(place, size), free_port()
    command = [program.with_name("fava"), "--port", str(port), file]
    with running(command, port, "/", {}) as (pid, started):
        slug = "みえる基金-公開台帳"
        base = f"/{quote(slug)}"
        journal = latencies(port, [f"{base}/api/journal_page?page=1&order=desc"] * times, warm=1)
        pot = quote("Equity:Fund:Group:0132", safe=":")
        account = latencies(port, [f"{base}/api/account_report?a={pot}&r=journal"] * times, warm=1)
        statement = latencies(port, [f"{base}/api/income_statement"] * times, warm=1)
        return {
            "start s": started,
            "memory MiB": memory_mib(pid),
            "journal p50": journal["p50"],
            "account p50": account["p50"],
            "statement p50": statement["p50"],
        }


def sqlite_file(place: Path, size: int) -> Path:
    """The books as an indexed SQLite file, as one would publish them with Datasette."""
    file = place / "books.db"
    with sqlite3.connect(file) as database:
        database.execute(
            "CREATE TABLE entry (no INTEGER PRIMARY KEY, kind TEXT, fy INTEGER, on_text TEXT,"
            " grp TEXT, field TEXT, yen INTEGER, in_yen INTEGER, out_yen INTEGER,"
            " left_yen INTEGER, body TEXT)"
        )
        database.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(no, row[1], row[2], row[3]),
                    *(row[9][0] if row[9] else None, row[10][0] if row[10] else None),
                    *(row[11], row[12], row[13], row[14], row[19].decode()),
                )
                for no, row in rows(size)
            ),
        )
        database.execute("CREATE INDEX by_group ON entry (grp, no)")
        database.execute("CREATE INDEX by_fy ON entry (fy, no)")
        database.execute("ANALYZE")
    return file


def datasette(program: Path, place: Path, size: int, times: int) -> Measured:
    """Milliseconds of Datasette's table and of one group's rows; rows a second of its CSV."""
    file, port = sqlite_file(place, size), free_port()
    command = [program.with_name("datasette"), "serve", "--port", str(port), "-i", file]
    command += ["--setting", "suggest_facets", "off", "--setting", "max_csv_mb", "0"]
    with running(command, port, "/-/versions.json", {}) as (pid, started):
        table = "/books/entry?_sort_desc=no&_size=100&_nofacet=1&_nocount=1"
        page = latencies(port, [table] * times)
        group = latencies(port, [f"{table}&grp={n % GROUPS + 1:04}" for n in range(times)])
        _bytes, seconds = whole_stream(port, "/books/entry.csv?_stream=on")
        return {
            "start s": started,
            "memory MiB": memory_mib(pid),
            "cpu s": cpu_seconds(pid),
            "page p95": page["p95"],
            "group p95": group["p95"],
            "csv rows/s": size / seconds,
        }


def nginx(place: Path, data: Path, tile: str, load: Callable[[int, str], float]) -> Measured:
    """Requests a second of nginx, bare and with our configuration, for the same tile.

    Empty where nginx is not installed and cannot be.
    """
    program = peers.program("nginx", "nginx-light")
    if program is None:
        return {}
    port, conf = free_port(), place / "nginx.conf"
    ours = peers.HERE.parents[1].joinpath("deploy", "nginx.conf").read_text("utf-8")
    ours = ours.replace("listen 80;", f"listen 127.0.0.1:{port};")
    ours = ours.replace("/var/lib/mieru-fund;", f"{data};")
    (place / "bare").write_bytes(data.joinpath(tile.lstrip("/")).read_bytes())
    bare = f"server {{ listen 127.0.0.1:{(other := free_port())}; root {place}; }}"
    conf.write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}worker_processes 2; daemon off;"
        f" pid {place}/pid; error_log {place}/log; events {{ worker_connections 512; }}"
        f" http {{ access_log off; keepalive_requests 10000000; {ours} {bare} }}\n"
    )
    with running([program, "-c", conf, "-p", place], other, "/bare", {}):
        return {
            "tile behind nginx as configured, requests/s": load(port, tile),
            "nginx, bare file, requests/s": load(other, "/bare"),
        }
