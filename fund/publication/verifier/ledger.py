"""Checks 4 to 8 and 11: one pass over the entries, in the order of the log."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fund.publication.verifier.findings import Findings

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
GUARDED = ("held:", "fund:", "committed:")
LIMIT = 2**53
_ACCOUNT = re.compile(r"(assets|held|fund|committed):[A-Za-z0-9:-]+")
_ON = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_USES = {"group": "group", "field": "field", "theme": "programme"}


_SPELL = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def spelled(value: Any) -> bytes:
    """Canonical JSON (RFC 8785) of objects with ASCII keys, texts and integers."""
    return _SPELL(value).encode("utf-8")


@dataclass
class Share:
    """Yen with one origin and one wish: what is still in its pot."""

    pot: str
    open: int
    kind: str = "anywhere"
    target: str | None = None
    fallback: str | None = None


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
    shares: dict[str, Share] = field(default_factory=dict)
    awards: dict[str, Award] = field(default_factory=dict)
    lines: dict[str, list[tuple[str, str, int, int, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    _acts: dict[int, dict[str, Any]] = field(default_factory=dict)
    _reversed: set[int] = field(default_factory=set)

    def take(self, no: int, body: bytes) -> dict[str, Any] | None:
        """Check one entry and add it to the books; None if it cannot be read."""
        check = self.findings[4]
        check.counted += 1
        try:
            entry: dict[str, Any] = _READ(body.decode("utf-8"))
            if spelled(entry) != body:
                check.fail(f"{no}: not canonical")
        except (ValueError, UnicodeDecodeError) as error:
            check.fail(f"{no}: {error}")
            return None
        if problem := _form(entry, no):
            check.fail(f"{no}: {problem}")
            return None
        self._move(entry)
        try:
            self._follow(entry)
        except (KeyError, TypeError, AttributeError) as error:
            check.fail(f"{no}: {entry['kind']} lacks {error}")
        return entry

    def close(self) -> None:
        """What can only be said at the end: totals, pots against shares, awards."""
        if total := sum(self.balances.values()):
            self.findings[5].fail(f"all accounts together are off by {total}")
        pots: dict[str, int] = defaultdict(int)
        for share in self.shares.values():
            pots[share.pot] += share.open
        for account in {*pots, *(name for name in self.balances if name.startswith("fund:"))}:
            if pots[account] != -self.balances.get(account, 0):
                self.findings[7].fail(
                    f"{account} holds {-self.balances.get(account, 0)}, its shares {pots[account]}"
                )
        for number, award in self.awards.items():
            self._check_award(number, award)

    def _move(self, entry: dict[str, Any]) -> None:
        check, postings = self.findings[5], entry["postings"]
        check.counted += len(postings)
        if off := sum(posting["yen"] for posting in postings):
            check.fail(f"{entry['no']}: off by {off}")
        least = 0 if entry["kind"] in GOVERNANCE else 1
        if least and len(postings) < 2 and not _nets_to_nothing(entry):
            check.fail(f"{entry['no']}: {len(postings)} posting(s)")
        for posting in postings:
            account, yen = posting["account"], posting["yen"]
            self.balances[account] += yen
            if account.startswith(GUARDED):
                self.findings[6].counted += 1
        for account in {posting["account"] for posting in postings}:
            if account.startswith(GUARDED) and self.balances[account] > 0:
                self.findings[6].fail(f"{entry['no']}: {account} at {-self.balances[account]}")

    def _follow(self, entry: dict[str, Any]) -> None:
        kind = entry["kind"]
        undone = self._undone(entry) if kind == "entry.reversed" else None
        self._on_awards(undone or entry, -1 if undone else 1, entry)
        if kind == "donation.received":
            self._received(entry)
        elif kind in {"opening.balance", "interest.earned"}:
            yen = -sum(p["yen"] for p in entry["postings"] if p["account"] == "fund:general")
            self._new_share(entry, entry["share"], Share("fund:general", yen))
        elif kind == "allocation.line":
            self._line(entry)
        elif kind == "designation.redirected":
            self._redirected(entry)
        elif kind == "allocation.approved":
            self.runs[entry["run"]] = entry
        elif kind == "log.key":
            self.keys.append(entry["vkey"])
        elif kind == "period.closed":
            self._closed(entry)
        self._give_back(entry)
        self._acts[entry["no"]] = {
            key: entry.get(key) for key in ("kind", "award", "yen", "spent", "postings")
        }

    def _undone(self, entry: dict[str, Any]) -> dict[str, Any] | None:
        number = entry.get("reverses")
        act = self._acts.get(number) if isinstance(number, int) else None
        if act is None:
            self.findings[4].fail(f"{entry['no']}: reverses {number}, which is not before it")
        elif number in self._reversed:
            self.findings[4].fail(f"{entry['no']}: reverses {number} a second time")
        if isinstance(number, int):
            self._reversed.add(number)
        return act

    def _received(self, entry: dict[str, Any]) -> None:
        held = sum(p["yen"] for p in entry["postings"] if p["account"] == "held:unaccepted")
        given = 0
        for share in entry["shares"]:
            given += share["yen"]
            kind, target = share["kind"], share["target"]
            pot = "fund:general" if kind == "anywhere" else f"fund:{kind}:{target}"
            made = Share(pot, share["yen"], kind, target, share["fallback"])
            self._new_share(entry, share["share"], made)
            if not share["share"].startswith(f"{entry['gift']}/"):
                self.findings[7].fail(f"{entry['no']}: {share['share']} is no share of its gift")
        if given != held:
            self.findings[7].fail(f"{entry['no']}: shares of {given} for a gift of {held}")

    def _new_share(self, entry: dict[str, Any], name: str, share: Share) -> None:
        self.findings[7].counted += 1
        if name in self.shares or share.open <= 0:
            self.findings[7].fail(f"{entry['no']}: {name} cannot enter the fund")
        self.shares[name] = share

    def _take_from(self, entry: dict[str, Any], name: str, yen: int) -> Share | None:
        share = self.shares.get(name)
        if share is None:
            self.findings[7].fail(f"{entry['no']}: {name} is unknown")
            return None
        share.open -= yen
        if share.open < 0:
            self.findings[7].fail(f"{entry['no']}: {name} gives {-share.open} more than it has")
        return share

    def _line(self, entry: dict[str, Any]) -> None:
        name, yen, number = entry["share"], entry["yen"], entry["award"]
        share, award = self._take_from(entry, name, yen), self.awards.get(number)
        row = (name, number, yen, entry["rank"], entry["use"])
        self.lines[entry["run"]].append(row)
        if entry["run"] not in self.runs:
            self.findings[9].fail(f"{entry['no']}: run {entry['run']} was not approved before")
        if award is None:
            self.findings[8].fail(f"{entry['no']}: {number} was not decided before")
        elif share and not (_permits(share, entry) and _names(entry["use"], number, award.facts)):
            self.findings[7].fail(f"{entry['no']}: the wish of {name} does not permit {number}")

    def _redirected(self, entry: dict[str, Any]) -> None:
        old = self._take_from(entry, entry["share"], entry["yen"])
        gains = [p["account"] for p in entry["postings"] if p["yen"] < 0]
        if old is None or len(gains) != 1 or not entry.get("reason"):
            self.findings[7].fail(f"{entry['no']}: a redirection needs a share, a pot and a reason")
            return
        wish = entry["wish"]
        made = Share(gains[0], entry["yen"], wish["kind"], wish["target"], wish["fallback"])
        self._new_share(entry, entry["into"], made)

    def _give_back(self, entry: dict[str, Any]) -> None:
        """Yen that leave shares (refunds) or come back into them (returns), share by share."""
        if entry["kind"] in {"donation.refunded", "dispute.lost", "entry.reversed"}:
            for part in entry.get("lots") or ():
                self._take_from(entry, part["share"], part["yen"])
        elif entry["kind"] in {"grant.returned", "award.reduced", "award.cancelled"}:
            for part in entry["back"]:
                self._take_from(entry, part["share"], -part["yen"])

    def _on_awards(self, act: dict[str, Any], sign: int, entry: dict[str, Any]) -> None:
        if entry["kind"] == "award.decided":
            self.findings[8].counted += 1
            self.awards[entry["award"]] = Award(entry)
        for posting in entry["postings"]:
            award = self.awards.get(posting["account"].removeprefix("committed:"))
            if award is None and posting["account"].startswith("committed:"):
                self.findings[8].fail(f"{entry['no']}: {posting['account']} was never decided")
            elif award is not None and act["kind"] == "disbursement.paid":
                award.disbursed += posting["yen"]
            elif award is not None:
                award.allocated -= posting["yen"]
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


def _no_float(text: str) -> Any:
    raise ValueError(f"a number that is no integer: {text}")


_READ = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode


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
    return exact and isinstance(account, str) and bool(_ACCOUNT.fullmatch(account))


def _nets_to_nothing(entry: dict[str, Any]) -> bool:
    """A sum of payments may cancel out on every account."""
    return str(entry["kind"]).startswith("payments.") and not entry["postings"]


def _permits(share: Share, line: dict[str, Any]) -> bool:
    """Whether a share's wish permits a use at a rank."""
    use, rank = line["use"], line["rank"]
    if share.kind == "anywhere" or share.target is None:
        return bool(use == "any")
    if rank == 1:
        return bool(use == f"{_USES.get(share.kind)}:{share.target}")
    if share.fallback == "anywhere":
        return bool(use == "any")
    return share.fallback == "field" and str(use).startswith("field:")


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
