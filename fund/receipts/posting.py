"""Receipts that go by post: who waits for one, and printing them in one go."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, column, exists, func, select, table

from fund.kernel.actor import Actor
from fund.kernel.canonical import Json
from fund.kernel.errors import Forbidden, NotFound
from fund.platform.house import House
from fund.platform.waiting import Waiting, tally
from fund.receipts import store
from fund.receipts.commands import LAYOUT
from fund.receipts.models import receipt, receipt_copy
from fund.receipts.ports import DocumentPress

BY_POST = "post"
SHEETS = 100
"""So many papers are printed in one go."""
_GIFT = table("gift", column("no"), column("receipt_way"))
"""The gift's own columns, by the table's name: its room keeps its models."""


@dataclass(frozen=True)
class ToPost:
    """A valid receipt whose donor wants paper and that was not printed for the post yet."""

    id: int
    no: str
    gift_no: str
    issued_on: dt.date
    name: str
    yen: int


def _unposted(query: Select[Any]) -> Select[Any]:
    """Of valid receipts, those whose donors want paper and whose paper was not printed yet."""
    posted = exists().where(
        receipt_copy.c.receipt_id == receipt.c.id, receipt_copy.c.way == BY_POST
    )
    return query.join(_GIFT, _GIFT.c.no == receipt.c.gift_no).where(
        receipt.c.state == "valid", _GIFT.c.receipt_way == BY_POST, ~posted
    )


def to_post(connection: Connection, limit: int = SHEETS) -> list[ToPost]:
    """Receipts to print, the oldest first."""
    query = _unposted(select(receipt)).order_by(receipt.c.id).limit(limit)
    rows = [(row, json.loads(row.payload)) for row in connection.execute(query)]
    return [
        ToPost(row.id, row.no, row.gift_no, row.issued_on, content["name"], content["yen"])
        for row, content in rows
        if not content.get("erased")
    ]


def receipts_waiting(connection: Connection) -> Waiting:
    """How many wait to be printed, and since when."""
    return tally(connection, _unposted(select(receipt.c.issued_on.label("since"))))


def note_posted(house: House, *, by: Actor, now: dt.datetime, gift_nos: Sequence[str]) -> list[str]:
    """Write down that the receipts of these gifts are printed for the post; the gifts they are of.

    Raises:
        Forbidden: when no person acts.
    """
    if not by.is_person():
        raise Forbidden("印刷は、サインインした職員だけが行えます")
    with house.transaction(by=by, now=now) as tx:
        contents = _contents(tx.connection, gift_nos)
        for key, content in contents.items():
            store.note_copy(tx, key, BY_POST)
            tx.audit("receipt.printed", str(content["gift"]), receipt=content["no"])
    return [str(content["gift"]) for content in contents.values()]


def sheets(house: House, *, by: Actor, now: dt.datetime, gift_nos: Sequence[str]) -> bytes:
    """The valid receipts of these gifts in one PDF; that somebody drew them is written down.

    Raises:
        NotFound: when none of the gifts has a receipt.
    """
    with house.database.reading() as connection:
        contents = _contents(connection, gift_nos)
    if not contents:
        raise NotFound("印刷する受領証明書がありません")
    pdf = house.port(DocumentPress).draw_together(LAYOUT, list(contents.values()))
    with house.transaction(by=by, now=now) as tx:
        tx.audit("receipts.drawn", "receipts-to-post", count=len(contents))
    return pdf


def _contents(connection: Connection, gift_nos: Sequence[str]) -> dict[int, dict[str, Json]]:
    rows = connection.execute(
        select(receipt.c.id, receipt.c.payload)
        .where(receipt.c.gift_no == func.any(sorted(set(gift_nos))), receipt.c.state == "valid")
        .order_by(receipt.c.id)
    )
    contents = {int(row.id): json.loads(row.payload) for row in rows}
    return {key: one for key, one in contents.items() if not one.get("erased")}
