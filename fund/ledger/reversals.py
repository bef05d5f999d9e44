"""Facts of money that goes back, as entries: pure functions beside ``ledger.facts``.

Money of a gift that is not (yet) accepted, or of a payment beyond the gift's own, is *held*:
``payment.*``. Money of an accepted gift is the fund's: ``donation.*`` and ``dispute.*``. What a
disputed card payment took away stands in ``assets:clearing:disputed`` until the card company
has decided.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fund.kernel.canonical import Json
from fund.kernel.money import Yen, total
from fund.ledger import accounts
from fund.ledger.domain import Entry, LotPosting, Posting
from fund.ledger.facts import CLEARING, Line, Source, allocation_line

COMMITTED, WARD = "committed", "ward"


@dataclass(frozen=True)
class Held:
    """Yen of one payment that are held: the payment, its gift, and where the money stands."""

    payment_no: str
    gift_no: str
    yen: Yen
    on: dt.date

    def detail(self, **more: Json) -> Mapping[str, Json]:
        """What every entry about it says."""
        return {"payment": self.payment_no, "gift": self.gift_no, "yen": int(self.yen), **more}


def clearing_of(method: str) -> str:
    """The account on which money of a payment method moves."""
    return CLEARING[method]


def payment_returned(fact_id: str, held: Held, account: str, reason: str) -> Entry:
    """Held money went back to the donor (``account``: where it left from)."""
    return Entry(
        kind="payment.returned",
        fact_id=fact_id,
        on=held.on,
        postings=(Posting(accounts.HELD, held.yen), Posting(account, -held.yen)),
        reason=reason,
        detail=held.detail(fact=fact_id),
    )


def payment_disputed(fact_id: str, held: Held) -> Entry:
    """The card company took held money back until it has decided; it stays held for the donor."""
    return Entry(
        kind="payment.disputed",
        fact_id=fact_id,
        on=held.on,
        postings=(
            Posting(accounts.CLEARING_DISPUTED, held.yen),
            Posting(accounts.CLEARING_STRIPE, -held.yen),
        ),
        reason="dispute",
        detail=held.detail(fact=fact_id),
    )


def payment_reinstated(fact_id: str, held: Held) -> Entry:
    """A dispute over held money was won: the provider has given it back."""
    return Entry(
        kind="payment.reinstated",
        fact_id=fact_id,
        on=held.on,
        postings=(
            Posting(accounts.CLEARING_STRIPE, held.yen),
            Posting(accounts.CLEARING_DISPUTED, -held.yen),
        ),
        reason="dispute",
        detail=held.detail(fact=fact_id),
    )


def payment_came_back(fact_id: str, held: Held, account: str) -> Entry:
    """Held money that had left came back: the donor's bank did not take it."""
    return Entry(
        kind="payment.reinstated",
        fact_id=fact_id,
        on=held.on,
        postings=(Posting(account, held.yen), Posting(accounts.HELD, -held.yen)),
        reason="refund-failed",
        detail=held.detail(fact=fact_id),
    )


@dataclass(frozen=True)
class Undone:
    """Yen taken back of one allocation line (``RUN2026-001#3``) of a lot for an award.

    ``source`` is ``committed`` (the award was not paid yet and is short again) or ``ward`` (the
    group keeps them, the ward stands in). ``pot`` is where the lot gave them from.
    """

    line: str
    share_id: str
    award_no: str
    pot: str
    yen: Yen
    source: str

    def public(self, sign: int = 1) -> Mapping[str, Json]:
        """As the entry tells it; a negative sign gives the yen to the line again."""
        return {
            "line": self.line,
            "share": self.share_id,
            "award": self.award_no,
            "yen": sign * int(self.yen),
            "from": self.source,
        }


@dataclass(frozen=True)
class Taking:
    """Where yen of an accepted gift are found: in its open lots, then in its allocation lines."""

    lots: tuple[Source, ...] = ()
    lines: tuple[Undone, ...] = ()

    @property
    def yen(self) -> Yen:
        """All of it."""
        return total([*(lot.yen for lot in self.lots), *(line.yen for line in self.lines)])


@dataclass(frozen=True)
class Back:
    """Why and when money of an accepted gift goes back, and from which account it leaves."""

    kind: str
    fact_id: str
    gift_no: str
    on: dt.date
    account: str
    reason: str
    clauses: tuple[str, ...] = ()


def money_back(back: Back, taking: Taking) -> Entry:
    """``donation.refunded`` or ``dispute.lost``: pots, then awards, then the ward give the yen."""
    debits: dict[str, Yen] = defaultdict(lambda: Yen(0))
    for part in taking.lots:
        debits[part.pot] += part.yen
    for line in taking.lines:
        debits[_place(line)] += line.yen
    return Entry(
        kind=back.kind,
        fact_id=back.fact_id,
        on=back.on,
        postings=(
            *(Posting(account, yen) for account, yen in sorted(debits.items())),
            Posting(back.account, -taking.yen),
        ),
        lots=_lots(taking.lots),
        reason=back.reason,
        clauses=back.clauses,
        detail={
            "gift": back.gift_no,
            "yen": int(taking.yen),
            "fact": back.fact_id,
            "lots": [{"share": part.share_id, "yen": int(part.yen)} for part in taking.lots],
            "lines": [line.public() for line in taking.lines],
        },
    )


def money_came_back(back: Back, reverses: int, undone_kind: str, taking: Taking) -> Entry:
    """A refund that had left came back: the entry is reversed.

    ``taking`` says where the yen go now: usually where they were taken from; a line whose award
    has found other money meanwhile gives its place up, and its yen wait in their pot again.
    """
    credits_: dict[str, Yen] = defaultdict(lambda: Yen(0))
    for part in taking.lots:
        credits_[part.pot] += part.yen
    for line in taking.lines:
        credits_[_place(line)] += line.yen
    return Entry(
        kind=back.kind,
        fact_id=back.fact_id,
        on=back.on,
        postings=(
            Posting(back.account, taking.yen),
            *(Posting(account, -yen) for account, yen in sorted(credits_.items())),
        ),
        lots=tuple(LotPosting(p.share_id, p.account, -p.yen) for p in _lots(taking.lots)),
        reason=back.reason,
        reverses=reverses,
        clauses=back.clauses,
        detail={
            "gift": back.gift_no,
            "of": undone_kind,
            "yen": int(taking.yen),
            "lots": [{"share": part.share_id, "yen": -int(part.yen)} for part in taking.lots],
            "lines": [line.public(-1) for line in taking.lines],
        },
    )


def reinstatement_line(line: Line, on: dt.date, clauses: Sequence[str]) -> Entry:
    """Yen of one lot take the place of yen the ward stood in for: an award keeps what it has."""
    entry = allocation_line(line, on, clauses)
    pots = tuple(posting for posting in entry.postings if posting.account.startswith("fund:"))
    return replace(
        entry, postings=(*pots, Posting(accounts.DUE_FROM_WARD, -line.yen)), reason="reinstatement"
    )


@dataclass(frozen=True)
class AwardBack:
    """Which change of an award frees its money (``award.reduced`` or ``award.cancelled``)."""

    kind: str
    change_no: str
    award_no: str
    on: dt.date
    reason: str
    clauses: tuple[str, ...] = ()


def award_walked_back(back: AwardBack, parts: Sequence[Undone]) -> Entry:
    """An award was made smaller or cancelled: its unpaid yen go back to the pots they came from."""
    sources = [Source(part.share_id, part.pot, part.yen) for part in parts]
    credits_: dict[str, Yen] = defaultdict(lambda: Yen(0))
    shares: dict[str, Yen] = defaultdict(lambda: Yen(0))
    for source in sources:
        credits_[source.pot] += source.yen
        shares[source.share_id] += source.yen
    yen = total(part.yen for part in parts)
    return Entry(
        kind=back.kind,
        fact_id=back.change_no,
        on=back.on,
        postings=(
            Posting(accounts.committed_to(back.award_no), yen),
            *(Posting(pot, -part) for pot, part in sorted(credits_.items())),
        ),
        lots=tuple(LotPosting(p.share_id, p.account, -p.yen) for p in _lots(sources)),
        reason=back.reason,
        clauses=back.clauses,
        detail={
            "award": back.award_no,
            "change": back.change_no,
            "yen": int(yen),
            "back": [{"share": share, "yen": int(part)} for share, part in sorted(shares.items())],
            "lines": [part.public() for part in parts],
        },
    )


def donation_disputed(fact_id: str, gift_no: str, yen: Yen, on: dt.date) -> Entry:
    """The card company took an accepted gift's money back until it has decided; no pot moves."""
    return _clearing("donation.disputed", fact_id, gift_no, yen, on)


def dispute_won(fact_id: str, gift_no: str, yen: Yen, on: dt.date) -> Entry:
    """The card company decided for the fund: the provider has given the money back."""
    return _clearing("dispute.won", fact_id, gift_no, yen, on)


def _clearing(kind: str, fact_id: str, gift_no: str, yen: Yen, on: dt.date) -> Entry:
    ends: Sequence[str] = (accounts.CLEARING_DISPUTED, accounts.CLEARING_STRIPE)
    to, source = ends if kind == "donation.disputed" else reversed(ends)
    return Entry(
        kind=kind,
        fact_id=fact_id,
        on=on,
        postings=(Posting(to, yen), Posting(source, -yen)),
        reason="dispute",
        detail={"gift": gift_no, "yen": int(yen), "fact": fact_id},
    )


def _place(line: Undone) -> str:
    if line.source == COMMITTED:
        return accounts.committed_to(line.award_no)
    return accounts.DUE_FROM_WARD


def _lots(parts: Iterable[Source]) -> tuple[LotPosting, ...]:
    by_lot: dict[tuple[str, str], Yen] = defaultdict(lambda: Yen(0))
    for part in parts:
        by_lot[part.share_id, part.pot] += part.yen
    return tuple(LotPosting(share, pot, yen) for (share, pot), yen in sorted(by_lot.items()))
