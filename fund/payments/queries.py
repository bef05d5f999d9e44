"""Reading payments and events as frozen values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select

from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.payments.domain import LIVE
from fund.payments.models import payment, provider_event, provider_watermark
from fund.platform.waiting import Waiting, tally

DECLINED = "payment_intent.payment_failed"
"""The provider's event for a card that was declined; the page stays open for another one."""


@dataclass(frozen=True)
class PaymentView:
    """One attempt to pay a gift (times in UTC, ``received_on`` a day in Japan).

    ``voucher`` says how to pay while the payment waits (its shape: ``CheckoutFacts``), until
    ``pay_by``; ``funded`` is the part of a transfer that arrived, ``excess`` what was
    transferred beyond it. ``late``: the money came after the end. ``extra``: the gift was paid
    already, this money is held. ``warned_at``: the card's network warned of fraud.
    """

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
    intent_id: str | None = None
    charge_id: str | None = None
    customer_id: str | None = None
    voucher: Mapping[str, Json] | None = None
    funded: Yen = Yen(0)  # noqa: RUF009 - an immutable number
    excess: Yen = Yen(0)  # noqa: RUF009
    pay_by: dt.datetime | None = None
    late: bool = False
    extra: bool = False
    warned_at: dt.datetime | None = None


@dataclass(frozen=True)
class EventView:
    """A stored event of the provider; its meaning is looked up at the provider."""

    id: str
    type: str
    object_id: str
    livemode: bool
    state: str
    body: bytes = b""

    @property
    def object(self) -> Mapping[str, Any]:
        """The object as it was when the event was made: good for its ids, not for its state."""
        found = json.loads(self.body)["data"]["object"]
        return found if isinstance(found, dict) else {}


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
        intent_id=row.intent_id,
        charge_id=row.charge_id,
        customer_id=row.customer_id,
        voucher=row.voucher,
        funded=Yen(row.funded_yen),
        excess=Yen(row.excess_yen),
        pay_by=row.pay_by,
        late=row.late,
        extra=row.extra,
        warned_at=row.warned_at,
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


def declines_of(
    connection: Connection, gift_nos: Collection[str], since: dt.datetime
) -> list[dt.datetime]:
    """When cards were declined for these gifts since a moment, each decline once.

    A page lets its visitor try card after card: each decline is an event of the provider, which
    is stored once however often it is told. Where none was heard of, the code that a look at the
    page found counts as one.
    """
    told = payment.outerjoin(
        provider_event,
        and_(
            provider_event.c.object_id == payment.c.intent_id,
            provider_event.c.type == DECLINED,
        ),
    )
    when = func.coalesce(
        provider_event.c.created_at, provider_event.c.received_at, payment.c.created_at
    )
    rows = connection.execute(
        select(when)
        .select_from(told)
        .where(
            payment.c.gift_no.in_(gift_nos),
            payment.c.method == "card",
            or_(provider_event.c.id.is_not(None), payment.c.failure_code.is_not(None)),
            when >= since,
        )
        .order_by(when)
    )
    return [moment for (moment,) in rows]


def declines_on_page(connection: Connection, intent_id: str) -> list[str]:
    """The numbers of an open payment by card, once for each card declined on its page."""
    rows = connection.execute(
        select(payment.c.no)
        .join(provider_event, provider_event.c.object_id == payment.c.intent_id)
        .where(
            payment.c.intent_id == intent_id,
            payment.c.method == "card",
            payment.c.state == "open",
            provider_event.c.type == DECLINED,
        )
    )
    return [str(number) for (number,) in rows]


def current(attempts: Sequence[PaymentView]) -> PaymentView | None:
    """The attempt that tells how a gift stands; None without any.

    The one that paid it, else the newest living one, else the newest.
    """
    paid = [one for one in attempts if one.state == "succeeded" and not one.extra]
    living = [one for one in attempts if one.state in LIVE]
    found = paid or living or attempts
    return found[-1] if found else None


def payments_of_customer(connection: Connection, customer_id: str) -> list[PaymentView]:
    """Payments made by a customer of the provider, the newest first."""
    rows = connection.execute(
        select(payment)
        .where(payment.c.customer_id == customer_id)
        .order_by(payment.c.created_at.desc(), payment.c.id.desc())
    )
    return [_view(row) for row in rows]


def payments_to_remind(
    connection: Connection, now: dt.datetime, until: dt.datetime, limit: int
) -> list[str]:
    """Numbers of vouchers that end before ``until`` and whose donors were not reminded."""
    rows = connection.execute(
        select(payment.c.no)
        .where(
            payment.c.state == "waiting",
            payment.c.method == "konbini",
            payment.c.reminded_at.is_(None),
            payment.c.pay_by > now,
            payment.c.pay_by <= until,
        )
        .order_by(payment.c.pay_by)
        .limit(limit)
    )
    return [row.no for row in rows]


_TO_CHECK = (
    payment.c.checked_at.is_(None),
    or_(
        payment.c.extra,
        payment.c.excess_yen > 0,
        payment.c.warned_at.is_not(None),
        (payment.c.state == "waiting") & (payment.c.funded_yen > 0),
    ),
)


def checks_waiting(connection: Connection) -> Waiting:
    """How many payments an officer should look at, since they were begun."""
    return tally(
        connection, select(payment.c.created_at.label("since"), payment.c.yen).where(*_TO_CHECK)
    )


def payments_to_check(connection: Connection, limit: int = 200) -> list[PaymentView]:
    """Payments an officer should look at and has not yet, the newest first.

    Paid again, paid too much, paid in part, or with a fraud warning of the card's network.
    """
    rows = connection.execute(
        select(payment).where(*_TO_CHECK).order_by(payment.c.id.desc()).limit(limit)
    )
    return [_view(row) for row in rows]


def watermark(connection: Connection, what: str) -> dt.datetime | None:
    """Up to which moment (the provider's clock) something was listed; None before the first."""
    found: dt.datetime | None = connection.execute(
        select(provider_watermark.c.at).where(provider_watermark.c.what == what)
    ).scalar_one_or_none()
    return found


_EVENTS = select(
    provider_event.c.id,
    provider_event.c.type,
    provider_event.c.object_id,
    provider_event.c.livemode,
    provider_event.c.state,
)
_EVENT = _EVENTS.add_columns(provider_event.c.body).where(provider_event.c.id == bindparam("of"))


def event(connection: Connection, event_id: str) -> EventView | None:
    """One stored event."""
    row = connection.execute(_EVENT, {"of": event_id}).one_or_none()
    return EventView(*row) if row else None


def events_by_id(connection: Connection, event_ids: Collection[str]) -> list[EventView]:
    """Several stored events without their bytes."""
    found = connection.execute(
        _EVENTS.where(provider_event.c.id == func.any(sorted(set(event_ids))))
    )
    return [EventView(*row) for row in found]
