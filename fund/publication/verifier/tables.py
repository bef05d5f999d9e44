"""Check 10: the tables, the journals and the 360Giving file say what the log says, row by row."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from fund.publication.verifier.findings import Check
from fund.publication.verifier.ledger import Ledger, spelled
from fund.publication.verifier.sources import Missing, Source

_COMMON = {"v", "no", "kind", "fy", "on", "postings", "reverses", "reason", "clauses"}
_ROOTS = {
    "assets": "Assets",
    "fund": "Equity:Fund",
    "committed": "Liabilities:Committed",
    "held": "Liabilities:Held",
}
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
    asserted: dict[str, int] = field(default_factory=dict)


def read_journal(text: str) -> Journal:
    """Read the plain form in which releases write journals; raises ValueError for any other."""
    journal, lines = Journal(), list[tuple[str, int]]()
    for line in text.split("\n"):
        if found := _HEAD.match(line):
            lines = []
            number = int(found[2] or found[5])
            if number in journal.told:
                raise ValueError(f"entry {number} twice")
            journal.told[number] = (found[1], found[3] or found[4], lines)
        elif found := _POSTING.match(line):
            lines.append((found[1], int(found[2])))
        elif found := _BALANCE.match(line):
            journal.asserted[found[1] or found[3]] = int(found[2] or found[4])
        elif not _OTHER.match(line):
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
        except (Missing, UnicodeDecodeError) as error:
            check.fail(f"{name}.csv: {error}")
            self._rows, self.header = iter(()), []

    def expect(self, cells: Sequence[Any]) -> None:
        """The next row is this one."""
        wanted = [_cell(cell) for cell in cells]
        self._check.counted += 1
        row = next(self._rows, None)
        if row != wanted:
            self._check.fail(f"{self._name}.csv: {row} instead of {wanted}"[:300])

    def end(self) -> None:
        """There is no further row."""
        if (row := next(self._rows, None)) is not None:
            self._check.fail(f"{self._name}.csv: one row too many: {row}"[:300])


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    # A text that a spreadsheet would take for a formula stands behind an apostrophe.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + text
    return text


class Tables:
    """The files with a row for each entry, compared while the log is read."""

    def __init__(self, source: Source, check: Check) -> None:
        self._source, self._check = source, check
        self._entries = Rows(source, "entries", check)
        self._postings = Rows(source, "postings", check)
        self._gifts = Rows(source, "gifts", check)
        self._allocations = Rows(source, "allocations", check)
        self._told: dict[int, Told] = {}

    def take(self, entry: dict[str, Any]) -> None:
        """The rows of one entry; one that lacks a fact has no rows and is told."""
        try:
            self._take(entry)
        except (KeyError, TypeError, AttributeError) as error:
            self._check.fail(f"entry {entry['no']}: no rows, {error!r}")

    def _take(self, entry: dict[str, Any]) -> None:
        no = entry["no"]
        facts = {key: value for key, value in entry.items() if key not in _COMMON}
        self._entries.expect(
            [
                no,
                entry["kind"],
                entry["fy"],
                entry["on"],
                entry.get("reverses"),
                entry.get("reason"),
                " ".join(entry.get("clauses") or ()),
                spelled(facts).decode(),
            ]
        )
        for line, posting in enumerate(entry["postings"], start=1):
            self._postings.expect([no, line, posting["account"], posting["yen"]])
        for share in entry.get("shares") or () if entry["kind"] == "donation.received" else ():
            first = [share["share"], entry["gift"], no, entry["fy"], entry["on"]]
            wish = [share["kind"], share["target"], share["fallback"], share["yen"]]
            self._gifts.expect([*first, *wish])
        if entry["kind"] == "allocation.line":
            names = ("run", "on", "gift", "share", "award", "yen", "rank", "use")
            self._allocations.expect([no, *(entry.get(name) for name in names)])
        if entry["postings"]:
            day = entry["on"] if len(entry["on"]) == 10 else f"{entry['on']}-01"
            moved = [(_account(p["account"]), p["yen"]) for p in entry["postings"]]
            self._told[no] = (day, entry["kind"], moved)

    def close(self, ledger: Ledger) -> None:
        """What is left: no further rows, balances, awards, journals, 360Giving."""
        for rows in (self._entries, self._postings, self._gifts, self._allocations):
            rows.end()
        balances = Rows(self._source, "balances", self._check)
        for account, yen in sorted(ledger.balances.items()):
            balances.expect([account, yen])
        balances.end()
        self._awards(ledger)
        for name in ("ledger.journal", "ledger.beancount"):
            self._journal(name, ledger)
        self._grants(ledger)

    def _awards(self, ledger: Ledger) -> None:
        rows = Rows(self._source, "awards", self._check)
        for number, award in sorted(ledger.awards.items()):
            facts = award.facts
            told = [facts.get(name) for name in ("on", "group", "programme", "theme")]
            fields = " ".join(facts.get("fields") or ())
            money = [award.allocated, award.disbursed, award.spent or 0, award.returned]
            rest = [fields, facts.get("title", ""), facts.get("ceiling", 0), *money]
            rows.expect([number, facts["no"], *told, *rest])
        rows.end()

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
        due = {_account(account): yen for account, yen in ledger.balances.items()}
        if journal.asserted != due:
            self._check.fail(f"{name}: the asserted balances are not the log's")

    def _grants(self, ledger: Ledger) -> None:
        try:
            listed = json.loads(self._source.read("data/360giving.json"))["grants"]
            told = {
                grant["id"].rsplit("-", 2)[-2] + "-" + grant["id"].rsplit("-", 2)[-1]: (
                    grant["amountAwarded"],
                    grant["amountDisbursed"],
                    grant["awardDate"],
                    grant["currency"],
                )
                for grant in listed
            }
        except (Missing, ValueError, KeyError, TypeError, IndexError) as error:
            self._check.fail(f"360giving.json: {error}")
            return
        due = {
            number: (award.facts.get("ceiling", 0), award.disbursed, award.facts["on"], "JPY")
            for number, award in ledger.awards.items()
            if award.facts.get("group")
        }
        self._check.counted += len(told)
        if told != due:
            odd = sorted(name for name in {*told, *due} if told.get(name) != due.get(name))
            self._check.fail(f"360giving.json: {', '.join(odd[:5])} not the log's")


@cache
def _account(name: str) -> str:
    root, *parts = name.split(":")
    return ":".join([_ROOTS[root], *(part[0].upper() + part[1:] for part in parts)])
