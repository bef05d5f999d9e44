"""Large, lawful books of made-up gifts (見本) in which every kind of entry occurs.

They are made by the house's own facts and public forms, block by block: a block is a batch of
gifts, an award decided and paid from them by a run of the published rule, and everything that
can go otherwise (refunds, disputes, redirections, reductions, returns, reversals). What is left
over is wished "anywhere", so the next block's award takes it up. No database is asked.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fund.allocation.domain import allocate
from fund.allocation.domain.files import plan_bytes, problem_from
from fund.kernel.calendar import fiscal_year
from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.ledger import accounts, facts, reversals
from fund.ledger.domain import Entry, Posting
from fund.ledger.facts import Line, Share
from fund.ledger.redirections import NewUse, Why, designation_redirected
from fund.ledger.reversals import Back, Taking, Undone
from fund.publication.closing.domain import balance_sha256, last_day
from fund.publication.domain.entries import Booked, body, commitment, draft, payment_sum

FIRST = dt.date(2022, 4, 1)
ANY: dict[str, Any] = {"levels": [{"uses": ["any"]}]}
YEN = (3_000, 5_000, 5_000, 10_000, 10_000, 12_000, 30_000, 100_000)
OTHERS = 100
"""Room for the entries of a block that are neither gifts nor allocation lines."""


@dataclass
class Lot:
    """Open yen of a share in its pot, as refunds and redirections need it."""

    share_id: str
    pot: str
    open_yen: Yen
    wish: dict[str, Any]
    gift_no: str | None
    received_on: dt.date
    origin: str = "gift"


@dataclass
class Books:
    """The log so far: bodies in order, the state they lead to, and the files of the runs."""

    size: int
    blocks: int
    no: int = 0
    lots: dict[str, Lot] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    runs: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    announce: str | None = None
    announced_at: int | None = None

    def entries(self) -> Iterator[bytes]:
        """All bodies: exactly ``size`` of them."""
        for entry in self._all():
            yield entry
            if self.no == self.size:
                return

    def _all(self) -> Iterator[bytes]:
        yield self._one(facts.opening_balance("O-00000001", Yen(5_000_000), FIRST, {"source": "x"}))
        self._open(Lot("O-00000001", accounts.GENERAL, Yen(5_000_000), ANY, None, FIRST, "opening"))
        detail: dict[str, Json] = {"edition": "2022-04", "sha256": "0" * 64}
        edition = Entry("manual.edition", "2022-04", FIRST, detail={**detail, "effective_on": "x"})
        yield self._one(edition)
        if self.announce:
            yield self._one(Entry("log.key", self.announce, FIRST, detail={"vkey": self.announce}))
            self.announced_at = self.no
        gifts = max(12, (self.size // self.blocks - OTHERS) * 10 // 24)
        block, on = 0, FIRST
        while self.size - self.no > gifts * 24 // 10 + OTHERS:
            before, on = (
                on,
                FIRST + dt.timedelta(days=min(block, self.blocks) * 1_500 // self.blocks),
            )
            for year in range(fiscal_year(before), fiscal_year(on)):
                yield self._close(year, on)
            yield from _Block(self, block, on, gifts).entries()
            block += 1
        while True:
            yield self._one(facts.fee_charged(f"F{self.no}", Yen(36), on))

    def _close(self, year: int, on: dt.date) -> bytes:
        """The entry that closes a fiscal year, with the fingerprint of all balances now."""
        detail: dict[str, Json] = {"sha256": balance_sha256(self.balances), "closed_on": str(on)}
        return self._one(Entry("period.closed", f"FY{year}", last_day(year), detail=detail))

    def _one(self, entry: Entry, *, reverses: int | None = None, salt: str = "") -> bytes:
        """The public bytes of an entry, added to the books."""
        booked = Booked(
            id=self.no + 1,
            kind=entry.kind,
            fact_id=entry.fact_id,
            fy=entry.fy,
            on=entry.on,
            postings=tuple((one.account, int(one.yen)) for one in entry.postings),
            reason=str(entry.reason) if entry.reason else None,
            clauses=entry.clauses,
            detail=entry.detail,
        )
        opened = commitment(entry.fact_id, hashlib.sha256(salt.encode()).digest(), entry.on, salt)
        return self._add(draft(booked, opened), reverses)

    def _add(self, made: Any, reverses: int | None = None) -> bytes:
        self.no += 1
        for account, yen in made.postings:
            self.balances[account] += yen
        return body(made, self.no, reverses)

    def _open(self, lot: Lot) -> None:
        self.lots[lot.share_id] = lot

    def give(self, lot: Lot, yen: Yen) -> None:
        """Yen come back to a lot."""
        there = self.lots.get(lot.share_id)
        self._open(replace(lot, open_yen=yen + there.open_yen if there else yen))

    def take(self, share: str, yen: int) -> None:
        """Yen leave a lot."""
        left = int(self.lots[share].open_yen) - yen
        assert left >= 0
        if left:
            self.lots[share].open_yen = Yen(left)
        else:
            del self.lots[share]


@dataclass
class _Block:
    books: Books
    block: int
    on: dt.date
    gifts: int

    def __post_init__(self) -> None:
        self.award = f"A{fiscal_year(self.on)}-{self.block + 1:04}"
        self.small = f"A{fiscal_year(self.on)}-{self.block + 5001:04}"
        self.group, self.field = f"{self.block % 500 + 1:04}", f"field-{self.block % 30 + 1}"
        self.run = f"RUN{fiscal_year(self.on)}-{self.block + 1:05}"
        self.fact = f"{self.block:05}"

    def entries(self) -> Iterator[bytes]:
        one = self.books._one
        made = [self._gift(number) for number in range(self.gifts)]
        yield from self._payments(made)
        for gift in made:
            yield one(
                facts.donation_received(gift, self.on, f"B{self.fact}", ("acceptance@2022-04",)),
                salt=gift.no,
            )
            for share in gift.shares:
                self.books._open(
                    Lot(share.share_id, share.pot, share.yen, dict(share.wish), gift.no, self.on)
                )
        yield from self._donors_change(made)
        for award in (self.award, self.small):
            yield one(
                facts.award_decided(award, self.on, ("decision@2022-04",), self._decision(award))
            )
        lines = yield from self._run()
        yield from self._bank(lines)
        yield from self._award_ends(lines)

    def _gift(self, number: int) -> facts.Gift:
        turn = self.block * 7 + number * 13
        no, yen = f"G-{self.block:04X}{number:04X}", YEN[turn % len(YEN)]
        kind, target = (
            ("group", self.group),
            ("field", self.field),
            ("anywhere", None),
            ("theme", "waterside"),
        )[number % 4]
        use = f"{'programme' if kind == 'theme' else kind}:{target}" if target else "any"
        wish: dict[str, Any] = {"levels": [{"uses": [use]}]} if target else ANY
        kept = yen * 3 // 10 if kind == "group" else 0
        fallback = None if kind == "anywhere" else "anywhere"
        shares = [Share(f"{no}/1", kind, target, fallback, "wish", Yen(yen - kept), wish)]
        if kept:
            shares.append(Share(f"{no}/2", "anywhere", None, None, "kept", Yen(kept), ANY))
        return facts.Gift(no, Yen(yen), self.on, tuple(shares))

    def _payments(self, made: list[facts.Gift]) -> Iterator[bytes]:
        paid = [
            Booked(
                i, e.kind, e.fact_id, e.fy, e.on, tuple((p.account, int(p.yen)) for p in e.postings)
            )
            for i, gift in enumerate(made)
            for e in [
                facts.payment_received(
                    f"P{i}", gift.no, gift.yen, ("card", "counter")[i % 2], self.on
                )
            ]
        ]
        extra = facts.payment_received("PX", "G-X", Yen(4_000), "card", self.on)
        moved = tuple((p.account, int(p.yen)) for p in extra.postings)
        paid.append(Booked(len(paid), extra.kind, "PX", extra.fy, extra.on, moved))
        back = tuple((account, -yen) for account, yen in moved)
        returned = Booked(
            0, "payment.returned", "PX", extra.fy, extra.on, back, reason="double-payment"
        )
        month = self.on.replace(day=1)
        yield self.books._add(payment_sum(paid, month, f"B{self.fact}"))
        yield self.books._add(payment_sum([returned], month, None))

    def _donors_change(self, made: list[facts.Gift]) -> Iterator[bytes]:
        """A redirection, a refund, a dispute won, one lost, and a refund that came back."""
        one, books = self.books._one, self.books
        field_gift, refunded, won, lost, again = (made[i] for i in (1, 2, 5, 6, 7))
        old = books.lots[field_gift.shares[0].share_id]
        use = NewUse(
            "group", self.group, "anywhere", {"levels": [{"uses": [f"group:{self.group}"]}]}
        )
        why = Why("donor-choice", "wish-fallback@2022-04", self.on)
        into = f"{field_gift.no}/{len(field_gift.shares) + 1}"
        yield one(designation_redirected(old, into, old.open_yen, use, why))  # type: ignore[arg-type]
        books._open(replace(old, share_id=into, pot=use.pot, wish=dict(use.levels)))
        books.take(old.share_id, int(old.open_yen))
        yield one(
            reversals.money_back(self._back("donation.refunded", refunded), self._taking(refunded))
        )
        self._gone(refunded)
        yield one(reversals.donation_disputed(f"D1{self.fact}", won.no, won.yen, self.on))
        yield one(reversals.dispute_won(f"D1{self.fact}", won.no, won.yen, self.on))
        yield one(reversals.donation_disputed(f"D2{self.fact}", lost.no, lost.yen, self.on))
        account = "assets:clearing:disputed"
        yield one(
            reversals.money_back(self._back("dispute.lost", lost, account), self._taking(lost))
        )
        self._gone(lost)
        taking = self._taking(again)
        yield one(reversals.money_back(self._back("donation.refunded", again), taking))
        number = books.no
        came = self._back("entry.reversed", again)
        yield one(
            reversals.money_came_back(came, number, "donation.refunded", taking), reverses=number
        )

    def _back(self, kind: str, gift: facts.Gift, account: str = "assets:clearing:stripe") -> Back:
        return Back(
            kind, f"R{gift.no}", gift.no, self.on, account, "wrong-amount", ("refund@2022-04",)
        )

    def _taking(self, gift: facts.Gift) -> Taking:
        return Taking(tuple(facts.Source(s.share_id, s.pot, s.yen) for s in gift.shares))

    def _gone(self, gift: facts.Gift) -> None:
        for share in gift.shares:
            self.books.take(share.share_id, int(share.yen))

    def _decision(self, award: str) -> dict[str, Json]:
        told: dict[str, Json] = {"award": award, "group": self.group, "programme": "start-up"}
        told |= {"theme": "waterside", "fields": [self.field], "title": f"見本の事業 {award}"}
        return {**told, "ceiling": 10_000_000_000 if award == self.award else 50_000}

    def _run(self) -> Any:
        """Every open yen for the two awards, by the published rule."""
        grants = [
            {
                "id": award,
                "group": self.group,
                "fields": [self.field],
                "programme": "waterside",
                "approved_max": self._decision(award)["ceiling"],
                "min_viable": 0,
                "tier": 1,
                "score": score,
                "weight": 1,
            }
            for award, score in ((self.small, 90), (self.award, 80))
        ]
        document = {
            "format": "alloc-case/1",
            "run_date": self.on.isoformat(),
            "policy": {
                "order": "funding_first",
                "spend_order": ["flex", "vintage"],
                "vintage": "fy",
                "within": "prorata",
            },
            "donations": [
                {
                    "id": lot.share_id,
                    "amount": int(lot.open_yen),
                    "received": f"{fiscal_year(lot.received_on)}-04-01",
                    "levels": lot.wish["levels"],
                    "on_exhausted": "carry",
                }
                for lot in self.books.lots.values()
            ],
            "grants": grants,
        }
        problem = problem_from(document)
        plan = allocate(problem)
        files = problem.canonical, plan_bytes(plan)
        self.books.runs[self.run] = files
        total = sum(row.amount for row in plan.ledger)
        told: dict[str, Json] = {"run": self.run, "rule": "lex-flow/1", "total": total}
        told |= {"problem_sha256": hashlib.sha256(files[0]).hexdigest()}
        told |= {"plan_sha256": hashlib.sha256(files[1]).hexdigest()}
        yield self.books._one(
            facts.allocation_approved(self.run, self.on, ("allocation-rule@2022-04",), told)
        )
        lines = []
        for number, row in enumerate(plan.ledger, 1):
            lot = self.books.lots[row.donation]
            line = Line(
                self.run,
                number,
                row.donation,
                lot.gift_no,
                {lot.pot: Yen(row.amount)},
                row.grant,
                row.rank,
                row.use,
            )
            yield self.books._one(facts.allocation_line(line, self.on, ("wish-respected@2022-04",)))
            lines.append((line, lot))
        for line, _ in lines:
            self.books.take(line.share_id, int(line.yen))
        return lines

    def _bank(self, lines: list[tuple[Line, Lot]]) -> Iterator[bytes]:
        one = self.books._one
        for source in ("assets:clearing:stripe", "assets:clearing:counter"):
            yen = self.books.balances[source]
            yield one(
                facts.clearing_settled(f"po_{source[-6:]}{self.fact}", source, Yen(yen), self.on)
            )
        yield one(facts.fee_charged(f"F{self.fact}", Yen(360), self.on))
        yield one(facts.fee_reimbursed(f"F{self.fact}", Yen(360), self.on))
        interest = f"I-{self.block:08}"
        yield one(facts.interest_earned(interest, Yen(101), self.on))
        self.books._open(Lot(interest, accounts.GENERAL, Yen(101), ANY, None, self.on, "interest"))
        for kind, sign in (("fund.deposited", 1), ("fund.withdrawn", -1)):
            moved = (
                Posting("assets:fund-deposit", Yen(sign * 700)),
                Posting("assets:bank", Yen(-sign * 700)),
            )
            yield one(Entry(kind, f"S{sign}{self.fact}", self.on, postings=moved))

    def _award_ends(self, lines: list[tuple[Line, Lot]]) -> Iterator[bytes]:
        """The small award is cancelled, the large one reduced, paid, settled and partly returned."""
        one, books = self.books._one, self.books
        small = [pair for pair in lines if pair[0].award_no == self.small]
        large = [pair for pair in lines if pair[0].award_no == self.award]
        free = [pair for pair in large if pair[1].pot == accounts.GENERAL]
        for kind, award, taken in (
            ("award.cancelled", self.small, [p for p in small if p[1].pot == accounts.GENERAL]),
            ("award.reduced", self.award, free[:2]),
        ):
            if taken:
                parts = [
                    Undone(
                        f"{self.run}#{line.line}",
                        lot.share_id,
                        award,
                        lot.pot,
                        line.yen,
                        "committed",
                    )
                    for line, lot in taken
                ]
                back = reversals.AwardBack(kind, f"C{award}", award, self.on, "not-carried-out")
                yield one(reversals.award_walked_back(back, parts))
                for line, lot in taken:
                    books.give(lot, line.yen)
        due = -books.balances[f"committed:{self.award}"]
        yield one(facts.disbursement_paid(f"{self.award}-1", self.award, Yen(due), self.on))
        line, lot = free[2]
        yield one(
            facts.settlement_confirmed(self.award, Yen(due - int(line.yen)), line.yen, self.on, ())
        )
        yield one(
            facts.grant_returned(
                self.award, [facts.Source(lot.share_id, lot.pot, line.yen)], self.on, ()
            )
        )
        books.give(lot, line.yen)
