"""Writing payments and provider events in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.ids import CROCKFORD
from fund.kernel.money import Yen
from fund.payments.domain import PAYMENT, SESSION_LIFE
from fund.payments.models import payment, provider_event
from fund.payments.ports import EventNote, OpenedCheckout
from fund.platform.house import Transaction


def add_payment(tx: Transaction, *, gift_no: str, yen: Yen, method: str) -> str:
    """Write down that money is expected, before anybody is asked for it; returns its number."""
    number = "P-" + "".join(secrets.choice(CROCKFORD) for _ in range(10))
    attempts = tx.connection.execute(
        select(func.coalesce(func.max(payment.c.attempt), 0)).where(payment.c.gift_no == gift_no)
    ).scalar_one()
    tx.connection.execute(
        insert(payment).values(
            no=number,
            gift_no=gift_no,
            attempt=int(attempts) + 1,
            method=method,
            yen=int(yen),
            state="created",
            created_at=tx.now,
            expires_at=tx.now + SESSION_LIFE,
        )
    )
    return number


def lock_payment(tx: Transaction, number: str) -> Row[Any] | None:
    """The payment's row, locked until the transaction ends."""
    return tx.connection.execute(
        select(payment).where(payment.c.no == number).with_for_update()
    ).one_or_none()


def note_checkout(tx: Transaction, number: str, opened: OpenedCheckout) -> None:
    """Keep where the hosted page stands; a payment that already ended keeps its state."""
    row = lock_payment(tx, number)
    if row is None:
        raise LookupError(number)
    tx.connection.execute(
        update(payment)
        .where(payment.c.no == number)
        .values(
            session_id=opened.session_id,
            session_url=opened.url,
            expires_at=opened.expires_at,
            state="open" if row.state == "created" else row.state,
        )
    )


def move_payment(tx: Transaction, number: str, before: str, after: str, **values: Any) -> None:
    """Move a locked payment along a drawn edge.

    Raises:
        Conflict: when there is no such edge.
    """
    PAYMENT.check(before, after)
    tx.connection.execute(
        update(payment).where(payment.c.no == number).values(state=after, **values)
    )


def note_failure(tx: Transaction, number: str, code: str) -> None:
    """Keep the code of the last decline, so that the donor is told what to do."""
    tx.connection.execute(update(payment).where(payment.c.no == number).values(failure_code=code))


def add_event(tx: Transaction, note: EventNote, body: bytes) -> bool:
    """Store an event's raw bytes once; False when it had been stored before."""
    stored = tx.connection.execute(
        upsert(provider_event)
        .values(
            id=note.id,
            type=note.type,
            object_id=note.object_id,
            livemode=note.livemode,
            body=body,
            received_at=tx.now,
            state="pending",
        )
        .on_conflict_do_nothing()
        .returning(provider_event.c.id)
    ).scalar_one_or_none()
    return stored is not None


def close_event(
    tx: Transaction, event_id: str, state: str, reason: str | None, now: dt.datetime
) -> None:
    """Mark an event as processed or ignored; one that is closed stays as it is."""
    tx.connection.execute(
        update(provider_event)
        .where(provider_event.c.id == event_id, provider_event.c.state == "pending")
        .values(state=state, reason=reason, processed_at=now)
    )
