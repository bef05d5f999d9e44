"""Reading the ledger: balances and open lots, derived from postings and nothing else."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    cast,
    func,
    literal,
    select,
    text,
)

from fund.kernel.canonical import Json
from fund.kernel.money import Yen
from fund.ledger.accounts import DUE_FROM_WARD, committed_to
from fund.ledger.facts import Source
from fund.ledger.models import journal_entry, lot, lot_posting, posting

# Wishes come as text: many lots share one, and each text is decoded once for all of them.
_LOT = (
    *(lot.c[name] for name in ("id", "share_id", "origin", "gift_no", "yen", "received_on")),
    cast(lot.c.wish, Text).label("wish"),
)


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
        select(*_LOT, lot_posting.c.account, remaining.label("open_yen"))
        .join(lot_posting, lot_posting.c.lot_id == lot.c.id)
        .group_by(lot.c.id, lot_posting.c.account)
        .having(remaining > 0)
        .order_by(lot.c.share_id)
    )
    if gift_no is not None:
        query = query.where(lot.c.gift_no == gift_no)
    wish = functools.cache(json.loads)
    return [
        OpenLot(
            share_id=row.share_id,
            origin=row.origin,
            gift_no=row.gift_no,
            yen=Yen(row.yen),
            open_yen=Yen(int(row.open_yen)),
            pot=row.account,
            received_on=row.received_on,
            wish=wish(row.wish),
        )
        for row in connection.execute(query)
    ]


class Standing(NamedTuple):
    """Yen of one lot that stand in one pot."""

    share_id: str
    gift_no: str | None
    pot: str
    yen: Yen


def standing(connection: Connection, share_ids: Collection[str]) -> list[Standing]:
    """What still stands of these lots, pot by pot, in order of their share ids."""
    left = -func.sum(lot_posting.c.yen)
    rows = connection.execute(
        select(lot.c.share_id, lot.c.gift_no, lot_posting.c.account, left)
        .join(lot_posting, lot_posting.c.lot_id == lot.c.id)
        .where(lot.c.share_id == func.any(sorted(set(share_ids))))
        .group_by(lot.c.id, lot_posting.c.account)
        .having(left > 0)
        .order_by(lot.c.share_id, lot_posting.c.account)
    )
    return [Standing(share, gift, pot, Yen(int(yen))) for share, gift, pot, yen in rows]


@dataclass(frozen=True)
class Lot:
    """Money of one origin and one wish as it entered the fund (yen), spent or not."""

    share_id: str
    origin: str
    gift_no: str | None
    yen: Yen
    received_on: dt.date
    wish: Mapping[str, Json]


def lots_of_gift(connection: Connection, gift_no: str) -> list[Lot]:
    """The lots of a gift's shares, in order of their share ids."""
    return _lots(connection, lot.c.gift_no == gift_no)


def lots_by_share(connection: Connection, share_ids: Collection[str]) -> dict[str, Lot]:
    """The lots with these share ids."""
    wanted = lot.c.share_id == func.any(sorted(set(share_ids)))
    return {item.share_id: item for item in _lots(connection, wanted)}


def _lots(connection: Connection, condition: ColumnElement[bool]) -> list[Lot]:
    rows = connection.execute(select(*_LOT).where(condition).order_by(lot.c.share_id))
    wish = functools.cache(json.loads)
    return [
        Lot(
            share_id=row.share_id,
            origin=row.origin,
            gift_no=row.gift_no,
            yen=Yen(row.yen),
            received_on=row.received_on,
            wish=wish(row.wish),
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Commitment:
    """What the ledger says of one award: yen allocated to it, and of those paid out or reduced."""

    allocated: Yen
    disbursed: Yen
    reduced: Yen

    @property
    def left(self) -> Yen:
        """Allocated and not yet paid: the balance of the award's account."""
        return self.allocated - self.disbursed - self.reduced


def commitments(connection: Connection, award_nos: Collection[str]) -> dict[str, Commitment]:
    """The commitment of each named award; awards without any entry are zero."""
    accounts = {committed_to(award_no): award_no for award_no in award_nos}
    paid = journal_entry.c.kind == "disbursement.paid"
    rows = connection.execute(
        select(
            posting.c.account,
            func.coalesce(-func.sum(posting.c.yen).filter(posting.c.yen < 0), 0),
            func.coalesce(func.sum(posting.c.yen).filter(posting.c.yen > 0, paid), 0),
            func.coalesce(func.sum(posting.c.yen).filter(posting.c.yen > 0, ~paid), 0),
        )
        .join(journal_entry, journal_entry.c.id == posting.c.entry_id)
        .where(posting.c.account.in_(accounts))
        .group_by(posting.c.account)
    )
    found = {award_no: Commitment(Yen(0), Yen(0), Yen(0)) for award_no in award_nos}
    for account, *sums in rows:
        found[accounts[account]] = Commitment(*(Yen(int(yen)) for yen in sums))
    return found


def paid_out(connection: Connection, award_nos: Select[tuple[str]]) -> Yen:
    """What was paid to groups for all awards whose numbers the query names."""
    numbers = award_nos.subquery().c[0]
    accounts = select(literal("committed:") + numbers)
    return Yen(
        int(
            connection.execute(
                select(func.coalesce(func.sum(posting.c.yen), 0))
                .join(journal_entry, journal_entry.c.id == posting.c.entry_id)
                .where(
                    posting.c.account.in_(accounts),
                    posting.c.yen > 0,
                    journal_entry.c.kind == "disbursement.paid",
                )
            ).scalar_one()
        )
    )


def sources_of(connection: Connection, award_no: str) -> list[Source]:
    """The lots and pots behind an award, in the order in which money goes back to them.

    Newest run first, inside a run the worst-ranked wish first: the inverse of allocation. Where
    a donor got the yen back and the group kept them, the ward stands in the donor's place (a
    source without a share), as far as no other money has filled the hole.
    """
    rank = cast(journal_entry.c.detail["rank"].astext, Integer)
    rows = connection.execute(
        select(journal_entry.c.fact_id, lot.c.share_id, lot_posting.c.account, lot_posting.c.yen)
        .join(lot_posting, lot_posting.c.entry_id == journal_entry.c.id)
        .join(lot, lot.c.id == lot_posting.c.lot_id)
        .where(
            journal_entry.c.kind == "allocation.line",
            journal_entry.c.detail["award"].astext == award_no,
        )
        .order_by(
            journal_entry.c.on_day.desc(),
            journal_entry.c.detail["run"].astext.desc(),
            rank.desc(),
            journal_entry.c.id.desc(),
        )
    ).all()
    undone = _undone(connection, award_no)
    found = []
    for fact, share_id, pot, yen in rows:
        gone = min(undone[fact, "committed"] + undone[fact, "ward"], int(yen))
        if undone[fact, "ward"]:
            found.append(Source("", DUE_FROM_WARD, Yen(undone[fact, "ward"])))
            undone[fact, "ward"] = 0
        if left := int(yen) - gone:
            found.append(Source(share_id, pot, Yen(left)))
    return _less_filled(found, _filled(connection, award_no))


_UNDONE = text("""
SELECT line->>'line' AS fact, line->>'from' AS source, (line->>'yen')::bigint AS yen
FROM journal_entry AS entry, jsonb_array_elements(entry.detail->'lines') AS line
WHERE entry.kind IN ('donation.refunded', 'dispute.lost', 'entry.reversed',
                     'award.reduced', 'award.cancelled')
  AND line->>'award' = :award
""")


def _undone(connection: Connection, award_no: str) -> dict[tuple[str, str], int]:
    """Yen taken back of each allocation line of an award, by (line, ``committed`` or ``ward``)."""
    rows = connection.execute(_UNDONE, {"award": award_no})
    undone: dict[tuple[str, str], int] = defaultdict(int)
    for fact, source, yen in rows:
        undone[fact, source] += int(yen)
    return undone


def _filled(connection: Connection, award_no: str) -> int:
    """Yen with which other money filled the holes of an award."""
    paid_ward = (
        select(func.coalesce(-func.sum(posting.c.yen), 0))
        .join(journal_entry, journal_entry.c.id == posting.c.entry_id)
        .where(
            journal_entry.c.kind == "allocation.line",
            journal_entry.c.detail["award"].astext == award_no,
            posting.c.account == DUE_FROM_WARD,
        )
    )
    return int(connection.execute(paid_ward).scalar_one())


def _less_filled(sources: list[Source], filled: int) -> list[Source]:
    """The sources without those of the ward that others have taken over, the oldest first."""
    kept = []
    for source in reversed(sources):
        part = 0 if source.share_id else min(filled, int(source.yen))
        filled -= part
        if source.yen > part:
            kept.append(Source(source.share_id, source.pot, source.yen - part))
    return kept[::-1]


def last_entry_id(connection: Connection) -> int:
    """The internal id of the newest visible entry; zero for an empty ledger."""
    found = connection.execute(select(func.max(journal_entry.c.id))).scalar_one()
    return int(found or 0)


@dataclass(frozen=True)
class BookedFact:
    """An entry by the fact it records: its internal id and the yen its detail names."""

    id: int
    yen: Yen


def booked_fact(connection: Connection, kind: str, fact_id: str) -> BookedFact | None:
    """The entry that recorded a fact and how many yen it moved, if there is one."""
    row = connection.execute(
        select(journal_entry.c.id, journal_entry.c.detail["yen"].as_integer().label("yen")).where(
            journal_entry.c.fact_kind == kind, journal_entry.c.fact_id == fact_id
        )
    ).one_or_none()
    return None if row is None else BookedFact(int(row.id), Yen(int(row.yen)))


def returned_by_groups(
    connection: Connection, share_ids: Collection[str]
) -> dict[tuple[str, str], Yen]:
    """Yen that groups gave back to these lots, by (share id, award number)."""
    award = journal_entry.c.detail["award"].astext
    rows = connection.execute(
        select(lot.c.share_id, award.label("award"), -func.sum(lot_posting.c.yen))
        .join(lot_posting, lot_posting.c.lot_id == lot.c.id)
        .join(journal_entry, journal_entry.c.id == lot_posting.c.entry_id)
        .where(
            lot.c.share_id == func.any(sorted(set(share_ids))),
            journal_entry.c.kind == "grant.returned",
        )
        .group_by(lot.c.share_id, award)
    )
    return {(share, award_no): Yen(int(yen)) for share, award_no, yen in rows}


def lots_of_entry(connection: Connection, entry_id: int) -> list[Source]:
    """What an entry took from lots: (share, pot, yen), in the order of their shares."""
    rows = connection.execute(
        select(lot.c.share_id, lot_posting.c.account, lot_posting.c.yen)
        .join(lot, lot.c.id == lot_posting.c.lot_id)
        .where(lot_posting.c.entry_id == entry_id)
        .order_by(lot.c.share_id, lot_posting.c.account)
    )
    return [Source(share, account, Yen(int(yen))) for share, account, yen in rows]
