"""Reading refunds, disputes and what still stands of a gift's payments as frozen values."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from fund.kernel.calendar import day_in_japan
from fund.kernel.money import Yen
from fund.payments.domain import OFFLINE_METHODS
from fund.payments.models import payment
from fund.payments.models_taking_back import dispute, refund
from fund.payments.refunds_domain import WITHOUT_MONEY
from fund.platform.waiting import Waiting, tally

OPEN_DISPUTE = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")


@dataclass(frozen=True)
class RefundView:
    """A refund (yen; moments UTC, ``_on`` days in Japan; people are internal ids)."""

    id: int
    no: str
    payment_no: str
    gift_no: str
    method: str
    yen: Yen
    origin: str
    reason: str
    decision_no: str
    note: str
    state: str
    provider_id: str | None
    failure: str
    created_at: dt.datetime
    proposed_by: int | None
    approved_by: int | None
    approved_at: dt.datetime | None
    rejected_by: int | None
    paid_from: str | None
    paid_by: int | None
    left_on: dt.date | None
    came_back_on: dt.date | None
    looked_by: int | None
    looked_at: dt.datetime | None

    @property
    def wants_a_look(self) -> bool:
        """Whether an officer should look: made elsewhere, or failed, and nobody has looked yet."""
        return self.looked_at is None and (self.origin == "external" or self.state == "failed")


@dataclass(frozen=True)
class DisputeView:
    """A dispute; an *inquiry* has taken no money yet. ``evidence_due_on`` is a day in Japan."""

    id: str
    payment_no: str
    gift_no: str
    yen: Yen
    status: str
    reason: str
    opened_at: dt.datetime
    evidence_due_at: dt.datetime | None
    withdrawn_on: dt.date | None
    outcome: str | None
    ended_on: dt.date | None
    note: str
    noted_by: int | None
    noted_at: dt.datetime | None

    @property
    def inquiry(self) -> bool:
        """Whether the card company only asks, without having taken the money."""
        return self.status.startswith("warning")

    @property
    def open(self) -> bool:
        """Whether it is not decided yet."""
        return self.status in OPEN_DISPUTE

    @property
    def waits_for_us(self) -> bool:
        """Whether evidence is asked for and nobody has noted that it was sent."""
        return self.status.endswith("needs_response") and self.noted_at is None

    @property
    def evidence_due_on(self) -> dt.date | None:
        """The last day for evidence."""
        return None if self.evidence_due_at is None else day_in_japan(self.evidence_due_at)


@dataclass(frozen=True)
class Standing:
    """One payment of a gift that was paid: what of it went back, and whether it is disputed."""

    payment_no: str
    method: str
    yen: Yen
    paid_at: dt.datetime
    received_on: dt.date
    returned: Yen
    disputed: bool

    @property
    def whole(self) -> bool:
        """Whether every yen of it is still here and nobody disputes it."""
        return self.returned == 0 and not self.disputed


_REFUNDS = select(refund, payment.c.method).join(payment, payment.c.no == refund.c.payment_no)


def refunds(
    connection: Connection,
    *,
    state: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> list[RefundView]:
    """Refunds of a state (or all), newest first, from below the internal id ``after``."""
    query = _REFUNDS.order_by(refund.c.id.desc())
    if state is not None:
        query = query.where(refund.c.state == state)
    if after is not None:
        query = query.where(refund.c.id < after)
    found = connection.execute(query if limit is None else query.limit(limit))
    return [_refund(row) for row in found]


def refund_by_no(connection: Connection, no: str) -> RefundView | None:
    """One refund by its number."""
    row = connection.execute(_REFUNDS.where(refund.c.no == no)).one_or_none()
    return _refund(row) if row else None


def refunds_of_gift(connection: Connection, gift_no: str) -> list[RefundView]:
    """Every refund of a gift's payments, the first one first."""
    query = _REFUNDS.where(refund.c.gift_no == gift_no).order_by(refund.c.id)
    return [_refund(row) for row in connection.execute(query)]


def refund_counts(connection: Connection) -> dict[str, int]:
    """How many refunds stand in each state."""
    rows = connection.execute(select(refund.c.state, func.count()).group_by(refund.c.state))
    return {state: int(count) for state, count in rows}


def refunds_to_look_at(connection: Connection) -> int:
    """How many refunds were made elsewhere or failed, and nobody has looked."""
    wanted = or_(refund.c.origin == "external", refund.c.state == "failed")
    return _count(connection, and_(wanted, refund.c.looked_at.is_(None)))


def refunds_waiting(connection: Connection) -> dict[str, Waiting]:
    """What of refunds waits for whom: ``approve``, ``pay`` by hand, ``look`` at."""
    asked = select(refund.c.created_at.label("since"), refund.c.yen)
    by_hand = asked.join(payment, payment.c.no == refund.c.payment_no).where(
        refund.c.state == "approved", payment.c.method.in_(OFFLINE_METHODS)
    )
    elsewhere = or_(refund.c.origin == "external", refund.c.state == "failed")
    return {
        "approve": tally(connection, asked.where(refund.c.state == "proposed")),
        "pay": tally(connection, by_hand),
        "look": tally(connection, asked.where(elsewhere, refund.c.looked_at.is_(None))),
    }


def refunds_to_send(connection: Connection, before: dt.datetime) -> list[str]:
    """Refunds approved before a moment that the provider should have made and has not."""
    rows = connection.scalars(
        select(refund.c.no)
        .join(payment, payment.c.no == refund.c.payment_no)
        .where(
            refund.c.state.in_(("approved", "sent")),
            refund.c.provider_id.is_(None),
            refund.c.approved_at < before,
            payment.c.method.not_in(OFFLINE_METHODS),
        )
        .order_by(refund.c.id)
    )
    return list(rows)


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count(refund.c.id)).where(condition)).scalar_one())


def _refund(row: Row[Any]) -> RefundView:
    facts = {name: getattr(row, name) for name in RefundView.__dataclass_fields__}
    return RefundView(**{**facts, "yen": Yen(row.yen)})


def refundable(connection: Connection, payment_no: str) -> Yen:
    """Yen of a paid payment that no refund under way, no dispute and no return has taken yet."""
    paid = connection.execute(
        select(payment.c.yen).where(payment.c.no == payment_no, payment.c.state == "succeeded")
    ).scalar_one_or_none()
    going = connection.execute(
        select(func.coalesce(func.sum(refund.c.yen), 0)).where(
            refund.c.payment_no == payment_no, refund.c.state.not_in(WITHOUT_MONEY)
        )
    ).scalar_one()
    contested = connection.execute(
        select(func.coalesce(func.sum(dispute.c.yen), 0)).where(
            dispute.c.payment_no == payment_no,
            dispute.c.withdrawn_on.is_not(None),
            dispute.c.outcome.is_distinct_from("won"),
        )
    ).scalar_one()
    return Yen(max(0, int(paid or 0) - int(going) - int(contested)))


def standings(connection: Connection, gift_no: str) -> list[Standing]:
    """Every paid payment of a gift and what is left of it, the earliest first."""
    rows = connection.execute(
        select(payment)
        .where(payment.c.gift_no == gift_no, payment.c.state == "succeeded")
        .order_by(payment.c.paid_at, payment.c.id)
    ).all()
    nos = [row.no for row in rows]
    gone = _returned(connection, nos)
    open_ = set(
        connection.scalars(
            select(dispute.c.payment_no).where(
                dispute.c.payment_no.in_(nos),
                dispute.c.withdrawn_on.is_not(None),
                dispute.c.outcome.is_(None),
            )
        )
    )
    return [
        Standing(
            payment_no=row.no,
            method=row.method,
            yen=Yen(row.yen),
            paid_at=row.paid_at,
            received_on=row.received_on,
            returned=Yen(gone.get(row.no, 0)),
            disputed=row.no in open_,
        )
        for row in rows
    ]


def _returned(connection: Connection, payment_nos: Sequence[str]) -> dict[str, int]:
    """Yen of each payment that left for good: refunds that did not come back, lost disputes."""
    gone: dict[str, int] = defaultdict(int)
    for query in (
        select(refund.c.payment_no, refund.c.yen).where(
            refund.c.payment_no.in_(payment_nos),
            refund.c.left_on.is_not(None),
            refund.c.came_back_on.is_(None),
        ),
        select(dispute.c.payment_no, dispute.c.yen).where(
            dispute.c.payment_no.in_(payment_nos), dispute.c.outcome == "lost"
        ),
    ):
        for no, yen in connection.execute(query):
            gone[no] += int(yen)
    return gone


def disputes(connection: Connection, *, waiting: bool | None = None) -> list[DisputeView]:
    """Disputes that are not decided (or those that are, or all), the next deadline first."""
    query = select(dispute).order_by(
        dispute.c.evidence_due_at.nulls_last(), dispute.c.opened_at, dispute.c.id
    )
    if waiting is not None:
        is_open = dispute.c.status.in_(OPEN_DISPUTE)
        query = query.where(is_open if waiting else ~is_open)
    return [_dispute(row) for row in connection.execute(query)]


def dispute_by_id(connection: Connection, identifier: str) -> DisputeView | None:
    """One dispute by the provider's id."""
    row = connection.execute(select(dispute).where(dispute.c.id == identifier)).one_or_none()
    return _dispute(row) if row else None


def disputes_of_gift(connection: Connection, gift_no: str) -> list[DisputeView]:
    """Every dispute over a gift's payments, the first one first."""
    query = select(dispute).where(dispute.c.gift_no == gift_no).order_by(dispute.c.opened_at)
    return [_dispute(row) for row in connection.execute(query)]


def _dispute(row: Row[Any]) -> DisputeView:
    facts = {name: getattr(row, name) for name in DisputeView.__dataclass_fields__}
    return DisputeView(**{**facts, "yen": Yen(row.yen)})
