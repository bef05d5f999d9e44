"""Writing refunds and disputes in the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, or_, select, update

from fund.kernel.errors import NotFound
from fund.payments.models import payment
from fund.payments.models_taking_back import dispute, refund
from fund.payments.refunds_domain import REFUND
from fund.platform.house import Transaction


def add_refund(tx: Transaction, **values: Any) -> None:
    """Insert a refund.

    Raises:
        sqlalchemy.exc.IntegrityError: when the payment would be exceeded
            (``refunds_within_payment``).
    """
    tx.connection.execute(insert(refund).values(**{"created_at": tx.now, **values}))


def payment_of_refund(tx: Transaction, refund_no: str) -> str:
    """The payment a refund is of, so that it can be locked first.

    Raises:
        NotFound: for an unknown refund.
    """
    found = tx.connection.execute(
        select(refund.c.payment_no).where(refund.c.no == refund_no)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("返金が見つかりません")
    return str(found)


def lock_refund(tx: Transaction, refund_no: str) -> Row[Any]:
    """The refund's row, locked until the end (lock its payment first)."""
    return tx.connection.execute(
        select(refund).where(refund.c.no == refund_no).with_for_update()
    ).one()


def find_refund(
    tx: Transaction, payment_no: str, provider_id: str, our_no: str | None
) -> Row[Any] | None:
    """The refund the provider speaks of: by its own id, or by the number we gave it."""
    known = refund.c.provider_id == provider_id
    if our_no is not None:
        known = or_(known, (refund.c.no == our_no) & refund.c.provider_id.is_(None))
    return tx.connection.execute(
        select(refund).where(refund.c.payment_no == payment_no, known).with_for_update()
    ).one_or_none()


def undecided_refunds(tx: Transaction, payment_no: str) -> list[Row[Any]]:
    """Refunds that the provider has not made, the newest first; locked."""
    return list(
        tx.connection.execute(
            select(refund)
            .where(
                refund.c.payment_no == payment_no,
                refund.c.provider_id.is_(None),
                refund.c.state.in_(("proposed", "approved", "sent")),
            )
            .order_by(refund.c.id.desc())
            .with_for_update()
        )
    )


def move_refund(tx: Transaction, row: Row[Any], after: str, **values: Any) -> None:
    """Move a locked refund along a drawn edge.

    Raises:
        Conflict: when there is no such edge.
    """
    REFUND.check(row.state, after)
    change_refund(tx, row, state=after, **values)


def change_refund(tx: Transaction, row: Row[Any], **values: Any) -> None:
    """Change facts of a locked refund without moving it."""
    tx.connection.execute(update(refund).where(refund.c.id == row.id).values(**values))


def set_extra(tx: Transaction, gift_no: str, own: str | None) -> None:
    """Note which paid payment is the gift's own: every other one is extra."""
    tx.connection.execute(
        update(payment)
        .where(
            payment.c.gift_no == gift_no,
            payment.c.state == "succeeded",
            payment.c.extra.is_distinct_from(payment.c.no != own),
        )
        .values(extra=payment.c.no != own)
    )


def lock_dispute(tx: Transaction, identifier: str) -> Row[Any] | None:
    """The dispute's row, locked until the end (lock its payment first)."""
    return tx.connection.execute(
        select(dispute).where(dispute.c.id == identifier).with_for_update()
    ).one_or_none()


def add_dispute(tx: Transaction, **values: Any) -> Row[Any]:
    """Insert a dispute as the provider first told of it."""
    return tx.connection.execute(insert(dispute).values(**values).returning(dispute)).one()


def change_dispute(tx: Transaction, identifier: str, **values: Any) -> None:
    """Change a locked dispute."""
    tx.connection.execute(update(dispute).where(dispute.c.id == identifier).values(**values))
