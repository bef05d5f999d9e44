"""Reading payments and events as frozen values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from fund.kernel.money import Yen
from fund.payments.models import payment, provider_event


@dataclass(frozen=True)
class PaymentView:
    """One attempt to pay a gift (times in UTC, ``received_on`` a day in Japan)."""

    no: str
    gift_no: str
    attempt: int
    method: str
    yen: Yen
    state: str
    session_id: str | None
    session_url: str | None
    failure_code: str | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    paid_at: dt.datetime | None
    received_on: dt.date | None


@dataclass(frozen=True)
class EventView:
    """A stored event of the provider; its meaning is looked up at the provider."""

    id: str
    type: str
    object_id: str
    livemode: bool
    state: str


def _view(row: Row[Any]) -> PaymentView:
    return PaymentView(
        no=row.no,
        gift_no=row.gift_no,
        attempt=row.attempt,
        method=row.method,
        yen=Yen(row.yen),
        state=row.state,
        session_id=row.session_id,
        session_url=row.session_url,
        failure_code=row.failure_code,
        created_at=row.created_at,
        expires_at=row.expires_at,
        paid_at=row.paid_at,
        received_on=row.received_on,
    )


def payment_by_no(connection: Connection, number: str) -> PaymentView | None:
    """One payment by its number."""
    row = connection.execute(select(payment).where(payment.c.no == number)).one_or_none()
    return _view(row) if row else None


def payments_of(connection: Connection, gift_no: str) -> list[PaymentView]:
    """Every attempt to pay a gift, the first one first."""
    rows = connection.execute(
        select(payment).where(payment.c.gift_no == gift_no).order_by(payment.c.attempt)
    )
    return [_view(row) for row in rows]


def waiting_payments(connection: Connection, before: dt.datetime, limit: int) -> list[PaymentView]:
    """Payments whose page was opened before a moment and whose end nobody has told us."""
    rows = connection.execute(
        select(payment)
        .where(
            payment.c.state.in_(["created", "open"]),
            payment.c.method == "card",
            payment.c.created_at < before,
        )
        .order_by(payment.c.created_at)
        .limit(limit)
    )
    return [_view(row) for row in rows]


def event(connection: Connection, event_id: str) -> EventView | None:
    """One stored event."""
    row = connection.execute(
        select(
            provider_event.c.id,
            provider_event.c.type,
            provider_event.c.object_id,
            provider_event.c.livemode,
            provider_event.c.state,
        ).where(provider_event.c.id == event_id)
    ).one_or_none()
    return EventView(*row) if row else None
