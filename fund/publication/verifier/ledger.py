"""Checks 4 to 8 and 11: one pass over the entries, in the order of the log."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fund.publication.verifier.findings import Findings
from fund.publication.verifier.reading import (
    ACCOUNT,
    LIMIT,
    Line,
    Moves,
    Wish,
    moves_of,
    read_gift,
    read_json,
    read_line,
    spelled,
    wish_of,
)

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
_ON = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_USES = {"group": "group", "field": "field", "theme": "programme"}
_UNDONE_BY_FACTS = frozenset({"disbursement.paid", "settlement.confirmed", "grant.returned"})


class _Spent(NamedTuple):
    """What an allocation line in another shape says."""

    run: str
    share: str
    award: str
    yen: int
    rank: int
    use: str


@dataclass
class Award:
    """What the log says of one award."""

    facts: dict[str, Any]
    allocated: int = 0
    disbursed: int = 0
    spent: int | None = None
    returned: int = 0


@dataclass
class Ledger:
    """The state of the books after the entries taken so far."""

    findings: Findings
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    left: dict[str, int] = field(default_factory=dict)
    wishes: dict[str, Wish] = field(default_factory=dict)
    awards: dict[str, Award] = field(default_factory=dict)
    lines: dict[str, list[tuple[str, str, int, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    _acts: dict[int, dict[str, Any]] = field(default_factory=dict)
    _reversed: set[int] = field(default_factory=set)

    def take(self, no: int, body: bytes) -> None:
        """Check one entry and add it to the books."""
        check = self.findings[4]
        check.counted += 1
        try:
            text = body.decode("utf-8")
            if (gift := read_gift(text)) is not None and gift.no == str(no):
                self._move(no, gift.moves)
                self._receive(no, gift.gift, gift.moves, gift.shares)
            elif (line := read_line(text)) is not None and line.no == str(no):
                self._move(no, line.moves)
                self._commit(no, line.moves)
                self._spend(no, line)
            else:
                self._take(no, body)
        except (ValueError, UnicodeDecodeError) as error:
            check.fail(f"{no}: {error}")

    def _take(self, no: int, body: bytes) -> None:
        check = self.findings[4]
        entry = read_json(body)
        if spelled(entry) != body:
            check.fail(f"{no}: not canonical")
        if problem := _form(entry, no):
            check.fail(f"{no}: {problem}")
            return
        moves = moves_of(tuple((one["account"], one["yen"]) for one in entry["postings"]))
        sums = entry["kind"].startswith("payments.")  # may cancel out on every account
        if len(moves.pairs) < 2 and entry["kind"] not in GOVERNANCE and (moves.pairs or not sums):
            self.findings[5].fail(f"{no}: {len(moves.pairs)} posting(s)")
        self._move(no, moves)
        try:
            self._follow(entry, moves)
        except (KeyError, TypeError, AttributeError) as error:
            check.fail(f"{no}: {entry['kind']} lacks {error}")

    def close(self) -> None:
        """What can only be said at the end: totals, pots against shares, awards."""
        if total := sum(self.balances.values()):
            self.findings[5].fail(f"all accounts together are off by {total}")
        pots: dict[str, int] = defaultdict(int)
        for share, wish in self.wishes.items():
            pots[wish.pot] += self.left[share]
        for account in {*pots, *(name for name in self.balances if name.startswith("fund:"))}:
            if pots[account] != -self.balances.get(account, 0):
                self.findings[7].fail(
                    f"{account} holds {-self.balances.get(account, 0)}, its shares {pots[account]}"
                )
        for number, award in self.awards.items():
            self._check_award(number, award)

    def _move(self, no: int, moves: Moves) -> None:
        self.findings[5].counted += len(moves.pairs)
        self.findings[6].counted += moves.guarded
        if moves.off:
            self.findings[5].fail(f"{no}: off by {moves.off}")
        balances = self.balances
        for account, yen in moves.pairs:
            balances[account] += yen
        for account in moves.debited:
            if balances[account] > 0:
                self.findings[6].fail(f"{no}: {account} at {-balances[account]}")

    def _follow(self, entry: dict[str, Any], moves: Moves) -> None:
        kind, no = entry["kind"], entry["no"]
        undone = self._undone(entry) if kind == "entry.reversed" else None
        self._on_awards(undone or entry, -1 if undone else 1, entry, moves)
        if kind == "donation.received":
            shares = [
                (one["share"], wish_of(one["kind"], one["target"], one["fallback"]), one["yen"])
                for one in entry["shares"]
            ]
            self._receive(no, entry["gift"], moves, shares)
        elif kind in {"opening.balance", "interest.earned"}:
            yen = -sum(yen for account, yen in moves.pairs if account == "fund:general")
            self._new_share(no, entry["share"], Wish("fund:general"), yen)
        elif kind == "allocation.line":
            names = ("run", "share", "award", "yen", "rank", "use")
            self._spend(no, _Spent(**{name: entry[name] for name in names}))
        elif kind == "designation.redirected":
            self._redirected(entry)
        elif kind in GOVERNANCE:
            self._govern(entry)
        self._give_back(entry)
        if kind in _UNDONE_BY_FACTS:
            self._acts[no] = {key: entry.get(key) for key in ("kind", "award", "yen", "spent")}

    def _govern(self, entry: dict[str, Any]) -> None:
        if entry["kind"] == "allocation.approved":
            self.runs[entry["run"]] = entry
        elif entry["kind"] == "log.key":
            self.keys.append(entry["vkey"])
        elif entry["kind"] == "period.closed":
            self._closed(entry)

    def _undone(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        """What an entry takes back; only kinds that an award counts are kept with their facts."""
        number = entry.get("reverses")
        if not isinstance(number, int) or not 0 < number < entry["no"]:
            self.findings[4].fail(f"{entry['no']}: reverses {number}, which is not before it")
            return None
        if number in self._reversed:
            self.findings[4].fail(f"{entry['no']}: reverses {number} a second time")
        self._reversed.add(number)
        return self._acts.get(number, {"kind": ""})

    def _receive(
        self, no: int, gift: str, moves: Moves, shares: Iterable[tuple[str, Wish, int]]
    ) -> None:
        given, held, own = 0, 0, gift + "/"
        for name, wish, yen in shares:
            given += yen
            self._new_share(no, name, wish, yen)
            if not name.startswith(own):
                self.findings[7].fail(f"{no}: {name} is no share of its gift")
        for account, yen in moves.pairs:
            if account == "held:unaccepted":
                held += yen
        if given != held:
            self.findings[7].fail(f"{no}: shares of {given} for a gift of {held}")

    def _new_share(self, no: int, name: str, wish: Wish, yen: int) -> None:
        self.findings[7].counted += 1
        if name in self.left or yen <= 0:
            self.findings[7].fail(f"{no}: {name} cannot enter the fund")
        self.left[name] = yen
        self.wishes[name] = wish

    def _take_from(self, no: int, name: str, yen: int) -> Wish | None:
        if name not in self.left:
            self.findings[7].fail(f"{no}: {name} is unknown")
            return None
        self.left[name] -= yen
        if self.left[name] < 0:
            self.findings[7].fail(f"{no}: {name} gives {-self.left[name]} more than it has")
        return self.wishes[name]

    def _spend(self, no: int, line: Line | _Spent) -> None:
        wish, award = self._take_from(no, line.share, line.yen), self.awards.get(line.award)
        self.lines[line.run].append((line.share, line.award, line.yen, line.rank, line.use))
        if line.run not in self.runs:
            self.findings[9].fail(f"{no}: run {line.run} was not approved before")
        if award is None:
            self.findings[8].fail(f"{no}: {line.award} was not decided before")
        elif wish and not (
            _permits(wish, line.use, line.rank) and _names(line.use, line.award, award.facts)
        ):
            self.findings[7].fail(f"{no}: the wish of {line.share} does not permit {line.award}")

    def _redirected(self, entry: dict[str, Any]) -> None:
        no = entry["no"]
        old = self._take_from(no, entry["share"], entry["yen"])
        gains = [p["account"] for p in entry["postings"] if p["yen"] < 0]
        if old is None or len(gains) != 1 or not entry.get("reason"):
            self.findings[7].fail(f"{no}: a redirection needs a share, a pot and a reason")
            return
        wish = entry["wish"]
        made = Wish(gains[0], wish["kind"], wish["target"], wish["fallback"])
        self._new_share(no, entry["into"], made, entry["yen"])

    def _give_back(self, entry: dict[str, Any]) -> None:
        """Yen that leave shares (refunds) or come back into them (returns), share by share."""
        if entry["kind"] in {"donation.refunded", "dispute.lost", "entry.reversed"}:
            for part in entry.get("lots") or ():
                self._take_from(entry["no"], part["share"], part["yen"])
        elif entry["kind"] in {"grant.returned", "award.reduced", "award.cancelled"}:
            for part in entry["back"]:
                self._take_from(entry["no"], part["share"], -part["yen"])

    def _commit(self, no: int, moves: Moves) -> None:
        for account, yen in moves.pairs:
            award = self.awards.get(account.removeprefix("committed:"))
            if award is not None:
                award.allocated -= yen
            elif account.startswith("committed:"):
                self.findings[8].fail(f"{no}: {account} was never decided")

    def _on_awards(
        self, act: dict[str, Any], sign: int, entry: dict[str, Any], moves: Moves
    ) -> None:
        if entry["kind"] == "award.decided":
            self.findings[8].counted += 1
            self.awards[entry["award"]] = Award(entry)
        if act["kind"] != "disbursement.paid":
            self._commit(entry["no"], moves)
        else:
            for account, yen in moves.pairs:
                award = self.awards.get(account.removeprefix("committed:"))
                if award is not None:
                    award.disbursed += yen
                elif account.startswith("committed:"):
                    self.findings[8].fail(f"{entry['no']}: {account} was never decided")
        named = self.awards.get(act.get("award") or "")
        if named is not None and act["kind"] == "settlement.confirmed":
            named.spent = (named.spent or 0) + sign * act["spent"]
        elif named is not None and act["kind"] == "grant.returned":
            named.returned += sign * act["yen"]

    def _check_award(self, number: str, award: Award) -> None:
        check = self.findings[8]
        if award.allocated > award.facts.get("ceiling", 0):
            check.fail(
                f"{number}: {award.allocated} allocated, {award.facts.get('ceiling')} decided"
            )
        if award.disbursed > award.allocated:
            check.fail(f"{number}: {award.disbursed} paid, {award.allocated} allocated")
        if award.spent is not None and award.disbursed != award.spent + award.returned:
            check.fail(
                f"{number}: {award.disbursed} paid, {award.spent} spent, {award.returned} returned"
            )

    def _closed(self, entry: dict[str, Any]) -> None:
        check = self.findings[11]
        check.counted += 1
        trial = {name: yen for name, yen in self.balances.items() if yen}
        if hashlib.sha256(spelled(trial)).hexdigest() != entry["sha256"]:
            check.fail(f"{entry['no']}: the trial balance is another one")


def _form(entry: Any, no: int) -> str | None:
    """What is wrong with an entry's common fields."""
    if not isinstance(entry, dict) or entry.get("v") != 1 or entry.get("no") != no:
        return "version or number"
    if entry.get("kind") not in KINDS:
        return f"unknown kind {entry.get('kind')}"
    if not isinstance(entry.get("fy"), int) or not _ON.fullmatch(str(entry.get("on"))):
        return "fiscal year or day"
    postings = entry.get("postings")
    if not isinstance(postings, list) or not all(_is_posting(one) for one in postings):
        return "postings"
    return None


def _is_posting(one: Any) -> bool:
    if not isinstance(one, dict) or set(one) != {"account", "yen"}:
        return False
    yen, account = one["yen"], one["account"]
    exact = isinstance(yen, int) and not isinstance(yen, bool) and 0 < abs(yen) < LIMIT
    return exact and isinstance(account, str) and bool(ACCOUNT.fullmatch(account))


def _permits(wish: Wish, use: str, rank: int) -> bool:
    """Whether a share's wish permits a use at a rank."""
    if wish.kind == "anywhere" or wish.target is None:
        return use == "any"
    if rank == 1:
        return use == f"{_USES.get(wish.kind)}:{wish.target}"
    if wish.fallback == "anywhere":
        return use == "any"
    return wish.fallback == "field" and str(use).startswith("field:")


def _names(use: str, number: str, facts: dict[str, Any]) -> bool:
    """Whether a use names an award."""
    kind, _, code = use.partition(":")
    programmes: Iterable[Any] = (facts.get("programme"), facts.get("theme"))
    return (
        use == "any"
        or (kind == "award" and code == number)
        or (kind == "group" and code == facts.get("group"))
        or (kind == "field" and code in (facts.get("fields") or ()))
        or (kind == "programme" and code in programmes)
    )
