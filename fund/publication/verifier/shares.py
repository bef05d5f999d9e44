"""Check 7: every gift's yen, share by share, and the pots they stand in at every entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fund.publication.verifier.findings import Check
from fund.publication.verifier.reading import Moves, Wish, wish_of

GENERAL = "fund:general"
_USES = {"group": "group", "field": "field", "theme": "programme"}
_TAKEN = frozenset({"donation.refunded", "dispute.lost", "entry.reversed"})
_GIVEN = frozenset({"grant.returned", "award.reduced", "award.cancelled"})


@dataclass
class Shares:
    """What every share still holds, under which wish, and which got yen in the last months.

    ``_moved`` are the yen that left (positive) or entered pots with the entry just taken, told
    by the shares; its postings must say the same. ``month`` is that of the entry at hand,
    ``fresh`` the shares that got yen in the two latest months seen.
    """

    check: Check
    left: dict[str, int] = field(default_factory=dict)
    wishes: dict[str, Wish] = field(default_factory=dict)
    disputed: set[str] = field(default_factory=set)
    fresh: dict[str, set[str]] = field(default_factory=dict)
    month: str = ""
    _commitments: set[int] = field(default_factory=set)
    _moved: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def receive(
        self,
        no: int,
        gift: str,
        commitment: str,
        moves: Moves,
        shares: Sequence[tuple[str, Wish, int]],
    ) -> None:
        """An accepted gift: its shares, numbered from 1, are exactly what was held for it."""
        given, own = 0, gift + "/"
        for name, wish, yen in shares:
            given += yen
            self.new(no, name, wish, yen)
            if not name.startswith(own):
                self.check.fail(f"{no}: {name} is no share of its gift")
        held = sum(yen for account, yen in moves.pairs if account == "held:unaccepted")
        if given != held:
            self.check.fail(f"{no}: shares of {given} for a gift of {held}")
        if not shares or shares[0][0] != own + "1":
            self.check.fail(f"{no}: the shares of {gift} do not begin with {own}1")
        opened = int(commitment[:24], 16)
        if opened in self._commitments:
            self.check.fail(f"{no}: another gift has the same commitment")
        self._commitments.add(opened)

    def new(self, no: int, name: str, wish: Wish, yen: int) -> None:
        """Yen enter the fund under a wish."""
        self.check.counted += 1
        if name in self.left or yen <= 0:
            self.check.fail(f"{no}: {name} cannot enter the fund")
        self.left[name] = yen
        self.wishes[name] = wish
        self._moved[wish.pot] -= yen
        self._got(name)

    def _got(self, name: str) -> None:
        if self.month not in self.fresh:
            self.fresh[self.month] = set()
            if len(self.fresh) > 2:
                del self.fresh[min(self.fresh)]
        if self.month in self.fresh:
            self.fresh[self.month].add(name)

    def take(self, no: int, name: str, yen: int) -> Wish | None:
        """Yen leave a share (negative: come back to it); its wish, None for an unknown share."""
        if name not in self.left:
            self.check.fail(f"{no}: {name} is unknown")
            return None
        self.left[name] -= yen
        if self.left[name] < 0:
            self.check.fail(f"{no}: {name} gives {-self.left[name]} more than it has")
        if yen < 0:
            self._got(name)
        wish = self.wishes[name]
        self._moved[wish.pot] += yen
        return wish

    def follow(self, entry: Mapping[str, Any]) -> None:
        """Entries other than gifts and allocation lines."""
        kind, no = entry["kind"], entry["no"]
        if kind in {"opening.balance", "interest.earned"}:
            gains = (one["yen"] for one in entry["postings"] if one["account"] == GENERAL)
            self.new(no, entry["share"], Wish(GENERAL), -sum(gains))
        elif kind == "designation.redirected":
            self._redirect(entry)
        elif kind == "donation.disputed":
            self.disputed.add(entry["gift"])
        if kind in _TAKEN:
            self._all(no, entry.get("lots") or (), 1)
        elif kind in _GIVEN:
            self._all(no, entry["back"], -1)

    def _all(self, no: int, parts: Iterable[Mapping[str, Any]], sign: int) -> None:
        for part in parts:
            self.take(no, part["share"], sign * part["yen"])

    def _redirect(self, entry: Mapping[str, Any]) -> None:
        no, wish = entry["no"], entry["wish"]
        if not entry["share"].startswith(own := entry["gift"] + "/"):
            self.check.fail(f"{no}: {entry['share']} is no share of its gift")
        if not entry["into"].startswith(own):
            self.check.fail(f"{no}: {entry['into']} is no share of its gift")
        self.take(no, entry["share"], entry["yen"])
        made = wish_of(wish["kind"], wish["target"], wish["fallback"])
        self.new(no, entry["into"], made, entry["yen"])

    def settle(self, no: int, moves: Moves) -> None:
        """The postings of an entry moved every pot as its shares say."""
        told = self._moved
        if len(moves.pairs) == 2 and len(told) == 1:
            ((pot, yen),) = told.items()
            if (pot, yen) in moves.pairs and sum(a.startswith("fund:") for a, _ in moves.pairs) < 2:
                told.clear()
                return
        for account, yen in moves.pairs:
            if account.startswith("fund:"):
                told[account] -= yen
        for pot, yen in told.items():
            if yen:
                self.check.fail(f"{no}: {pot} moved by {yen} less than its shares")
        told.clear()

    def close(self, balances: Mapping[str, int]) -> None:
        """At the end every pot holds what its shares hold."""
        pots: dict[str, int] = defaultdict(int)
        for share, wish in self.wishes.items():
            pots[wish.pot] += self.left[share]
        for pot in {*pots, *(name for name in balances if name.startswith("fund:"))}:
            if pots[pot] != -balances.get(pot, 0):
                self.check.fail(f"{pot} holds {-balances.get(pot, 0)}, its shares {pots[pot]}")


def first_use(wish: Wish) -> str:
    """The use a wish permits in the first place, as runs name it."""
    if wish.kind == "anywhere" or wish.target is None:
        return "any"
    return f"{_USES.get(wish.kind)}:{wish.target}"


def permits(wish: Wish, use: str, rank: int) -> bool:
    """Whether a share's wish permits a use at a rank."""
    if wish.kind == "anywhere" or wish.target is None:
        return use == "any"
    if rank == 1:
        return use == first_use(wish)
    if wish.fallback == "anywhere":
        return use == "any"
    return wish.fallback == "field" and use.startswith("field:")
