"""Writing receipts in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.canonical import Json, canonical
from fund.platform.house import Transaction
from fund.receipts.models import receipt, receipt_copy, receipt_document, receipt_series


def next_serial(tx: Transaction, fy: int) -> int:
    """The next number of a fiscal year's series; its row stays locked until the commit.

    A rollback gives the number back, so the series has no gaps (a sequence would leave some).
    """
    taken = tx.connection.execute(
        upsert(receipt_series)
        .values(fy=fy, last=1)
        .on_conflict_do_update(index_elements=["fy"], set_={"last": receipt_series.c.last + 1})
        .returning(receipt_series.c.last)
    ).scalar_one()
    return int(taken)


def has_receipt(tx: Transaction, gift_no: str) -> bool:
    """Whether a valid receipt exists for a gift."""
    found = tx.connection.execute(
        select(receipt.c.id).where(receipt.c.gift_no == gift_no, receipt.c.state == "valid")
    ).one_or_none()
    return found is not None


def void_receipt(tx: Transaction, gift_no: str, reason: str) -> str | None:
    """Void the valid receipt of a gift; returns its number, None if there is none."""
    voided: str | None = tx.connection.execute(
        update(receipt)
        .where(receipt.c.gift_no == gift_no, receipt.c.state == "valid")
        .values(state="void", voided_at=tx.now, void_reason=reason)
        .returning(receipt.c.no)
    ).scalar_one_or_none()
    return voided


def last_void(tx: Transaction, gift_no: str) -> str | None:
    """The number of the gift's latest receipt, which is void and was not replaced."""
    found: str | None = tx.connection.execute(
        select(receipt.c.no)
        .where(receipt.c.gift_no == gift_no, receipt.c.state == "void")
        .order_by(receipt.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def add_receipt(
    tx: Transaction,
    *,
    serial: int,
    fy: int,
    issued_on: dt.date,
    content: Mapping[str, Json],
) -> None:
    """Insert a receipt with its frozen content."""
    body = canonical(dict(content))
    tx.connection.execute(
        insert(receipt).values(
            no=content["no"],
            fy=fy,
            serial=serial,
            gift_no=content["gift"],
            state="valid",
            issued_on=issued_on,
            issued_at=tx.now,
            replaces=content.get("replaces"),
            payload=body,
            payload_sha256=hashlib.sha256(body).digest(),
        )
    )


def keep_document(tx: Transaction, receipt_id: int, pdf: bytes) -> None:
    """Keep the drawn PDF; the first drawing stays."""
    tx.connection.execute(
        upsert(receipt_document)
        .values(
            receipt_id=receipt_id,
            pdf=pdf,
            sha256=hashlib.sha256(pdf).digest(),
            drawn_at=tx.now,
        )
        .on_conflict_do_nothing()
    )


def note_copy(tx: Transaction, receipt_id: int, way: str) -> None:
    """Write down that a copy was handed out, to whom and how."""
    tx.connection.execute(
        insert(receipt_copy).values(
            receipt_id=receipt_id, at=tx.now, by=tx.by.label or tx.by.kind, way=way
        )
    )
