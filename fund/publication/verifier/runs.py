"""Check 9: every run follows from its problem, and its problem from the books at its approval."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from fund.allocation.checker import Malformed
from fund.allocation.checker import check as recheck
from fund.publication.verifier.awards import Award
from fund.publication.verifier.findings import Check
from fund.publication.verifier.ledger import Ledger
from fund.publication.verifier.reading import read_json
from fund.publication.verifier.shares import Shares, first_use
from fund.publication.verifier.sources import Missing, Source

FILES = ("problem", "plan")
_UNREADABLE = (Missing, ValueError, KeyError, TypeError, IndexError, AttributeError, Malformed)


class Runs:
    """The runs of a release, looked at as the log approves them."""

    def __init__(self, source: Source, check: Check) -> None:
        self._source, self._check = source, check
        self._planned: dict[str, list[tuple[str, str, int, int, str]]] = {}

    def approved(self, entry: Mapping[str, Any], ledger: Ledger) -> None:
        """Both files are the approved ones, and speak of the books as they stand now."""
        check, run = self._check, entry["run"]
        check.counted += 1
        try:
            files = [self._source.read(f"runs/{run}/{name}.json") for name in FILES]
            for name, data in zip(FILES, files, strict=True):
                if hashlib.sha256(data).hexdigest() != entry[f"{name}_sha256"]:
                    check.fail(f"{run}: {name}.json is not the approved one")
            problem, plan = (read_json(data) for data in files)
            for fault in recheck(problem, plan):
                check.fail(f"{run}: {fault}")
            for fault in _against_the_books(problem, entry, ledger):
                check.fail(f"{run}: {fault}")
            self._planned[run] = _planned(plan)
        except _UNREADABLE as error:
            check.fail(f"{run}: {error!r}"[:300])
        except RecursionError:
            check.fail(f"{run}: nested too deeply")

    def close(self, ledger: Ledger) -> None:
        """At the end: the lines of the log are the plan's, and sum to what was approved."""
        for run, entry in ledger.runs.items():
            lines = ledger.lines.get(run, [])
            if run in self._planned and self._planned[run] != sorted(lines):
                self._check.fail(f"{run}: the lines in the log are not the plan's")
            if sum(line[2] for line in lines) != entry["total"]:
                self._check.fail(f"{run}: its lines do not sum to the total approved")


def _planned(plan: Mapping[str, Any]) -> list[tuple[str, str, int, int, str]]:
    """The rows of a plan as the log's lines tell them."""
    return sorted(
        (row["donation"], row["grant"], row["amount"], row["rank"], row["use"])
        for row in plan["ledger"]
    )


def _against_the_books(
    problem: Mapping[str, Any], entry: Mapping[str, Any], ledger: Ledger
) -> Iterator[str]:
    """What a problem says otherwise than the log up to its approval.

    Every share must stand there with what it held and the wish it has, every award with what
    was decided. Left out may be only money that was not free: gifts under dispute, and gifts
    the log tells before the approval although they came in the same batch after it.
    """
    before: dict[str, int] = defaultdict(int)
    for row in problem.get("previous", []):
        before[row["donation"]] += row["amount"]
    shares, free = ledger.shares, 0
    for gift in problem["donations"]:
        yen = gift["amount"] - gift.get("refunded", 0) - before[gift["id"]]
        free += yen
        if fault := _gift_fault(gift, yen, shares):
            yield fault
    for grant in problem["grants"]:
        award = ledger.awards.known.get(grant["id"])
        if award is None or not _is_same_award(grant, award):
            yield f"{grant['id']} is not the award that was decided"
    if free != -sum(yen for pot, yen in ledger.balances.items() if pot.startswith("fund:")):
        named = {gift["id"] for gift in problem["donations"]}
        yield from _left_out(shares, named, entry["on"])


def _gift_fault(gift: Mapping[str, Any], free: int, shares: Shares) -> str | None:
    name = gift["id"]
    if name not in shares.left:
        return f"{name} is no share of the log"
    if free != shares.left[name] and name.partition("/")[0] not in shares.disputed:
        return f"{name} has {shares.left[name]}, the problem says {free}"
    if gift["levels"][0]["uses"] != [first_use(shares.wishes[name])]:
        return f"{name} has another wish"
    return None


def _is_same_award(grant: Mapping[str, Any], award: Award) -> bool:
    facts = award.facts
    return bool(
        grant["group"] == facts.get("group")
        and grant["programme"] in (facts.get("programme"), facts.get("theme"))
        and sorted(grant["fields"]) == sorted(facts.get("fields") or ())
        and grant["approved_max"] <= award.ceiling
    )


def _left_out(shares: Shares, named: set[str], on: str) -> Iterator[str]:
    """Shares with money that a problem does not name although they were there before."""
    month = on[: len("2026-05")]
    fresh = set[str]().union(*(names for told, names in shares.fresh.items() if told >= month))
    for name, yen in shares.left.items():
        excused = name in fresh or name.partition("/")[0] in shares.disputed
        if yen > 0 and name not in named and not excused:
            yield f"{name} is left out although {yen} yen are free"
