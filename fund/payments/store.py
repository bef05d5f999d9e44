"""Writing payments and provider events in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Row, Text, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.ids import CROCKFORD
from fund.kernel.money import Yen
from fund.payments.domain import ONLINE_METHODS, PAYMENT, SESSION_LIFE, next_look
from fund.payments.models import payment, provider_event, provider_watermark
from fund.payments.ports import EventNote, OpenedCheckout
from fund.platform.house import House, Transaction

FIRST_LOOK = dt.timedelta(minutes=2)
"""How long an event may take before we ask the provider ourselves."""

# Built once: building a statement costs about as much as sending it.
_LOCK = select(payment).where(payment.c.no == bindparam("of")).with_for_update()
_CHANGE = update(payment).where(payment.c.no == bindparam("of"))
_ADD_EVENT = (
    upsert(provider_event)
    .values(
        {
            name: bindparam(name)
            for name in (
                *("id", "type", "object_id", "livemode", "body"),
                *("received_at", "state", "created_at", "source"),
            )
        }
    )
    .on_conflict_do_nothing()
    .returning(provider_event.c.id)
)
_LOCK_MANY = (
    select(payment)
    .where(payment.c.no == func.any(bindparam("of", type_=ARRAY(Text))))
    .order_by(payment.c.no)
    .with_for_update()
)
PROVIDER_IDS = ("intent_id", "charge_id", "customer_id")
"""Columns of a payment, and facts of a checkout, that hold the provider's own ids."""
_MOVE_PAID = text("""
UPDATE payment SET state = 'succeeded', method = told.method, paid_at = told.paid_at,
  received_on = told.received_on, late = told.late, failure_code = NULL, look_at = NULL,
  intent_id = coalesce(told.intent_id, payment.intent_id),
  charge_id = coalesce(told.charge_id, payment.charge_id),
  customer_id = coalesce(told.customer_id, payment.customer_id)
FROM unnest(CAST(:no_ AS text[]), CAST(:method_ AS text[]), CAST(:paid_at_ AS timestamptz[]),
            CAST(:received_on_ AS date[]), CAST(:late_ AS boolean[]), CAST(:intent_id_ AS text[]),
            CAST(:charge_id_ AS text[]), CAST(:customer_id_ AS text[]))
  AS told(no, method, paid_at, received_on, late, intent_id, charge_id, customer_id)
WHERE payment.no = told.no
""")
_CLOSE_MANY = text("""
UPDATE provider_event SET state = 'processed', processed_at = :at
WHERE id = ANY (CAST(:of AS text[])) AND state = 'pending'
""")
_CLOSE = update(provider_event).where(
    provider_event.c.id == bindparam("of"), provider_event.c.state == "pending"
)


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
            look_at=tx.now + FIRST_LOOK if method in ONLINE_METHODS else None,
        )
    )
    return number


def lock_payment(tx: Transaction, number: str) -> Row[Any] | None:
    """The payment's row, locked until the transaction ends."""
    return tx.connection.execute(_LOCK, {"of": number}).one_or_none()


def lock_payments(tx: Transaction, numbers: Collection[str]) -> dict[str, Row[Any]]:
    """Payments' rows by their numbers, locked in one order until the transaction ends."""
    found = tx.connection.execute(_LOCK_MANY, {"of": sorted(set(numbers))})
    return {row.no: row for row in found}


def move_paid(tx: Transaction, moved: Sequence[Mapping[str, Any]]) -> None:
    """Move locked payments to ``succeeded`` in one statement; of each its ``before`` state.

    Ids that the provider did not tell stay as they were.

    Raises:
        Conflict: when there is no such edge.
    """
    for one in moved:
        PAYMENT.check(one["before"], "succeeded")
    names = ("no", "method", "paid_at", "received_on", "late", *PROVIDER_IDS)
    values = {f"{name}_": [one[name] for one in moved] for name in names}
    tx.connection.execute(_MOVE_PAID, values)


def close_events(tx: Transaction, event_ids: Collection[str]) -> None:
    """Mark many events as processed; those that are closed stay as they are."""
    tx.connection.execute(_CLOSE_MANY, {"of": sorted(event_ids), "at": tx.now})


def find_payment(
    tx: Transaction, number: str | None, intent_id: str | None, charge_id: str | None
) -> Row[Any] | None:
    """The locked row that facts speak of: by our number, else by the provider's ids."""
    if number and (row := lock_payment(tx, number)):
        return row
    for column, value in ((payment.c.intent_id, intent_id), (payment.c.charge_id, charge_id)):
        if value is None:
            continue
        row = tx.connection.execute(
            select(payment).where(column == value).with_for_update()
        ).one_or_none()
        if row is not None:
            return row
    return None


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
            customer_id=opened.customer_id,
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
    tx.connection.execute(_CHANGE, {"of": number, "state": after, **values})


def note_facts(tx: Transaction, number: str, **values: Any) -> None:
    """Keep what the provider told beside the state: ids, voucher, deadline, flags."""
    tx.connection.execute(_CHANGE, {"of": number, **values})


def mark_extra(tx: Transaction, number: str) -> None:
    """Note that a paid gift was paid again by this payment; its money waits for an officer."""
    note_facts(tx, number, extra=True, checked_at=None)


def claim_looks(tx: Transaction, limit: int) -> Sequence[Row[Any, Any, Any, Any]]:
    """Take the payments that are due for a look and put their next look off (see ``next_look``).

    Putting it off first keeps two sweeps from asking twice, and one that always fails from
    standing in the way of the others.
    """
    due = tx.connection.execute(
        select(payment.c.id, payment.c.no, payment.c.session_id, payment.c.created_at)
        .where(payment.c.look_at <= tx.now)
        .order_by(payment.c.look_at, payment.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if due:
        tx.connection.execute(
            update(payment)
            .where(payment.c.id == bindparam("claimed"))
            .values(look_at=bindparam("later")),
            [{"claimed": row.id, "later": next_look(row.created_at, tx.now)} for row in due],
        )
    return due


def look_soon(tx: Transaction, numbers: list[str]) -> None:
    """Have claimed payments looked at in the next round after all, where they are still open."""
    tx.connection.execute(
        update(payment)
        .where(payment.c.no.in_(numbers), payment.c.look_at.is_not(None))
        .values(look_at=tx.now)
    )


def raise_watermark(tx: Transaction, what: str, at: dt.datetime) -> None:
    """Remember up to which moment something was listed; never backwards."""
    statement = upsert(provider_watermark).values(what=what, at=at)
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=[provider_watermark.c.what],
            set_={"at": func.greatest(provider_watermark.c.at, statement.excluded.at)},
        )
    )


def note_failure(tx: Transaction, number: str, code: str) -> None:
    """Keep the code of the last decline, so that the donor is told what to do."""
    tx.connection.execute(update(payment).where(payment.c.no == number).values(failure_code=code))


def keep_event(
    house: House, note: EventNote, body: bytes, *, now: dt.datetime, source: str
) -> bool:
    """Store an event's raw bytes once and ask for its task; False when it was stored before.

    ``source`` says how it came: ``delivered`` to our door, or found in the provider's list.
    A single statement that is its own transaction: whoever waits at the door waits once.
    """
    added = house.keep_rows(
        _ADD_EVENT,
        {
            "id": note.id,
            "type": note.type,
            "object_id": note.object_id,
            "livemode": note.livemode,
            "body": body,
            "received_at": now,
            "state": "pending",
            "created_at": note.created_at,
            "source": source,
        },
        "payments.process_event",
        "event_id",
    )
    return bool(added)


def close_event(
    tx: Transaction, event_id: str, state: str, reason: str | None, now: dt.datetime
) -> None:
    """Mark an event as processed or ignored; one that is closed stays as it is."""
    tx.connection.execute(
        _CLOSE, {"of": event_id, "state": state, "reason": reason, "processed_at": now}
    )
