"""Checks 4 to 8 and 11: one pass over the entries, in the order of the log."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fund.publication.verifier.awards import COMMITTED, Awards, names
from fund.publication.verifier.findings import Findings
from fund.publication.verifier.forms import form_fault, period_fault
from fund.publication.verifier.reading import (
    Gift,
    Line,
    Moves,
    moves_of,
    read_gift,
    read_json,
    read_line,
    spelled,
    wish_of,
)
from fund.publication.verifier.shares import Shares, permits

GOVERNANCE = frozenset(
    {
        "award.decided",
        "allocation.approved",
        "settlement.confirmed",
        "manual.edition",
        "period.closed",
        "log.key",
    }
)
KINDS = GOVERNANCE | {
    "donation.received",
    "payments.received",
    "payments.returned",
    "opening.balance",
    "clearing.settled",
    "fee.charged",
    "fee.reimbursed",
    "donation.refunded",
    "donation.disputed",
    "dispute.won",
    "dispute.lost",
    "designation.redirected",
    "allocation.line",
    "disbursement.paid",
    "grant.returned",
    "award.reduced",
    "award.cancelled",
    "fund.deposited",
    "fund.withdrawn",
    "interest.earned",
    "payout.arrived",
    "entry.reversed",
}
_OF_A_GIFT = frozenset({"held:unaccepted", "fund"})
_OF_A_LINE = frozenset({"fund", "committed"})
_UNDONE_BY_FACTS = frozenset({"disbursement.paid", "settlement.confirmed", "grant.returned"})
_SAYS_ITS_YEN = frozenset(
    {
        "payments.received",
        "donation.refunded",
        "dispute.lost",
        "donation.disputed",
        "dispute.won",
        "designation.redirected",
        "disbursement.paid",
        "grant.returned",
        "award.reduced",
        "award.cancelled",
    }
)
"""Kinds whose ``yen`` are what their postings move."""


class _Spent(NamedTuple):
    """What an allocation line in another shape says."""

    run: str
    gift: str
    share: str
    award: str
    yen: int
    rank: int
    use: str


@dataclass
class Ledger:
    """The state of the books after the entries taken so far.

    ``approved`` is told of every run at the moment of its approval.
    """

    findings: Findings
    approved: Callable[[dict[str, Any], Ledger], None] | None = None
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lines: dict[str, list[tuple[str, str, int, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    year_ends: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    """Closed fiscal years with the balances on their 31 March, of accounts that moved till then."""
    _moved: dict[int, dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    _closed_year: int = 0
    _acts: dict[int, dict[str, Any]] = field(default_factory=dict)
    _reversed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.shares = Shares(self.findings[7])
        self.awards = Awards(self.findings[8])

    def take(self, no: int, body: bytes) -> None:
        """Check one entry and add it to the books."""
        check = self.findings[4]
        check.counted += 1
        try:
            text = body.decode("utf-8")
            if (gift := read_gift(text)) is not None and _is_plain(no, gift, _OF_A_GIFT):
                self.shares.month = gift.on
                self._move(no, int(gift.fy), gift.moves)
                self.shares.receive(no, gift.gift, gift.commitment, gift.moves, gift.shares)
                self.shares.settle(no, gift.moves)
            elif (line := read_line(text)) is not None and _is_plain(no, line, _OF_A_LINE):
                self._move(no, int(line.fy), line.moves)
                self._spend(no, line, line.moves)
                self.shares.settle(no, line.moves)
            else:
                self._take(no, body)
        except ValueError as error:
            check.fail(f"{no}: {error}")

    def _take(self, no: int, body: bytes) -> None:
        check = self.findings[4]
        entry = read_json(body)
        if spelled(entry) != body:
            check.fail(f"{no}: not canonical")
        if fault := form_fault(entry, no, KINDS):
            check.fail(f"{no}: {fault}")
            return
        self.shares.month = entry["on"][: len("2026-05")]
        moves = moves_of(tuple((one["account"], one["yen"]) for one in entry["postings"]))
        kind = entry["kind"]
        sums = kind.startswith("payments.")  # may cancel out on every account
        if len(moves.pairs) < 2 and kind not in GOVERNANCE and (moves.pairs or not sums):
            self.findings[5].fail(f"{no}: {len(moves.pairs)} posting(s)")
        if kind in GOVERNANCE and moves.pairs:
            self.findings[5].fail(f"{no}: {kind} moves no money")
        self._move(no, entry["fy"], moves)
        self._follow(entry, moves)
        self.shares.settle(no, moves)

    def close(self) -> None:
        """What can only be said at the end: totals, pots against shares, awards."""
        if total := sum(self.balances.values()):
            self.findings[5].fail(f"all accounts together are off by {total}")
        self.shares.close(self.balances)
        self.awards.close()

    def _move(self, no: int, fy: int, moves: Moves) -> None:
        if fy <= self._closed_year:
            self.findings[11].fail(f"{no}: fiscal year {fy} was closed before")
        self.findings[5].counted += len(moves.pairs)
        self.findings[6].counted += moves.guarded
        if moves.off:
            self.findings[5].fail(f"{no}: off by {moves.off}")
        balances, moved = self.balances, self._moved[fy]
        for account, yen in moves.pairs:
            balances[account] += yen
            moved[account] += yen
        for account in moves.debited:
            if balances[account] > 0:
                self.findings[6].fail(f"{no}: {account} at {-balances[account]}")

    def _follow(self, entry: dict[str, Any], moves: Moves) -> None:
        kind, no = entry["kind"], entry["no"]
        if kind == "donation.received":
            shares = [
                (one["share"], wish_of(one["kind"], one["target"], one["fallback"]), one["yen"])
                for one in entry["shares"]
            ]
            self.shares.receive(no, entry["gift"], entry["commitment"], moves, shares)
            self.awards.move(no, moves)
            return
        if kind == "allocation.line":
            told = {name: entry.get(name) or "" for name in ("gift", *_Spent._fields)}
            self._spend(no, _Spent(**{**told, "yen": entry["yen"], "rank": entry["rank"]}), moves)
            return
        if kind in _SAYS_ITS_YEN and sum(max(yen, 0) for _, yen in moves.pairs) != entry["yen"]:
            self.findings[5].fail(f"{no}: {kind} of {entry['yen']} moves another sum")
        undone = self._undone(entry) if kind == "entry.reversed" else None
        act, sign = (entry, 1) if undone is None else (undone, -1)
        if kind == "award.decided":
            self.awards.decide(entry)
        self.awards.move(no, moves, paid=act["kind"] == "disbursement.paid")
        self.awards.follow(act, sign)
        self.shares.follow(entry)
        if kind in GOVERNANCE:
            self._govern(entry)
        if kind in _UNDONE_BY_FACTS:
            self._acts[no] = {key: entry.get(key) for key in ("kind", "award", "yen", "spent")}

    def _govern(self, entry: dict[str, Any]) -> None:
        if entry["kind"] == "allocation.approved":
            if entry["run"] in self.runs:
                self.findings[9].fail(f"{entry['no']}: {entry['run']} is approved a second time")
                return
            self.runs[entry["run"]] = entry
            if self.approved is not None:
                self.approved(entry, self)
        elif entry["kind"] == "log.key":
            self.keys.append(entry["vkey"])
        elif entry["kind"] == "period.closed":
            self._closed(entry)

    def _undone(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        """What an entry takes back; only kinds that an award counts are kept with their facts."""
        number = entry["reverses"]
        if not 0 < number < entry["no"]:
            self.findings[4].fail(f"{entry['no']}: reverses {number}, which is not before it")
            return None
        if number in self._reversed:
            self.findings[4].fail(f"{entry['no']}: reverses {number} a second time")
        self._reversed.add(number)
        return self._acts.get(number, {"kind": ""})

    def _spend(self, no: int, line: Line | _Spent, moves: Moves) -> None:
        wish, award = (
            self.shares.take(no, line.share, line.yen),
            self.awards.known.get(line.award),
        )
        self.lines[line.run].append((line.share, line.award, line.yen, line.rank, line.use))
        if line.yen <= 0:
            self.findings[7].fail(f"{no}: a line of {line.yen}")
        if line.gift and not line.share.startswith(line.gift + "/"):
            self.findings[7].fail(f"{no}: {line.share} is no share of {line.gift}")
        if line.run not in self.runs:
            self.findings[9].fail(f"{no}: run {line.run} was not approved before")
        to_award = (COMMITTED + line.award, -line.yen) in moves.pairs
        if not to_award and ("assets:due-from-ward", -line.yen) not in moves.pairs:
            self.findings[8].fail(f"{no}: the yen of the line do not reach {line.award}")
        if award is None:
            self.findings[8].fail(f"{no}: {line.award} was not decided before")
            return
        if to_award:
            self.awards.move(no, moves)
        if wish and not (
            permits(wish, line.use, line.rank) and names(line.use, line.award, award.facts)
        ):
            self.findings[7].fail(f"{no}: the wish of {line.share} does not permit {line.award}")

    def _closed(self, entry: dict[str, Any]) -> None:
        check = self.findings[11]
        check.counted += 1
        trial = {name: yen for name, yen in self.balances.items() if yen}
        if hashlib.sha256(spelled(trial)).hexdigest() != entry["sha256"]:
            check.fail(f"{entry['no']}: the trial balance is another one")
        fy = entry["fy"]
        if entry["on"] != f"{fy + 1}-03-31":
            check.fail(f"{entry['no']}: {entry['on']} is not the end of fiscal year {fy}")
        self._closed_year = max(self._closed_year, fy)
        sums: dict[str, int] = defaultdict(int)
        for year, moved in self._moved.items():
            for name, yen in moved.items() if year <= fy else ():
                sums[name] += yen
        self.year_ends.append((fy, dict(sums)))


def _is_plain(no: int, read: Gift | Line, roots: frozenset[str]) -> bool:
    """Whether an entry is in its place and time, and moves what its kind may."""
    return read.no == str(no) and read.moves.roots == roots and not period_fault(read.on, read.fy)
