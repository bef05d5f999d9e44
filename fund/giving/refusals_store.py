"""Writing refused gifts in the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, insert, select, text, update

from fund.giving.domain.taking_back import refusal_no
from fund.giving.models import gift, refusal
from fund.payments.queries import payments_of
from fund.payments.store import lock_payment
from fund.platform.house import Transaction


def standing_refusal(tx: Transaction, gift_id: int) -> str | None:
    """The number of a (locked) gift's refusal that was not sent back, if there is one."""
    found: str | None = tx.connection.execute(
        select(refusal.c.no).where(refusal.c.gift_id == gift_id, refusal.c.state != "sent_back")
    ).scalar_one_or_none()
    return found


def add_refusal(tx: Transaction, year: int, **values: Any) -> str:
    """Insert a proposed refusal; returns its number, the next of the year."""
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(7103, :year)"), {"year": year})
    made = tx.connection.execute(
        select(func.count()).select_from(refusal).where(refusal.c.no.startswith(f"NA{year}-"))
    ).scalar_one()
    number = refusal_no(year, int(made) + 1)
    tx.connection.execute(
        insert(refusal).values(
            no=number,
            state="proposed",
            proposed_by=tx.by.person_id,
            proposed_at=tx.now,
            **values,
        )
    )
    return number


def refusal_by_no(tx: Transaction, number: str) -> Row[Any] | None:
    """A refusal with its gift's number."""
    return tx.connection.execute(
        select(refusal, gift.c.no.label("gift_no"))
        .join(gift, gift.c.id == refusal.c.gift_id)
        .where(refusal.c.no == number)
    ).one_or_none()


def lock_payments(tx: Transaction, gift_no: str) -> None:
    """Hold every payment of a gift; everybody locks payments before gifts."""
    for paid in payments_of(tx.connection, gift_no):
        lock_payment(tx, paid.no)


def close_refusal(tx: Transaction, refusal_id: int, state: str, note: str) -> None:
    """Write the decision of a refusal whose gift is locked: ``declined`` or ``sent_back``."""
    tx.connection.execute(
        update(refusal)
        .where(refusal.c.id == refusal_id, refusal.c.state == "proposed")
        .values(state=state, decided_by=tx.by.person_id, decided_at=tx.now, decision_note=note)
    )
