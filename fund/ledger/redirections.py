"""A wish redirected (reason code, clause): yen of one lot become a new lot with another wish.

A lot keeps its wish for ever. What is redirected leaves its lot and enters a new one of the same
gift, with the old day of receipt, in the pot of the new wish; what stays keeps the old wish. So
whatever was allocated before is still judged by the wish it was allocated under, and money that
comes back later goes where it came from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, text

from fund.kernel.canonical import Json
from fund.kernel.errors import Conflict, NotFound
from fund.kernel.ids import share_id
from fund.kernel.money import Yen
from fund.ledger import accounts, journal
from fund.ledger.domain import Entry, LotPosting, NewLot, Posting
from fund.ledger.models import journal_entry, lot, redirection
from fund.ledger.queries import OpenLot, open_lots
from fund.ledger.reasons import Redirected
from fund.platform.house import Transaction

DONOR_CHOICE = Redirected.DONOR_CHOICE


@dataclass(frozen=True)
class NewUse:
    """What redirected yen are for from now on: the wish and its levels in the rule's own form."""

    kind: str
    target: str | None
    fallback: str | None
    levels: Mapping[str, Json]

    @property
    def pot(self) -> str:
        """Where yen of this wish wait."""
        return accounts.pot_of(self.kind, self.target)


@dataclass(frozen=True)
class Why:
    """Why a wish is redirected: a code of ``Redirected``, the clause that allows it, the day."""

    reason: str
    clause: str
    on: dt.date


def designation_redirected(
    old: OpenLot, new_share_id: str, yen: Yen, use: NewUse, why: Why
) -> Entry:
    """The entry: yen leave the old lot and its pot, and enter a new lot in the new pot.

    Raises:
        ValueError: when nothing would move, or more than the lot still holds.
    """
    if not 0 < yen <= old.open_yen or use.pot == old.pot:
        raise ValueError(f"{yen} yen of {old.share_id} cannot go from {old.pot} to {use.pot}")
    return Entry(
        kind="designation.redirected",
        fact_id=new_share_id,
        on=why.on,
        postings=(Posting(old.pot, yen), Posting(use.pot, -yen)),
        lots=(
            LotPosting(old.share_id, old.pot, yen),
            LotPosting(new_share_id, use.pot, -yen),
        ),
        new_lots=(NewLot(new_share_id, "gift", yen, old.received_on, use.levels, old.gift_no),),
        reason=why.reason,
        clauses=(why.clause,),
        detail={
            "gift": old.gift_no,
            "share": old.share_id,
            "into": new_share_id,
            "yen": int(yen),
            "from": old.pot,
            "to": use.pot,
            "wish": {"kind": use.kind, "target": use.target, "fallback": use.fallback},
        },
    )


def redirect(tx: Transaction, old_share: str, use: NewUse, why: Why, yen: Yen | None = None) -> str:
    """Redirect yen of a gift's lot (all it still holds, if not said); returns the new share's id.

    Raises:
        NotFound: when the lot holds nothing, or is no gift's.
        Conflict: when the yen already wait in the pot of that use, or the lot holds less.
    """
    gift_no = tx.connection.execute(
        select(lot.c.gift_no).where(lot.c.share_id == old_share)
    ).scalar_one_or_none()
    if gift_no is None:
        raise NotFound("使いみちを変えられる寄附が見つかりません")
    # Serials of a gift's shares have no other owner than this lock.
    tx.connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:gift, 73))"), {"gift": gift_no}
    )
    standing = [one for one in open_lots(tx.connection, gift_no) if one.share_id == old_share]
    if len(standing) != 1:
        raise NotFound("使いみちを変えられる残りがありません")
    old, moved = standing[0], standing[0].open_yen if yen is None else yen
    if use.pot == old.pot:
        raise Conflict("すでにその使いみちで待っています")
    if not 0 < moved <= old.open_yen:
        raise Conflict("使いみちを変えられる残りが足りません")
    made = tx.connection.execute(
        select(func.count()).select_from(lot).where(lot.c.gift_no == gift_no)
    ).scalar_one()
    new_share = share_id(gift_no, int(made) + 1)
    entry_id = journal.record(tx, designation_redirected(old, new_share, moved, use, why))
    tx.connection.execute(
        insert(redirection).values(
            entry_id=entry_id,
            share_id=old_share,
            new_share_id=new_share,
            kind=use.kind,
            target=use.target,
            fallback=use.fallback,
            yen=int(moved),
            reason=why.reason,
            clause=why.clause,
            at=tx.now,
            by=tx.by.label or tx.by.kind,
        )
    )
    tx.audit("designation.redirected", gift_no, share=old_share, into=new_share, why=why.reason)
    return new_share


@dataclass(frozen=True)
class RedirectionView:
    """One redirection: from share to share, its yen, its new wish, why, and the day."""

    share_id: str
    new_share_id: str
    kind: str
    target: str | None
    fallback: str | None
    yen: Yen
    reason: str
    clause: str
    on: dt.date


def redirections_of(connection: Connection, *gift_nos: str) -> list[RedirectionView]:
    """The redirections of these gifts' lots in the order made."""
    rows = connection.execute(
        select(redirection, journal_entry.c.on_day)
        .join(lot, lot.c.share_id == redirection.c.share_id)
        .join(journal_entry, journal_entry.c.id == redirection.c.entry_id)
        .where(lot.c.gift_no == func.any(list(gift_nos)))
        .order_by(redirection.c.id)
    )
    return [
        RedirectionView(
            row.share_id,
            row.new_share_id,
            row.kind,
            row.target,
            row.fallback,
            Yen(row.yen),
            row.reason,
            row.clause,
            row.on_day,
        )
        for row in rows
    ]
