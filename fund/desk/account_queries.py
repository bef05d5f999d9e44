"""The rows behind a gift's account, and what its waiting yen wait for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.allocation import queries as allocation
from fund.allocation.domain.problem import Grant
from fund.allocation.domain.wishes import uses_of
from fund.desk.account import Account, Line, Waits, account
from fund.grants import queries as grants
from fund.grants.queries import OpenAward
from fund.kernel.canonical import Json
from fund.ledger import queries as ledger
from fund.ledger.queries import OpenLot
from fund.ledger.refunded import refunded_of_gift


def account_of(connection: Connection, gift_no: str) -> Account:
    """The account of an accepted gift (all zero before the acceptance)."""
    lines = [
        Line(one.share_id, one.award_no, one.standing, one.rank, one.use, one.on, one.run_no)
        for one in allocation.lines_of_gift(connection, gift_no)
    ]
    shares = {lot.share_id for lot in ledger.lots_of_gift(connection, gift_no)}
    open_ = [Waits(lot.share_id, lot.open_yen) for lot in ledger.open_lots(connection, gift_no)]
    return account(
        lines,
        ledger.returned_by_groups(connection, shares),
        open_,
        refunded_of_gift(connection, gift_no),
    )


@dataclass(frozen=True)
class Awaiting:
    """Why yen of a lot wait: ``next-run``, ``all-full`` or ``no-award``; until when, for what next.

    ``then`` is the use that opens after ``until`` (``field:arts``, ``any``), None without a term.
    """

    lot: OpenLot
    code: str
    until: dt.date | None
    then: str | None


def awaiting(connection: Connection, gift_no: str, today: dt.date) -> list[Awaiting]:
    """What each open lot of a gift waits for, from awards and wishes as they stand now."""
    lots = ledger.open_lots(connection, gift_no)
    if not lots:
        return []
    needy = [set(uses_of(_grant(one))) for one in grants.open_for_allocation(connection)]
    every = [
        set(uses_of(_grant(one)))
        for one in grants.awards_named(connection, grants.open_award_numbers(connection))
    ]
    found = []
    for lot in lots:
        uses = _active(lot, today)
        if any(uses & award for award in needy):
            code = "next-run"
        else:
            code = "all-full" if any(uses & award for award in every) else "no-award"
        until, then = _term(lot)
        found.append(Awaiting(lot, code, until, then))
    return found


def _grant(one: OpenAward) -> Grant:
    return Grant(one.no, one.group_no, one.fields, one.programme, int(one.yen))


def _levels(lot: OpenLot) -> Sequence[dict[str, Json]]:
    levels = lot.wish.get("levels") if lot.origin == "gift" else None
    return levels if isinstance(levels, list) else [{"uses": ["any"]}]


def _active(lot: OpenLot, today: dt.date) -> set[str]:
    """The uses that are open on a day."""
    day = today.isoformat()
    return {
        str(use)
        for level in _levels(lot)
        if str(level.get("opens") or "") <= day <= str(level.get("expires") or "9999")
        for use in _uses(level)
    }


def _uses(level: dict[str, Json]) -> list[str]:
    uses = level.get("uses")
    return [str(use) for use in uses] if isinstance(uses, list) else []


def _term(lot: OpenLot) -> tuple[dt.date | None, str | None]:
    """The last day of the first wish and the first use behind it."""
    levels = _levels(lot)
    expires = levels[0].get("expires")
    if not isinstance(expires, str):
        return None, None
    following = _uses(levels[1]) if len(levels) > 1 else ["any"]
    return dt.date.fromisoformat(expires), following[0]
