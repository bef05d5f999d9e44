"""Reading the ledger: balances and open lots, derived from postings and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.ledger.models import journal_entry, lot, lot_posting, posting


@dataclass(frozen=True)
class OpenLot:
    """A lot with yen still in the fund: where they stand and what was wished."""

    share_id: str
    origin: str
    gift_no: str | None
    yen: Yen
    open_yen: Yen
    pot: str
    received_on: dt.date
    wish: Mapping[str, Json]


def balances(connection: Connection, prefix: str = "") -> dict[str, Yen]:
    """Raw balance (yen, debit positive) of every account whose name begins with ``prefix``."""
    rows = connection.execute(
        select(posting.c.account, func.sum(posting.c.yen))
        .where(posting.c.account.startswith(prefix, autoescape=True))
        .group_by(posting.c.account)
        .order_by(posting.c.account)
    )
    return {account: Yen(int(yen)) for account, yen in rows}


def balance(connection: Connection, account: str) -> Yen:
    """Raw balance (yen, debit positive) of one account; zero if it never moved."""
    found = connection.execute(
        select(func.coalesce(func.sum(posting.c.yen), 0)).where(posting.c.account == account)
    ).scalar_one()
    return Yen(int(found))


def open_lots(connection: Connection, gift_no: str | None = None) -> list[OpenLot]:
    """Lots with yen left in the fund, in order of their share ids; of one gift if named."""
    remaining = -func.sum(lot_posting.c.yen)
    query = (
        select(lot, lot_posting.c.account, remaining.label("open_yen"))
        .join(lot_posting, lot_posting.c.lot_id == lot.c.id)
        .group_by(lot.c.id, lot_posting.c.account)
        .having(remaining > 0)
        .order_by(lot.c.share_id)
    )
    if gift_no is not None:
        query = query.where(lot.c.gift_no == gift_no)
    return [
        OpenLot(
            share_id=row.share_id,
            origin=row.origin,
            gift_no=row.gift_no,
            yen=Yen(row.yen),
            open_yen=Yen(int(row.open_yen)),
            pot=row.account,
            received_on=row.received_on,
            wish=row.wish,
        )
        for row in connection.execute(query)
    ]


def last_entry_id(connection: Connection) -> int:
    """The internal id of the newest visible entry; zero for an empty ledger."""
    found = connection.execute(select(func.max(journal_entry.c.id))).scalar_one()
    return int(found or 0)
