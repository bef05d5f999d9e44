"""Check 10: the tables, the journals and the 360Giving file say what the log says, row by row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fund.publication.verifier.findings import Check
from fund.publication.verifier.frames import HEADS, frame_of
from fund.publication.verifier.ledger import Ledger
from fund.publication.verifier.package import check_package
from fund.publication.verifier.ranges import Part, joined
from fund.publication.verifier.reading import read_json
from fund.publication.verifier.rows import (
    FILES,
    account_of,
    cell,
    csv_of,
    entry_cells,
    gift_cells,
    line_cells,
)
from fund.publication.verifier.sources import Bytes, Missing, Source

_HEAD = re.compile(r'^(\d{4}-\d\d-\d\d) \* (?:\((\d+)\) (\S+)|"([^"]+)" "(\d+)")$')
_POSTING = re.compile(r"^ +(\S+)  (-?\d+) JPY$")
_BALANCE = re.compile(
    r"^(?:\d{4}-\d\d-\d\d balance (\S+)  (-?\d+) JPY| +(\S+)  0 JPY = (-?\d+) JPY)$"
)
_OTHER = re.compile(
    r'^(?:|;.*|decimal-mark \.|commodity 1000\. JPY|account \S+|option "[^"]+" "[^"]*"'
    r"|\d{4}-\d\d-\d\d open \S+ JPY|\d{4}-\d\d-\d\d \* balances)$"
)


Told: TypeAlias = "tuple[str, str, list[tuple[str, int]]]"


@dataclass
class Journal:
    """What a journal says: its transactions by number, and the balances it asserts."""

    told: dict[int, Told] = field(default_factory=dict)
    asserted: list[tuple[str, int]] = field(default_factory=list)


def read_journal(text: str) -> Journal:
    """Read the plain form in which releases write journals; raises ValueError for any other."""
    journal, lines = Journal(), list[tuple[str, int]]()
    inside = False
    for line in text.split("\n"):
        if found := _HEAD.match(line):
            lines, inside = [], True
            number = int(found[2] or found[5])
            if number in journal.told:
                raise ValueError(f"entry {number} twice")
            journal.told[number] = (found[1], found[3] or found[4], lines)
        elif inside and (found := _POSTING.match(line)):
            lines.append((found[1], int(found[2])))
        elif found := _BALANCE.match(line):
            journal.asserted.append((found[1] or found[3], int(found[2] or found[4])))
        elif _OTHER.match(line):
            inside = False
        else:
            raise ValueError(f"unexpected line {line[:80]!r}")
    return journal


class Rows:
    """A CSV file read beside the log: each row must be the one that is due."""

    def __init__(self, source: Source, name: str, check: Check) -> None:
        self._name, self._check = name, check
        try:
            text = source.read(f"data/{name}.csv").decode("utf-8")
            self._rows: Iterator[list[str]] = csv.reader(io.StringIO(text, newline=""))
            self.header = next(self._rows, [])
        except (Missing, UnicodeDecodeError, csv.Error) as error:
            check.fail(f"{name}.csv: {error}")
            self._rows, self.header = iter(()), []
            return
        if ",".join(self.header) != HEADS[f"data/{name}.csv"]:
            check.fail(f"{name}.csv: other columns")

    def expect(self, cells: Sequence[Any]) -> None:
        """The next row is this one."""
        wanted = [cell(one) for one in cells]
        self._check.counted += 1
        row = self._next()
        if row != wanted:
            self._check.fail(f"{self._name}.csv: {row} instead of {wanted}"[:300])

    def _next(self) -> list[str] | None:
        try:
            return next(self._rows, None)
        except csv.Error as error:
            self._check.fail(f"{self._name}.csv: {error}")
            self._rows = iter(())
            return None

    def end(self) -> None:
        """There is no further row."""
        if (row := self._next()) is not None:
            self._check.fail(f"{self._name}.csv: one row too many: {row}"[:300])


class Tables:
    """Everything under ``data/`` that follows from the log."""

    def __init__(self, source: Source, check: Check) -> None:
        self._source, self._check = source, check
        self._told: dict[int, Told] = {}

    def check(self, parts: Sequence[Part], entries: Iterable[bytes], ledger: Ledger) -> None:
        """Compare all of it; where a stretch differs, row by row to name the rows."""
        if self._every_byte(parts, ledger):
            self._check.counted += sum(part.rows for part in parts)
        else:
            before = self._check.wrong
            self._row_by_row(entries, ledger)
            if self._check.wrong == before:
                self._check.fail("tables or journals: other bytes than the log's rows have")
        self._small("balances", sorted(ledger.balances.items()))
        self._small("awards", _awards(ledger))
        check_package(self._source, self._check, ledger)

    def _every_byte(self, parts: Sequence[Part], ledger: Ledger) -> bool:
        """Whether heads, the parts' stretches and tails make up every file."""
        told = [day for part in parts for day in part.days]
        days = min(told, default=""), max(told, default="")
        for number, name in enumerate(FILES):
            span = joined(parts, number)
            try:
                data = self._source.view(name)
            except Missing:
                return False
            if span is None or not _frames(name, data, span, ledger, days):
                return False
        return True

    def _row_by_row(self, entries: Iterable[bytes], ledger: Ledger) -> None:
        names = ("entries", "postings", "gifts", "allocations")
        rows = {name: Rows(self._source, name, self._check) for name in names}
        for no, body in enumerate(entries, start=1):
            try:
                self._take(no, read_json(body), rows)
            except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
                self._check.fail(f"entry {no}: no rows, {error!r}")
        for one in rows.values():
            one.end()
        for name in ("ledger.journal", "ledger.beancount"):
            self._journal(name, ledger)

    def _take(self, no: int, entry: dict[str, Any], rows: dict[str, Rows]) -> None:
        rows["entries"].expect(entry_cells(entry))
        for line, posting in enumerate(entry["postings"], start=1):
            rows["postings"].expect([no, line, posting["account"], posting["yen"]])
        for cells in gift_cells(entry):
            rows["gifts"].expect(cells)
        for cells in line_cells(entry):
            rows["allocations"].expect(cells)
        if entry["postings"]:
            day = entry["on"] if len(entry["on"]) == 10 else f"{entry['on']}-01"
            moved = [(account_of(p["account"]), p["yen"]) for p in entry["postings"]]
            self._told[no] = (day, entry["kind"], moved)

    def _small(self, name: str, due: Iterable[Sequence[Any]]) -> None:
        """A table that is compared row by row, then byte by byte."""
        rows, before, listed = Rows(self._source, name, self._check), self._check.wrong, list(due)
        for cells in listed:
            rows.expect(cells)
        rows.end()
        whole = csv_of([HEADS[f"data/{name}.csv"].split(","), *listed]).encode()
        if self._check.wrong == before and self._source.read(f"data/{name}.csv") != whole:
            self._check.fail(f"{name}.csv: other bytes than its rows have")

    def _journal(self, name: str, ledger: Ledger) -> None:
        try:
            journal = read_journal(self._source.read(f"data/{name}").decode("utf-8"))
        except (Missing, ValueError) as error:
            self._check.fail(f"{name}: {error}")
            return
        self._check.counted += len(journal.told)
        for number in sorted({*journal.told, *self._told}):
            if journal.told.get(number) != self._told.get(number):
                self._check.fail(f"{name}: entry {number} is not the log's")
        if journal.asserted != _asserted(ledger):
            self._check.fail(f"{name}: the asserted balances are not the log's")


def _awards(ledger: Ledger) -> Iterator[list[Any]]:
    """The rows of ``awards.csv``."""
    for number, award in sorted(ledger.awards.known.items()):
        facts = award.facts
        told = [facts.get(name) for name in ("on", "group", "programme", "theme")]
        fields = " ".join(facts.get("fields") or ())
        money = [award.allocated, award.disbursed, award.spent or 0, award.returned]
        yield [number, facts["no"], *told, fields, facts.get("title", ""), award.ceiling, *money]


def _asserted(ledger: Ledger) -> list[tuple[str, int]]:
    """The balances a journal must assert, in its order: of closed years, then of the end."""
    sums = [*(ended for _, ended in ledger.year_ends), ledger.balances]
    return [(account_of(name), yen) for one in sums for name, yen in sorted(one.items())]


def _frames(
    name: str, data: Bytes, span: tuple[int, int], ledger: Ledger, days: tuple[str, str]
) -> bool:
    """Whether what stands before and behind the rows of a file is what must stand there."""
    begin, end = span if span[0] >= 0 else (len(data), len(data))
    if name not in HEADS and not days[0]:
        return _is_empty(data)
    try:
        head, tail = frame_of(name, ledger.balances, ledger.year_ends, *days)
    except ValueError:
        return False  # an entry without a day: check 4 says so
    return data[:begin] + data[end:] == (head + tail).encode() and len(head.encode()) in (
        begin,
        len(data),
    )


def _is_empty(data: Bytes) -> bool:
    """A journal without a single posting: its days are those of the signature."""
    try:
        journal = read_journal(data[:].decode("utf-8"))
    except ValueError:
        return False
    return not journal.told and not journal.asserted
