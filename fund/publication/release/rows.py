"""From the log's entries to the rows of the open data: one pass, in order, only sums are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = list[str | int | None]
Entry = Mapping[str, Any]

COMMON = frozenset({"v", "no", "kind", "fy", "on", "postings", "reverses", "reason", "clauses"})
"""What every entry may have; the rest are facts of its kind."""


@dataclass
class Award:
    """An award's decision and its money so far, in yen."""

    decided: Entry
    allocated: int = 0
    disbursed: int = 0
    spent: int = 0
    returned: int = 0

    def row(self) -> Row:
        """Its row of ``awards.csv``."""
        facts = self.decided
        return [
            facts["award"],
            facts["no"],
            facts["on"],
            facts.get("group"),
            facts.get("programme"),
            facts.get("theme"),
            " ".join(facts.get("fields") or ()),
            facts.get("title", ""),
            facts.get("ceiling", 0),
            self.allocated,
            self.disbursed,
            self.spent,
            self.returned,
        ]


@dataclass
class Books:
    """What a pass over the log adds up: balances and awards.

    What was allocated to an award is what its ``committed:`` account got, whichever kind of
    entry gave or took it; payments and their reversals apart.
    """

    balances: dict[str, int] = field(default_factory=dict)
    awards: dict[str, Award] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    """Fiscal years that were closed, in order."""
    _moved: dict[int, dict[str, int]] = field(default_factory=dict)
    _acts: dict[int, Entry] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Add one entry."""
        if entry["kind"] == "award.decided":
            self.awards[entry["award"]] = Award(entry)
        if entry["kind"] == "period.closed":
            self.closed.append(entry["fy"])
        undone = self._acts.get(entry.get("reverses") or 0)
        moved = self._moved.setdefault(entry["fy"], {})
        act, sign = (entry, 1) if undone is None else (undone, -1)
        for posting in entry["postings"]:
            account, yen = posting["account"], posting["yen"]
            self.balances[account] = self.balances.get(account, 0) + yen
            moved[account] = moved.get(account, 0) + yen
            award = self.awards.get(account.removeprefix("committed:"))
            if award is not None and act["kind"] == "disbursement.paid":
                award.disbursed += yen
            elif award is not None:
                award.allocated -= yen
        self._close(act, sign)
        if entry["kind"] in _ACTS:
            self._acts[entry["no"]] = entry

    def _close(self, act: Entry, sign: int) -> None:
        award = self.awards.get(act.get("award", ""))
        if award is not None and act["kind"] == "settlement.confirmed":
            award.spent += sign * act["spent"]
        elif award is not None and act["kind"] == "grant.returned":
            award.returned += sign * act["yen"]

    def year_ends(self) -> Iterator[tuple[int, dict[str, int]]]:
        """Each closed year with the balances on its 31 March, accounts that moved until then."""
        for closed in self.closed:
            sums: dict[str, int] = {}
            for fy, moved in self._moved.items():
                for account, yen in moved.items() if fy <= closed else ():
                    sums[account] = sums.get(account, 0) + yen
            yield closed, sums

    def balance_rows(self) -> Iterator[Row]:
        """Accounts that ever moved, by name."""
        for account, yen in sorted(self.balances.items()):
            yield [account, yen]


_ACTS = frozenset({"disbursement.paid", "settlement.confirmed", "grant.returned"})
"""Kinds whose reversal must be known by what it reverses."""


_SPELL = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode
"""Facts come out of canonical bytes: texts, integers and lists under ASCII keys need no more."""


def entry_row(entry: Entry) -> Row:
    """The row of ``entries.csv``."""
    facts = {key: value for key, value in entry.items() if key not in COMMON}
    return [
        entry["no"],
        entry["kind"],
        entry["fy"],
        entry["on"],
        entry.get("reverses"),
        entry.get("reason"),
        " ".join(entry.get("clauses") or ()),
        _SPELL(facts),
    ]


def posting_rows(entry: Entry) -> Iterator[Row]:
    """The rows of ``postings.csv``."""
    for line, posting in enumerate(entry["postings"], start=1):
        yield [entry["no"], line, posting["account"], posting["yen"]]


def gift_rows(entry: Entry) -> Iterator[Row]:
    """The rows of ``gifts.csv``; none for other kinds."""
    if entry["kind"] == "donation.received":
        for share in entry["shares"]:
            yield [
                share["share"],
                entry["gift"],
                entry["no"],
                entry["fy"],
                entry["on"],
                share["kind"],
                share["target"],
                share["fallback"],
                share["yen"],
            ]


def allocation_rows(entry: Entry) -> Iterator[Row]:
    """The row of ``allocations.csv``; none for other kinds."""
    if entry["kind"] == "allocation.line":
        names = ("no", "run", "on", "gift", "share", "award", "yen", "rank", "use")
        yield [entry.get(name) for name in names]
