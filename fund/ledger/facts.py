"""Facts to entries: pure functions, one for each way money can move. An accountant's page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fund.kernel.canonical import Json
from fund.kernel.money import Yen, total
from fund.ledger import accounts
from fund.ledger.domain import Entry, LotPosting, NewLot, Posting

CLEARING = {
    "card": accounts.CLEARING_STRIPE,
    "konbini": accounts.CLEARING_STRIPE,
    "paypay": accounts.CLEARING_STRIPE,
    "bank_transfer": accounts.CLEARING_STRIPE,
    "counter": accounts.CLEARING_COUNTER,
    "slip": accounts.CLEARING_COUNTER,
    "box": accounts.CLEARING_COUNTER,
    "portal": accounts.CLEARING_COUNTER,  # a portal, like a till, hands its money over in sums
    "bank": accounts.BANK,
}
"""Where the money of each payment method first stands."""


@dataclass(frozen=True)
class Share:
    """One share of an accepted gift: its lot, its pot and its wish."""

    share_id: str
    kind: str
    target: str | None
    fallback: str | None
    part: str
    yen: Yen
    wish: Mapping[str, Json]

    @property
    def pot(self) -> str:
        """Where the share waits; what the manual keeps back waits in the general pot."""
        return accounts.pot_of(self.kind, self.target)


@dataclass(frozen=True)
class Gift:
    """What the ledger must know of a gift: nothing of the person who gave it."""

    no: str
    yen: Yen
    received_on: dt.date
    shares: tuple[Share, ...]


def payment_received(payment_no: str, gift_no: str, yen: Yen, method: str, on: dt.date) -> Entry:
    """Money came in and is held for the donor until the ward accepts it (預り金)."""
    return Entry(
        kind="payment.received",
        fact_id=payment_no,
        on=on,
        postings=(Posting(CLEARING[method], yen), Posting(accounts.HELD, -yen)),
        detail={"payment": payment_no, "gift": gift_no, "method": method},
    )


def donation_received(
    gift: Gift, accepted_on: dt.date, batch: str, clauses: Sequence[str]
) -> Entry:
    """The ward accepts (採納): now the gift is the fund's, each share in the pot of its wish."""
    if total(share.yen for share in gift.shares) != gift.yen:
        raise ValueError(f"the shares of {gift.no} do not sum to the gift")
    by_pot: dict[str, Yen] = {}
    for share in gift.shares:
        by_pot[share.pot] = by_pot.get(share.pot, Yen(0)) + share.yen
    return Entry(
        kind="donation.received",
        fact_id=gift.no,
        on=accepted_on,
        postings=(
            Posting(accounts.HELD, gift.yen),
            *(Posting(pot, -yen) for pot, yen in sorted(by_pot.items())),
        ),
        lots=tuple(LotPosting(share.share_id, share.pot, -share.yen) for share in gift.shares),
        new_lots=tuple(
            NewLot(share.share_id, "gift", share.yen, gift.received_on, share.wish, gift.no)
            for share in gift.shares
        ),
        clauses=tuple(clauses),
        detail={
            "gift": gift.no,
            "batch": batch,
            "shares": [
                {
                    "share": share.share_id,
                    "kind": share.kind,
                    "target": share.target,
                    "fallback": share.fallback,
                    "yen": int(share.yen),
                }
                for share in gift.shares
            ],
        },
    )


def opening_balance(share_id: str, yen: Yen, on: dt.date, detail: Mapping[str, Json]) -> Entry:
    """What the fund held on the day its ledger began, without a wish attached."""
    lot = NewLot(share_id, "opening", yen, on, {"levels": [{"uses": ["any"]}]})
    return Entry(
        kind="opening.balance",
        fact_id=share_id,
        on=on,
        postings=(Posting(accounts.BANK, yen), Posting(accounts.GENERAL, -yen)),
        lots=(LotPosting(share_id, accounts.GENERAL, -yen),),
        new_lots=(lot,),
        detail=dict(detail),
    )


def clearing_settled(fact_id: str, source: str, yen: Yen, on: dt.date) -> Entry:
    """Money that stood at the counter or with the provider reached the bank."""
    kind = "payout.arrived" if source == accounts.CLEARING_STRIPE else "clearing.settled"
    return Entry(
        kind=kind,
        fact_id=fact_id,
        on=on,
        postings=(Posting(accounts.BANK, yen), Posting(source, -yen)),
    )


def fee_charged(fact_id: str, yen: Yen, on: dt.date) -> Entry:
    """The provider kept its fee: the ward owes it to the fund, a gift is never cut."""
    return Entry(
        kind="fee.charged",
        fact_id=fact_id,
        on=on,
        postings=(
            Posting(accounts.DUE_FROM_WARD, yen),
            Posting(accounts.CLEARING_STRIPE, -yen),
        ),
    )


def fee_reimbursed(fact_id: str, yen: Yen, on: dt.date) -> Entry:
    """The ward's budget paid the fees back to the fund's account."""
    return Entry(
        kind="fee.reimbursed",
        fact_id=fact_id,
        on=on,
        postings=(Posting(accounts.BANK, yen), Posting(accounts.DUE_FROM_WARD, -yen)),
    )


def bank_fee_charged(fact_id: str, yen: Yen, on: dt.date) -> Entry:
    """The bank kept a fee: like the provider's, the ward owes it to the fund."""
    return Entry(
        kind="fee.charged",
        fact_id=fact_id,
        on=on,
        postings=(Posting(accounts.DUE_FROM_WARD, yen), Posting(accounts.BANK, -yen)),
    )


def interest_earned(share_id: str, yen: Yen, on: dt.date) -> Entry:
    """The bank paid interest: new money of the fund without a wish."""
    lot = NewLot(share_id, "interest", yen, on, {"levels": [{"uses": ["any"]}]})
    return Entry(
        kind="interest.earned",
        fact_id=share_id,
        on=on,
        postings=(Posting(accounts.BANK, yen), Posting(accounts.GENERAL, -yen)),
        lots=(LotPosting(share_id, accounts.GENERAL, -yen),),
        new_lots=(lot,),
    )


def entry_reversed(original: Entry, entry_id: int, on: dt.date, reason: str) -> Entry:
    """The mirror of an entry that should not have been booked; both stay in the ledger."""
    return Entry(
        kind="entry.reversed",
        fact_id=f"{original.kind}:{original.fact_id}",
        on=on,
        postings=tuple(Posting(line.account, -line.yen) for line in original.postings),
        lots=tuple(LotPosting(p.share_id, p.account, -p.yen) for p in original.lots),
        reason=reason,
        reverses=entry_id,
    )


def award_decided(
    award_no: str, on: dt.date, clauses: Sequence[str], detail: Mapping[str, Json]
) -> Entry:
    """The mayor decided an award; no money moves yet."""
    return Entry("award.decided", award_no, on, clauses=tuple(clauses), detail=dict(detail))


def allocation_approved(
    run_no: str, on: dt.date, clauses: Sequence[str], detail: Mapping[str, Json]
) -> Entry:
    """A second person approved a run's plan; its lines follow as entries of their own."""
    return Entry("allocation.approved", run_no, on, clauses=tuple(clauses), detail=dict(detail))


@dataclass(frozen=True)
class Line:
    """One line of a plan: yen from one lot for one award, by the wish's rank it met."""

    run_no: str
    line: int
    share_id: str
    gift_no: str | None
    pots: Mapping[str, Yen]
    award_no: str
    rank: int
    use: str

    @cached_property
    def yen(self) -> Yen:
        """All yen of the line; the lot gives them from the pots it stands in."""
        return total(self.pots.values())


def allocation_line(line: Line, on: dt.date, clauses: Sequence[str]) -> Entry:
    """Yen of one lot become committed to one award."""
    return Entry(
        kind="allocation.line",
        fact_id=f"{line.run_no}#{line.line}",
        on=on,
        postings=(
            *(Posting(pot, yen) for pot, yen in sorted(line.pots.items())),
            Posting(accounts.committed_to(line.award_no), -line.yen),
        ),
        lots=tuple(LotPosting(line.share_id, pot, yen) for pot, yen in sorted(line.pots.items())),
        clauses=tuple(clauses),
        detail={
            "run": line.run_no,
            "share": line.share_id,
            "gift": line.gift_no,
            "award": line.award_no,
            "yen": int(line.yen),
            "rank": line.rank,
            "use": line.use,
        },
    )


def disbursement_paid(
    disbursement_no: str, award_no: str, yen: Yen, on: dt.date, clauses: Sequence[str] = ()
) -> Entry:
    """The bank paid the group an instalment of its award."""
    return Entry(
        kind="disbursement.paid",
        fact_id=disbursement_no,
        on=on,
        postings=(
            Posting(accounts.committed_to(award_no), yen),
            Posting(accounts.BANK, -yen),
        ),
        clauses=tuple(clauses),
        detail={"disbursement": disbursement_no, "award": award_no, "yen": int(yen)},
    )


def settlement_confirmed(
    award_no: str, spent: Yen, returned: Yen, on: dt.date, clauses: Sequence[str]
) -> Entry:
    """The group showed what it spent; what it returns is booked by an entry of its own."""
    return Entry(
        kind="settlement.confirmed",
        fact_id=award_no,
        on=on,
        clauses=tuple(clauses),
        detail={"award": award_no, "spent": int(spent), "returned": int(returned)},
    )


@dataclass(frozen=True)
class Source:
    """Yen of one lot, taken from one pot; without a share they are the ward's."""

    share_id: str
    pot: str
    yen: Yen


def walk_back(sources: Sequence[Source], yen: Yen) -> tuple[Source, ...]:
    """The inverse of allocation: ``yen`` of the sources, from the first one on.

    Raises:
        ValueError: if the sources hold less than that.
    """
    left, taken = yen, []
    for source in sources:
        part = min(left, source.yen)
        if part:
            taken.append(Source(source.share_id, source.pot, part))
            left -= part
    if left:
        raise ValueError(f"the sources hold {left} yen less than what comes back")
    return tuple(taken)


def grant_returned(
    award_no: str, back_to: Sequence[Source], on: dt.date, clauses: Sequence[str]
) -> Entry:
    """The group returned money it did not spend: back to the lots and pots it came from."""
    by_pot: dict[str, Yen] = {}
    by_lot: dict[tuple[str, str], Yen] = {}
    for source in back_to:
        by_pot[source.pot] = by_pot.get(source.pot, Yen(0)) + source.yen
        key = (source.share_id, source.pot)
        by_lot[key] = by_lot.get(key, Yen(0)) + source.yen
    yen = total(by_pot.values())
    return Entry(
        kind="grant.returned",
        fact_id=award_no,
        on=on,
        postings=(
            Posting(accounts.BANK, yen),
            *(Posting(pot, -part) for pot, part in sorted(by_pot.items())),
        ),
        lots=tuple(
            LotPosting(share, pot, -part) for (share, pot), part in sorted(by_lot.items()) if share
        ),
        clauses=tuple(clauses),
        detail={
            "award": award_no,
            "yen": int(yen),
            "back": [
                {"share": share, "yen": int(part)}
                for (share, _), part in sorted(by_lot.items())
                if share
            ],
        },
    )
