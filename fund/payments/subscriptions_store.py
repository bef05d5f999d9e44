"""Writing monthly payments in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from fund.kernel.money import Yen
from fund.payments.subscriptions_domain import FIRST_LOOK, InvoiceFacts
from fund.payments.subscriptions_models import instalment, subscription
from fund.platform.house import Transaction


def expect(tx: Transaction, *, pledge_no: str, gift_no: str, yen: Yen) -> None:
    """Write down that a gift's payment page shall begin a monthly payment of this pledge."""
    tx.connection.execute(
        insert(subscription).values(
            pledge_no=pledge_no,
            gift_no=gift_no,
            yen=int(yen),
            state="expected",
            as_of=tx.now,
            look_at=tx.now + FIRST_LOOK,
            created_at=tx.now,
        )
    )


def lock(tx: Transaction, subscription_id: str | None, pledge_no: str | None) -> Row[Any] | None:
    """The locked row that facts speak of: by the provider's id, else by our pledge's number."""
    for column, value in (
        (subscription.c.subscription_id, subscription_id),
        (subscription.c.pledge_no, pledge_no),
    ):
        if value is None:
            continue
        row = tx.connection.execute(
            select(subscription).where(column == value).with_for_update()
        ).one_or_none()
        if row is not None:
            return row
    return None


def note(tx: Transaction, row_id: int, **values: Any) -> None:
    """Keep what was learnt of a locked subscription."""
    tx.connection.execute(update(subscription).where(subscription.c.id == row_id).values(**values))


def booked(tx: Transaction, row_id: int) -> set[str]:
    """The invoices of a subscription that are booked."""
    rows = tx.connection.execute(
        select(instalment.c.invoice_id).where(instalment.c.subscription_no == row_id)
    )
    return {row.invoice_id for row in rows}


def is_booked(tx: Transaction, invoice_id: str) -> bool:
    """Whether an invoice has its instalment."""
    found = tx.connection.execute(
        select(func.count()).select_from(instalment).where(instalment.c.invoice_id == invoice_id)
    )
    return bool(found.scalar_one())


def add_instalment(
    tx: Transaction, row_id: int, invoice: InvoiceFacts, payment_no: str, intent_id: str
) -> None:
    """Write down which payment booked an invoice; it never changes."""
    tx.connection.execute(
        insert(instalment).values(
            invoice_id=invoice.invoice_id,
            subscription_no=row_id,
            payment_no=payment_no,
            intent_id=intent_id,
            yen=int(invoice.yen),
            period_start=invoice.period_start,
            created_at=tx.now,
        )
    )


def claim_looks(tx: Transaction, limit: int, wait: dt.timedelta) -> list[Row[Any]]:
    """Take subscriptions that are due for a look and put their next look off."""
    due = (
        select(subscription.c.id)
        .where(subscription.c.look_at <= tx.now)
        .order_by(subscription.c.look_at, subscription.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(
        tx.connection.execute(
            update(subscription)
            .where(subscription.c.id.in_(due))
            .values(look_at=tx.now + wait)
            .returning(
                subscription.c.pledge_no,
                subscription.c.subscription_id,
                subscription.c.gift_no,
                subscription.c.card_session,
                subscription.c.created_at,
            )
        )
    )
