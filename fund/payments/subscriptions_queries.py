"""Reading monthly payments as frozen values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from fund.kernel.money import Yen
from fund.payments.subscriptions_models import instalment, subscription


@dataclass(frozen=True)
class SubscriptionView:
    """A pledge's monthly payment as last reported (whole yen, times in UTC).

    ``period_end`` is when the next charge begins; ``failure_code`` and ``next_attempt_at`` tell
    of a charge that is behind. ``card_session`` is the page on which the donor is giving another
    card; ``card_as_of`` of when the card is that is charged now, None for the first one.
    """

    pledge_no: str
    gift_no: str
    yen: Yen
    state: str
    subscription_id: str | None
    customer_id: str | None
    period_end: dt.datetime | None
    ended_reason: str | None
    failure_code: str | None
    next_attempt_at: dt.datetime | None
    card_session: str | None
    card_as_of: dt.datetime | None
    as_of: dt.datetime


def _view(row: Row[Any]) -> SubscriptionView:
    return SubscriptionView(
        pledge_no=row.pledge_no,
        gift_no=row.gift_no,
        yen=Yen(row.yen),
        state=row.state,
        subscription_id=row.subscription_id,
        customer_id=row.customer_id,
        period_end=row.period_end,
        ended_reason=row.ended_reason,
        failure_code=row.failure_code,
        next_attempt_at=row.next_attempt_at,
        card_session=row.card_session,
        card_as_of=row.card_as_of,
        as_of=row.as_of,
    )


def subscription_of(connection: Connection, pledge_no: str) -> SubscriptionView | None:
    """The monthly payment of a pledge."""
    row = connection.execute(
        select(subscription).where(subscription.c.pledge_no == pledge_no)
    ).one_or_none()
    return _view(row) if row else None


def subscriptions_of(
    connection: Connection, pledge_nos: Sequence[str]
) -> dict[str, SubscriptionView]:
    """The monthly payments of several pledges, by the pledge's number."""
    rows = connection.execute(
        select(subscription).where(subscription.c.pledge_no.in_(list(pledge_nos)))
    )
    return {row.pledge_no: _view(row) for row in rows}


def subscription_named(connection: Connection, subscription_id: str) -> SubscriptionView | None:
    """The monthly payment that the provider calls by this id."""
    row = connection.execute(
        select(subscription).where(subscription.c.subscription_id == subscription_id)
    ).one_or_none()
    return _view(row) if row else None


def pledges_behind(connection: Connection) -> frozenset[str]:
    """The numbers of the pledges whose last charge failed and is still owed."""
    rows = connection.execute(
        select(subscription.c.pledge_no).where(
            subscription.c.failure_code.is_not(None), subscription.c.state != "ended"
        )
    )
    return frozenset(row.pledge_no for row in rows)


def monthly_of_gift(connection: Connection, gift_no: str) -> str | None:
    """The number of the pledge that the payment page of this gift shall begin, if any."""
    return connection.execute(
        select(subscription.c.pledge_no).where(
            subscription.c.gift_no == gift_no, subscription.c.state == "expected"
        )
    ).scalar_one_or_none()


def booked_invoices(connection: Connection, subscription_id: str) -> frozenset[str]:
    """The invoices of a subscription that are booked, by the provider's ids."""
    rows = connection.execute(
        select(instalment.c.invoice_id)
        .join(subscription, subscription.c.id == instalment.c.subscription_no)
        .where(subscription.c.subscription_id == subscription_id)
    )
    return frozenset(row.invoice_id for row in rows)
