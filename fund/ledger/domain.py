"""A balanced journal entry is the only kind there is: it cannot be built otherwise."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from fund.kernel.calendar import fiscal_year
from fund.kernel.canonical import Json, canonical
from fund.kernel.money import MAX_YEN, Yen
from fund.ledger.accounts import check_account

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
"""Facts of the log that move no money; every other entry has two postings or more."""

KINDS = GOVERNANCE | {
    "payment.received",
    "payment.returned",
    "payment.disputed",
    "payment.reinstated",
    "donation.refunded",
    "donation.disputed",
    "dispute.won",
    "dispute.lost",
    "opening.balance",
    "clearing.settled",
    "donation.received",
    "designation.redirected",
    "allocation.line",
    "disbursement.paid",
    "grant.returned",
    "award.reduced",
    "award.cancelled",
    "interest.earned",
    "fee.charged",
    "fee.reimbursed",
    "payout.arrived",
    "fund.deposited",
    "fund.withdrawn",
    "entry.reversed",
}


@dataclass(frozen=True)
class Posting:
    """Yen on one account: debit positive, credit negative, never zero."""

    account: str
    yen: Yen

    def __post_init__(self) -> None:
        check_account(self.account)
        if not 0 < abs(int(self.yen)) <= MAX_YEN:
            raise ValueError(f"a posting moves between 1 and {MAX_YEN} yen")


@dataclass(frozen=True)
class LotPosting:
    """The part of a ``fund:`` posting that belongs to one lot (its public share id)."""

    share_id: str
    account: str
    yen: Yen


@dataclass(frozen=True)
class NewLot:
    """Money with one origin and one wish, entering the fund with this entry.

    ``wish`` is the lot's levels in the allocation rule's own form:
    ``{"levels": [{"uses": [...], "opens": ..., "expires": ...}], "on_exhausted": ...}``.
    """

    share_id: str
    origin: str
    yen: Yen
    received_on: dt.date
    wish: Mapping[str, Json]
    gift_no: str | None = None


@dataclass(frozen=True)
class Entry:
    """One journal entry: the fact it records, its day, its postings and their lots.

    Raises:
        ValueError: when built unbalanced, with lots that do not explain the pots, or with
            fewer than two postings for a fact that moves money.
    """

    kind: str
    fact_id: str
    on: dt.date
    postings: tuple[Posting, ...] = ()
    lots: tuple[LotPosting, ...] = ()
    new_lots: tuple[NewLot, ...] = ()
    reason: str | None = None
    reverses: int | None = None
    clauses: tuple[str, ...] = ()
    detail: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of entry: {self.kind}")
        # Plain integers here: this runs for every line of a run.
        if sum([int(posting.yen) for posting in self.postings]) != 0:
            raise ValueError(f"entry {self.kind} {self.fact_id} does not balance")
        if len(self.postings) < (0 if self.kind in GOVERNANCE else 2):
            raise ValueError(f"entry {self.kind} {self.fact_id} needs two postings")
        if _pots(self.postings) != _pots(self.lots):
            raise ValueError(f"entry {self.kind} {self.fact_id}: lots do not explain the pots")

    @property
    def fy(self) -> int:
        """The fiscal year of the entry's day."""
        return fiscal_year(self.on)


def _pots(lines: tuple[Posting, ...] | tuple[LotPosting, ...]) -> dict[str, int]:
    """Yen per ``fund:`` account, those that cancel out left away."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.account.startswith("fund:"):
            sums[line.account] += int(line.yen)
    return {account: yen for account, yen in sums.items() if yen}


def entry_content(
    entry: Entry, lines: tuple[tuple[str, int], ...], lots: tuple[tuple[str, str, int], ...]
) -> bytes:
    """The canonical bytes of an entry about to be written.

    ``lines`` are (account, yen) in line order, ``lots`` (share id, account, yen) sorted.
    """
    return entry_body(
        {
            "kind": entry.kind,
            "fact": entry.fact_id,
            "fy": entry.fy,
            "on": entry.on.isoformat(),
            "reason": entry.reason,
            "reverses": entry.reverses,
            "clauses": list(entry.clauses),
            "detail": dict(entry.detail),
        },
        lines,
        lots,
    )


def entry_body(
    facts: Mapping[str, Json],
    lines: tuple[tuple[str, int], ...],
    lots: tuple[tuple[str, str, int], ...],
) -> bytes:
    """The canonical bytes whose SHA-256 is stored with an entry and recomputed by the check."""
    return canonical(
        {
            "v": 1,
            **facts,
            "postings": [{"account": account, "yen": yen} for account, yen in lines],
            "lots": [
                {"share": share, "account": account, "yen": yen} for share, account, yen in lots
            ],
        }
    )
