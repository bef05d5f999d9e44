"""Check 8: every award's money, from its decision to its settlement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fund.publication.verifier.findings import Check
from fund.publication.verifier.reading import Moves

COMMITTED = "committed:"


@dataclass
class Award:
    """What the log says of one award."""

    facts: Mapping[str, Any]
    allocated: int = 0
    disbursed: int = 0
    spent: int | None = None
    returned: int = 0

    @property
    def ceiling(self) -> int:
        """The most it may be given."""
        return self.facts.get("ceiling") or 0


@dataclass
class Awards:
    """All awards by number."""

    check: Check
    known: dict[str, Award] = field(default_factory=dict)

    def decide(self, entry: Mapping[str, Any]) -> None:
        """An award is decided once."""
        self.check.counted += 1
        if entry["award"] in self.known:
            self.check.fail(f"{entry['no']}: {entry['award']} is decided a second time")
            return
        self.known[entry["award"]] = Award(entry)

    def move(self, no: int, moves: Moves, *, paid: bool = False) -> None:
        """Yen promised to awards, or paid out of what was promised."""
        for account, yen in moves.pairs:
            if not account.startswith(COMMITTED):
                continue
            award = self.known.get(account.removeprefix(COMMITTED))
            if award is None:
                self.check.fail(f"{no}: {account} was never decided")
            elif paid:
                award.disbursed += yen
            else:
                award.allocated -= yen

    def follow(self, act: Mapping[str, Any], sign: int) -> None:
        """What a group spent and gave back; ``sign`` is -1 where that is taken back."""
        named = self.known.get(act.get("award") or "")
        if named is not None and act["kind"] == "settlement.confirmed":
            named.spent = (named.spent or 0) + sign * act["spent"]
        elif named is not None and act["kind"] == "grant.returned":
            named.returned += sign * act["yen"]

    def close(self) -> None:
        """What can only be said at the end."""
        for number, award in self.known.items():
            if award.allocated > award.ceiling:
                self.check.fail(f"{number}: {award.allocated} allocated, {award.ceiling} decided")
            if award.disbursed > award.allocated:
                self.check.fail(f"{number}: {award.disbursed} paid, {award.allocated} allocated")
            if award.spent is not None and award.disbursed != award.spent + award.returned:
                self.check.fail(
                    f"{number}: {award.disbursed} paid, {award.spent} spent,"
                    f" {award.returned} returned"
                )


def names(use: str, number: str, facts: Mapping[str, Any]) -> bool:
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
