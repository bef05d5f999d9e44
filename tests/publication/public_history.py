"""Random lawful books over the real journal: gifts, awards, allocations, returns, corrections."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from sample_books import (
    BY,
    NOW,
    Wish,
    allocate,
    decide,
    disburse,
    gift_no,
    give,
    reverse,
)
from sqlalchemy import text

from fund.kernel.money import Yen
from fund.ledger import facts, journal, reversals
from fund.ledger.facts import Source
from fund.ledger.redirections import NewUse, Why, redirect
from fund.ledger.reversals import Back, Taking, Undone
from fund.platform.house import House, Transaction

WISHES = (
    ("group", "0132"),
    ("group", "0201"),
    ("field", "child"),
    ("field", "env"),
    ("theme", "river"),
    ("anywhere", None),
)
YEN = (1_000, 3_000, 5_000, 7_777, 10_000, 10_001, 12_345, 30_000, 150_000)


@dataclass
class Line:
    """One allocation line that stands: what it took from which lot."""

    name: str
    share: str
    award: str
    pot: str
    yen: int


@dataclass
class History:
    """Random steps; what stays open is remembered here, the journal checks everything else."""

    rng: random.Random
    lots: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    awards: dict[str, frozenset[str]] = field(default_factory=dict)
    """Awards that may get money, and the pots whose wishes permit them."""
    lines: list[Line] = field(default_factory=list)
    paid: set[str] = field(default_factory=set)
    serial: int = 100
    day: dt.date = dt.date(2025, 2, 1)

    def step(self, house: House) -> None:
        """One random step in a transaction of its own."""
        self.day += dt.timedelta(days=self.rng.choice((0, 0, 3, 17, 40)))
        acts = [self._give] * 4 + [self._decide, self._allocate, self._allocate, self._pay]
        acts += [self._return, self._refund, self._undo_fee, self._redirect, self._undo_refund]
        act = self.rng.choice(acts)
        with house.transaction(by=BY, now=NOW) as tx:
            act(tx)

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def _give(self, tx: Transaction) -> None:
        serial = self._next()
        chosen = self.rng.sample(WISHES, self.rng.choice((1, 1, 2)))
        wishes = [Wish(kind, target, self.rng.choice(YEN)) for kind, target in chosen]
        give(tx, serial, wishes, batch=f"B{serial}", on=self.day)
        for number, wish in enumerate(wishes, 1):
            pot = "general" if wish.kind == "anywhere" else f"{wish.kind}:{wish.target}"
            self.lots[f"{gift_no(serial)}/{number}"] = (serial, f"fund:{pot}", wish.yen)

    def _decide(self, tx: Transaction) -> None:
        award = f"A{self.day.year}-{self._next():04}"
        group, fields = self.rng.choice((("0132", ("env",)), ("0201", ("child", "env"))))
        theme = self.rng.choice((None, "river"))
        decide(tx, award, group, fields, 1_000_000, on=self.day, theme=theme)
        pots = {"fund:general", f"fund:group:{group}", *(f"fund:field:{one}" for one in fields)}
        self.awards[award] = frozenset(pots | ({f"fund:theme:{theme}"} if theme else set()))

    def _allocate(self, tx: Transaction) -> None:
        fitting = [
            (award, share)
            for award, pots in self.awards.items()
            for share, (_, pot, _) in sorted(self.lots.items())
            if award not in self.paid and pot in pots
        ]
        if not fitting:
            return self._give(tx)
        award, share = self.rng.choice(fitting)
        serial, pot, yen = self.lots[share]
        part = self.rng.randint(1, yen)
        run = f"RUN{self.day.year}-{self._next():03}"
        number = int(share.rpartition("/")[2])
        allocate(tx, run, [(serial, number, pot, award, part)], on=self.day)
        self.lines.append(Line(f"{run}#1", share, award, pot, part))
        self.lots[share] = (serial, pot, yen - part)
        if yen == part:
            del self.lots[share]
        return None

    def _pay(self, tx: Transaction) -> None:
        award = next((a for a in self.awards if self._free(a) and a not in self.paid), None)
        if award is None:
            return
        disburse(tx, award, self._free(award), on=self.day)
        self.paid.add(award)

    def _free(self, award: str) -> int:
        return sum(line.yen for line in self.lines if line.award == award)

    def _return(self, tx: Transaction) -> None:
        award = next((a for a in self.awards if a in self.paid), None)
        if award is None:
            return
        del self.awards[award]
        lines = [line for line in self.lines if line.award == award]
        back = self.rng.randint(1, sum(line.yen for line in lines))
        sources = [Source(line.share, line.pot, Yen(line.yen)) for line in lines]
        taken = facts.walk_back(sources, Yen(back))
        spent = Yen(sum(line.yen for line in lines) - back)
        stamps = ("settlement@2024-04",)
        journal.record(tx, facts.settlement_confirmed(award, spent, Yen(back), self.day, stamps))
        journal.record(tx, facts.grant_returned(award, taken, self.day, stamps))

    def _refund(self, tx: Transaction) -> None:
        self._take_back(tx)

    def _take_back(self, tx: Transaction) -> tuple[int, Back, Taking] | None:
        """All yen of one share that are still open or committed go back to the donor."""
        open_lines = [line for line in self.lines if line.award not in self.paid]
        if not open_lines:
            return None
        line = self.rng.choice(open_lines)
        self.lines.remove(line)
        lots: tuple[Source, ...] = ()
        if line.share in self.lots:
            _serial, pot, yen = self.lots.pop(line.share)
            lots = (Source(line.share, pot, Yen(yen)),)
        gift = line.share.partition("/")[0]
        undone = Undone(line.name, line.share, line.award, line.pot, Yen(line.yen), "committed")
        taking = Taking(lots, (undone,))
        back = Back(
            "donation.refunded",
            f"RF-{self._next()}",
            gift,
            self.day,
            "assets:clearing:stripe",
            "refund",
        )
        journal.record(tx, reversals.money_back(back, taking))
        found = tx.connection.execute(
            text("SELECT id FROM journal_entry WHERE fact_id = :fact"), {"fact": back.fact_id}
        ).scalar_one()
        return found, back, taking

    def _undo_refund(self, tx: Transaction) -> None:
        taken = self._take_back(tx)
        if taken is None:
            return
        entry_id, back, taking = taken
        again = Back(
            "entry.reversed",
            f"{back.fact_id}-back",
            back.gift_no,
            self.day,
            back.account,
            "refund-failed",
        )
        journal.record(tx, reversals.money_came_back(again, entry_id, "donation.refunded", taking))
        for line in taking.lines:
            self.lines.append(
                Line(line.line, line.share_id, line.award_no, line.pot, int(line.yen))
            )

    def _undo_fee(self, tx: Transaction) -> None:
        fact = f"fee_{self._next()}"
        journal.record(tx, facts.fee_charged(fact, Yen(36), self.day))
        if self.rng.random() < 0.5:
            found = tx.connection.execute(
                text("SELECT id FROM journal_entry WHERE fact_id = :fact"), {"fact": fact}
            ).scalar_one()
            reverse(tx, found, self.day)

    def _redirect(self, tx: Transaction) -> None:
        shares = [share for share, (_s, pot, _y) in self.lots.items() if pot != "fund:general"]
        if not shares:
            return
        share = self.rng.choice(sorted(shares))
        serial, _pot, yen = self.lots.pop(share)
        use = NewUse("anywhere", None, None, {"levels": [{"uses": ["any"]}]})
        why = Why(self.rng.choice(("donor-choice", "wish-term")), "x@2024-04", self.day)
        self.lots[redirect(tx, share, use, why)] = (serial, "fund:general", yen)
