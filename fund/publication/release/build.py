"""Writing a release into an empty folder: one pass over the log, every file from the same rows."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fund.kernel.calendar import fiscal_year_bounds
from fund.kernel.canonical import Json, canonical
from fund.platform.web.twins import safe_cell
from fund.publication.dictionary import columns
from fund.publication.dictionary.event_columns import EVENTS
from fund.publication.dictionary.fields import Field, Sheet, cell
from fund.publication.log.tiles import HEIGHT, WIDTH, tile_path
from fund.publication.release import grants360, journals
from fund.publication.release.rows import (
    Books,
    Entry,
    Row,
    allocation_rows,
    entry_row,
    gift_rows,
    posting_rows,
)

A_DAY = dt.timedelta(days=1)
_PER_ENTRY = (
    (columns.ENTRIES, lambda entry: [entry_row(entry)]),
    (columns.POSTINGS, posting_rows),
    (columns.GIFTS, gift_rows),
    (columns.ALLOCATIONS, allocation_rows),
)


@dataclass(frozen=True)
class Registers:
    """What a release shows besides the log: groups, and names donors publish (by gift)."""

    groups: tuple[Row, ...]
    group_names: Mapping[str, str]
    disclosures: Mapping[str, str]


def log_paths(size: int) -> Iterator[str]:
    """Every tile a log of this size is made of: full ones, and the one at each right edge."""
    for level in ("entries", *range(8)):
        count = size >> (HEIGHT * level) if isinstance(level, int) else size
        full, width = divmod(count, WIDTH)
        for number in range(full):
            yield tile_path(level, number)
        if width:
            yield tile_path(level, full, width)


class Folder:
    """A release being written; what never changes is linked from the ``last`` one, not copied."""

    def __init__(self, place: Path, last: Path | None = None) -> None:
        self.place = place
        self.kept: set[str] = set()
        self._last = last

    def keep(self, path: str) -> bool:
        """Take an immutable file over from the last release; False when it has none."""
        old = None if self._last is None else self._last.joinpath(path)
        if old is None or not old.is_file():
            return False
        target = self.place.joinpath(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(old)
        except OSError:  # a file system without links
            return False
        self.kept.add(path)
        return True

    def says_the_same(self) -> bool:
        """Whether every file written so far has the same bytes in the last release."""
        if self._last is None:
            return False
        written = (file for file in self.place.rglob("*") if file.is_file())
        return all(
            _same(file, self._last.joinpath(file.relative_to(self.place))) for file in written
        )

    def open(self, path: str) -> IO[str]:
        """A new text file in UTF-8 with LF line ends."""
        target = self.place.joinpath(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("x", encoding="utf-8", newline="")

    def put(self, path: str, data: bytes) -> None:
        """A file of these bytes."""
        target = self.place.joinpath(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(data)

    def table(self, sheet: Sheet, rows: Iterable[Row]) -> None:
        """A whole CSV file."""
        with self.open(f"data/{sheet.name}.csv") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(sheet.header)
            writer.writerows([safe_cell(cell) for cell in row] for row in rows)

    def sums(self) -> str:
        """``SHA256SUMS`` over every file, as ``sha256sum -c`` reads it."""
        known = self._known_sums()
        lines = []
        for file in sorted(self.place.rglob("*")):
            if file.is_file():
                path = file.relative_to(self.place).as_posix()
                lines.append(f"{known.get(path) or _digest(file)}  {path}\n")
        return "".join(lines)

    def _known_sums(self) -> dict[str, str]:
        """What the last release says of the files that were taken over."""
        if self._last is None or not self.kept:
            return {}
        told = (self._last / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
        pairs = (line.split("  ", 1) for line in told)
        return {path: digest for digest, path in pairs if path in self.kept}


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _same(file: Path, other: Path) -> bool:
    return other.is_file() and file.read_bytes() == other.read_bytes()


def write_groups(folder: Folder, registers: Registers) -> None:
    """The register of groups, which may change without the log."""
    folder.table(columns.GROUPS, registers.groups)


def write_data(
    folder: Folder,
    entries: Iterable[bytes],
    registers: Registers,
    publisher: grants360.Publisher,
    signed_at: dt.datetime,
) -> None:
    """Everything under ``data/`` but the groups, from the entries' bytes in order."""
    books, dates = _pass(folder, entries)
    first, last = min(dates, default=signed_at.date()), max(dates, default=signed_at.date())
    awards = sorted(books.awards.items())
    folder.table(columns.AWARDS, (award.row() for _, award in awards))
    folder.table(columns.BALANCES, books.balance_rows())
    folder.table(EVENTS, ())  # the fund holds none yet; the layout is there for readers
    day = last + A_DAY
    years = [(fiscal_year_bounds(fy)[1], sums) for fy, sums in books.year_ends() if sums]
    _join(
        folder,
        "data/ledger.journal",
        journals.hledger_head(books.balances),
        "hledger",
        [
            *(journals.hledger_tail(sums, end) for end, sums in years),
            journals.hledger_tail(books.balances, day),
        ],
    )
    _join(
        folder,
        "data/ledger.beancount",
        journals.beancount_head(books.balances, first),
        "beancount",
        [
            *(line for end, sums in years for line in journals.beancount_tail(sums, end + A_DAY)),
            *journals.beancount_tail(books.balances, day),
        ],
    )
    given = grants360.grants(books.awards, registers.group_names, publisher)
    folder.put("data/360giving.json", _pretty(given))
    folder.put("data/datapackage.json", _pretty(package(folder, publisher, signed_at)))


def _pass(folder: Folder, entries: Iterable[bytes]) -> tuple[Books, set[dt.date]]:
    """Write the tables with a row for each entry and the bodies of the journals."""
    books, dates = Books(), set[dt.date]()
    with ExitStack() as open_files:
        tables = []
        for sheet, rows_of in _PER_ENTRY:
            file = open_files.enter_context(folder.open(f"data/{sheet.name}.csv"))
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(sheet.header)
            tables.append((writer, rows_of))
        hledger = open_files.enter_context(folder.open("data/.hledger"))
        beancount = open_files.enter_context(folder.open("data/.beancount"))
        for body in entries:
            entry: Entry = json.loads(body)
            books.take(entry)
            for writer, rows_of in tables:
                for row in rows_of(entry):
                    writer.writerow([safe_cell(cell) for cell in row])
            if entry["postings"]:
                dates.add(journals.day_of(entry))
                hledger.write(journals.hledger_entry(entry))
                beancount.write(journals.beancount_entry(entry))
    return books, dates


def _join(folder: Folder, path: str, head: str, body: str, tail: Iterable[str]) -> None:
    """A journal of its head, the transactions written meanwhile, and its assertions."""
    written = folder.place / f"data/.{body}"
    with folder.open(path) as file, written.open(encoding="utf-8", newline="") as transactions:
        file.write(head)
        while part := transactions.read(1 << 20):
            file.write(part)
        file.writelines(tail)
    written.unlink()


def package(
    folder: Folder, publisher: grants360.Publisher, signed_at: dt.datetime
) -> dict[str, Any]:
    """The Frictionless data package (v2) of the tables, with their words in both languages."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "mieru-fund",
        "title": f"{publisher.name} {publisher.fund_name}",
        "homepage": publisher.base_url,
        "created": signed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "licenses": [{"name": "CC-BY-4.0", "path": grants360.LICENCE, "title": "CC BY 4.0"}],
        "resources": [_resource(folder, sheet) for sheet in columns.SHEETS],
    }


def _resource(folder: Folder, sheet: Sheet) -> dict[str, Any]:
    path = folder.place / f"data/{sheet.name}.csv"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": sheet.name,
        "type": "table",
        "path": path.name,
        "title": sheet.ja,
        "description": sheet.en,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
        "schema": {
            "fields": [described(field) for field in sheet.fields],
            "primaryKey": list(sheet.key),
            "foreignKeys": [
                {"fields": [name], "reference": {"resource": other, "fields": [there]}}
                for name, other, there in sheet.refers
            ],
        },
    }


def described(field: Field) -> dict[str, Any]:
    """A column as Table Schema describes it."""
    limits: dict[str, Any] = {"required": field.required}
    if field.choices:
        limits["enum"] = list(field.choices)
    if field.pattern:
        limits["pattern"] = field.pattern
    told = {
        "name": field.name,
        "type": field.type,
        "title": field.ja,
        "description": field.en,
        "constraints": limits,
    }
    return told if field.example is None else {**told, "example": cell(field.example)}


def disclosures(names: Mapping[str, str]) -> bytes:
    """The names donors chose to show, apart from the log, because they may take them back."""
    listed: list[Json] = [{"gift": gift, "name": name} for gift, name in sorted(names.items())]
    return canonical({"v": 1, "names": listed}) + b"\n"


def _pretty(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
