"""From a booked entry to its public form: whitelisted facts, months for gifts, no persons.

Nothing passes from the internal detail unless it is named here: a field that a room adds
tomorrow stays private until somebody decides otherwise.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fund.kernel.calendar import fiscal_year
from fund.kernel.canonical import Json, canonical
from fund.ledger.reasons import CODES, Undone
from fund.publication.domain.kinds import MONTH_ONLY, PAYMENT_SUMS

MAX_BODY = 65_535
_COMMITMENT_DOMAIN = b"mieru-fund/gift/v1\x00"

_OWN: dict[str, tuple[str, ...]] = {
    "opening.balance": ("source",),
    "donation.refunded": ("gift", "yen", "lots", "lines"),
    "donation.disputed": ("gift", "yen"),
    "dispute.won": ("gift", "yen"),
    "dispute.lost": ("gift", "yen", "lots", "lines"),
    "entry.reversed": ("gift", "yen", "lots", "lines"),
    "designation.redirected": ("gift", "share", "into", "yen", "from", "to", "wish"),
    "award.decided": ("award", "group", "programme", "theme", "fields", "title", "ceiling"),
    "allocation.approved": ("run", "rule", "problem_sha256", "plan_sha256", "total"),
    "allocation.line": ("run", "gift", "share", "award", "yen", "rank", "use"),
    "disbursement.paid": ("disbursement", "award", "yen"),
    "settlement.confirmed": ("award", "spent", "returned"),
    "grant.returned": ("award", "yen", "back"),
    "award.reduced": ("award", "yen", "back"),
    "award.cancelled": ("award", "yen", "back"),
    "manual.edition": ("edition", "sha256", "effective_on"),
    "period.closed": ("sha256", "closed_on"),
    "log.key": ("vkey",),
}
"""Kind → the keys of its detail that are public under the same name."""

_SHARE_KEYS = ("share", "kind", "target", "fallback", "yen")


@dataclass(frozen=True)
class Booked:
    """One journal entry as the internal ledger holds it; ``postings`` are (account, yen)."""

    id: int
    kind: str
    fact_id: str
    fy: int
    on: dt.date
    postings: tuple[tuple[str, int], ...]
    reverses: int | None = None
    reason: str | None = None
    clauses: tuple[str, ...] = ()
    detail: Mapping[str, Json] = field(default_factory=dict)

    @property
    def gift_no(self) -> str | None:
        """The gift this entry speaks of, if it does."""
        named = self.detail.get("gift")
        return named if isinstance(named, str) else None


@dataclass(frozen=True)
class Draft:
    """A public entry before it has its number; ``reverses`` still names an internal id.

    ``sources`` are the internal ids it stands for: one, or many for a sum of payments.
    """

    sources: tuple[int, ...]
    kind: str
    fy: int
    on: str
    first_day: dt.date
    postings: tuple[tuple[str, int], ...]
    own: Mapping[str, Json]
    reverses: int | None = None
    reason: str | None = None
    clauses: tuple[str, ...] = ()

    @property
    def awards_undone(self) -> tuple[str, ...]:
        """Awards whose allocation lines this entry takes back."""
        lines = self.own.get("lines")
        if not isinstance(lines, Iterable) or isinstance(lines, str):
            return ()
        named = (line.get("award") for line in lines if isinstance(line, Mapping))
        return tuple(dict.fromkeys(award for award in named if isinstance(award, str)))

    def text(self, name: str) -> str | None:
        """One of the entry's own facts, if it is there and a text."""
        value = self.own.get(name)
        return value if isinstance(value, str) else None


def commitment(gift_no: str, salt: bytes, received_on: dt.date, name: str) -> str:
    """What the log keeps of who gave and when: a salted SHA-256, lower-case hex.

    Source: the fund's log format, ``mieru-fund/gift/v1``. Deleting salt and record erases
    the person while the log stays valid.

    Raises:
        ValueError: if the salt is not 32 bytes long.
    """
    if len(salt) != 32:
        raise ValueError("a commitment needs a salt of 32 bytes")
    opening = canonical({"gift": gift_no, "received_on": received_on.isoformat(), "name": name})
    return hashlib.sha256(_COMMITMENT_DOMAIN + salt + opening).hexdigest()


def draft(booked: Booked, committed_to: str | None = None) -> Draft:
    """The public form of one booked entry; gifts need their commitment.

    Raises:
        ValueError: for a payment (public as a sum only) or a gift without commitment.
    """
    if booked.kind in PAYMENT_SUMS:
        raise ValueError("a payment is public only inside a sum")
    # Undoing a gift's entry tells no more of its days than the entry itself.
    on, first_day = _public_day(str(booked.detail.get("of") or booked.kind), booked.on)
    return Draft(
        sources=(booked.id,),
        kind=booked.kind,
        fy=booked.fy,
        on=on,
        first_day=first_day,
        postings=booked.postings,
        own=_own_facts(booked, committed_to),
        reverses=booked.reverses,
        reason=published_reason(booked.reason),
        clauses=booked.clauses,
    )


def published_reason(reason: str | None) -> str | None:
    """A reason as the log may keep it: one of the published codes, whatever was written inside."""
    return reason if reason is None or reason in CODES else Undone.OTHER.value


def payment_sum(payments: Sequence[Booked], on: dt.date, batch: str | None) -> Draft:
    """All payments of one acceptance batch as one entry: how many, how much, where it stands.

    Raises:
        ValueError: if they are of different kinds, or none.
    """
    kinds = {payment.kind for payment in payments}
    if len(kinds) != 1:
        raise ValueError("a sum of payments is made of one kind")
    kind = PAYMENT_SUMS[kinds.pop()]
    sums: dict[str, int] = {}
    for payment in payments:
        for account, yen in payment.postings:
            sums[account] = sums.get(account, 0) + yen
    month, first_day = _public_day(kind, on)
    reasons = {payment.reason for payment in payments}
    own: dict[str, Json] = {
        "count": len(payments),
        "yen": sum(yen for yen in sums.values() if yen > 0),
    }
    return Draft(
        sources=tuple(sorted(payment.id for payment in payments)),
        kind=kind,
        fy=fiscal_year(on),
        on=month,
        first_day=first_day,
        postings=tuple((account, yen) for account, yen in sorted(sums.items()) if yen),
        own=own if batch is None else {**own, "batch": batch},
        reason=published_reason(payments[0].reason) if len(reasons) == 1 else None,
    )


def body(entry: Draft, no: int, reverses_no: int | None) -> bytes:
    """The canonical bytes of a numbered public entry: what is stored, served and hashed.

    Raises:
        ValueError: if they are longer than the log's format allows.
    """
    content: dict[str, Json] = {
        **entry.own,
        "v": 1,
        "no": no,
        "kind": entry.kind,
        "fy": entry.fy,
        "on": entry.on,
        "postings": [{"account": account, "yen": yen} for account, yen in entry.postings],
    }
    if reverses_no is not None:
        content["reverses"] = reverses_no
    if entry.reason is not None:
        content["reason"] = entry.reason
    if entry.clauses:
        content["clauses"] = list(entry.clauses)
    spelled = canonical(content)
    if len(spelled) > MAX_BODY:
        raise ValueError(f"public entry {no} is longer than {MAX_BODY} bytes")
    return spelled


def _public_day(kind: str, on: dt.date) -> tuple[str, dt.date]:
    if kind in MONTH_ONLY:
        return f"{on:%Y-%m}", on.replace(day=1)
    return on.isoformat(), on


def _own_facts(booked: Booked, committed_to: str | None) -> dict[str, Json]:
    if booked.kind == "donation.received":
        return _gift_facts(booked, committed_to)
    facts: dict[str, Json] = {
        key: booked.detail[key]
        for key in _OWN.get(booked.kind, ())
        if booked.detail.get(key) is not None
    }
    if booked.kind == "award.decided":
        facts.setdefault("award", booked.fact_id)
    if booked.kind == "allocation.approved":
        facts.setdefault("run", booked.fact_id)
    if booked.kind == "manual.edition":
        facts.setdefault("edition", booked.fact_id)
    if booked.kind in {"opening.balance", "interest.earned"}:
        facts["share"] = booked.fact_id
    return facts


def _gift_facts(booked: Booked, committed_to: str | None) -> dict[str, Json]:
    if committed_to is None:
        raise ValueError(f"gift {booked.fact_id} has no commitment")
    return {
        "gift": booked.fact_id,
        "shares": [
            {key: share.get(key) for key in _SHARE_KEYS} for share in shares_of(booked.detail)
        ],
        "commitment": committed_to,
    }


def shares_of(facts: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The shares named in an entry's facts; none if it has none."""
    listed = facts.get("shares")
    if not isinstance(listed, Iterable) or isinstance(listed, str):
        return []
    return [share for share in listed if isinstance(share, Mapping)]
