"""Reading receipts as frozen values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from fund.kernel.canonical import Json
from fund.receipts.models import receipt, receipt_document


@dataclass(frozen=True)
class ReceiptView:
    """A receipt: its number, day of issue (Japan) and frozen content."""

    id: int
    no: str
    gift_no: str
    state: str
    issued_on: dt.date
    content: Mapping[str, Json]
    voided_at: dt.datetime | None = None
    void_reason: str = ""
    replaces: str | None = None


def receipt_of(connection: Connection, gift_no: str) -> ReceiptView | None:
    """The valid receipt of a gift."""
    row = connection.execute(
        select(receipt).where(receipt.c.gift_no == gift_no, receipt.c.state == "valid")
    ).one_or_none()
    return None if row is None else _view(row)


def receipts_of(connection: Connection, gift_no: str) -> list[ReceiptView]:
    """Every receipt of a gift, also the void ones, the first one first."""
    rows = connection.execute(
        select(receipt).where(receipt.c.gift_no == gift_no).order_by(receipt.c.id)
    )
    return [_view(row) for row in rows]


def _view(row: Row[Any]) -> ReceiptView:
    return ReceiptView(
        row.id,
        row.no,
        row.gift_no,
        row.state,
        row.issued_on,
        json.loads(row.payload),
        row.voided_at,
        row.void_reason,
        row.replaces,
    )


def document_of(connection: Connection, receipt_id: int) -> bytes | None:
    """The drawn PDF of a receipt, if it was drawn already."""
    found = connection.execute(
        select(receipt_document.c.pdf).where(receipt_document.c.receipt_id == receipt_id)
    ).scalar_one_or_none()
    return None if found is None else bytes(found)
