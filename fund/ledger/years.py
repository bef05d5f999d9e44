"""Closed fiscal years: nothing is dated into one, and what happened in one is booked after it.

Source: Local Autonomy Act (地方自治法) arts. 208, 233 and 235-5: accounts are kept by the fiscal
year, its books are closed, and what comes to light later belongs to the year in which it does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import IntegrityError

from fund.kernel.calendar import day_in_japan, fiscal_year, fiscal_year_bounds
from fund.kernel.errors import Conflict, Unavailable
from fund.kernel.sentences import filled
from fund.ledger.domain import Entry
from fund.ledger.models import journal_entry
from fund.platform.house import Transaction

HAPPENED = frozenset(
    {
        "payment.received",
        "payment.returned",
        "payment.disputed",
        "payment.reinstated",
        "donation.refunded",
        "donation.disputed",
        "dispute.won",
        "dispute.lost",
        "fee.charged",
        "fee.reimbursed",
        "interest.earned",
        "clearing.settled",
        "payout.arrived",
        "entry.reversed",
    }
)
"""Kinds that a donor, the provider or the bank brings about: the house cannot refuse that money
moved. When that is learned after the closing, the entry is dated the first day of the open year
and keeps the day on which it happened (``happened_on`` in its detail). Every other kind is an act
of the house, which has no business in a closed year."""

_ALONE = text("SELECT pg_advisory_xact_lock(7401, 1)")
"""Every entry shares this lock until its commit (``check_open_year`` of revision 0031)."""
_LAW = "year_is_closed"


def closed_through(connection: Connection) -> int | None:
    """The last fiscal year that is closed; None before the first closing."""
    found = connection.execute(
        select(func.max(journal_entry.c.fy)).where(journal_entry.c.kind == "period.closed")
    ).scalar_one()
    return None if found is None else int(found)


def first_open_day(connection: Connection) -> dt.date:
    """The first day that an entry may be dated; before the first closing, any day."""
    closed = closed_through(connection)
    return dt.date.min if closed is None else fiscal_year_bounds(closed + 1)[0]


def stop_booking(tx: Transaction) -> None:
    """Wait until no booking is under way and let none begin; held until the commit."""
    tx.connection.execute(_ALONE)


def in_open_year(tx: Transaction, entry: Entry) -> Entry:
    """The entry as it may be booked now; the database is asked only for days of the past.

    Raises:
        Conflict: when it is an act of the house dated into a closed year.
    """
    if entry.fy >= fiscal_year(day_in_japan(tx.now)):
        return entry
    return dated_open(entry, closed_through(tx.connection))


def dated_open(entry: Entry, closed: int | None) -> Entry:
    """The entry dated after the years that are ``closed``.

    Raises:
        Conflict: when it is an act of the house dated into a closed year.
    """
    if closed is None or entry.fy > closed or entry.kind == "period.closed":
        return entry
    if entry.kind not in HAPPENED:
        raise Conflict(
            filled(
                "%(year)s年度までの帳簿は締め切られていて、その日付では記帳できません。"
                "%(first)sからの日付で記帳してください",
                year=closed,
                first=fiscal_year_bounds(closed + 1)[0],
            )
        )
    detail = {**entry.detail, "happened_on": entry.on.isoformat()}
    return replace(entry, on=fiscal_year_bounds(closed + 1)[0], detail=detail)


@contextmanager
def closing_told() -> Iterator[None]:
    """Say in the house's words that a year was closed while an entry was on its way into it.

    Raises:
        Unavailable: instead of the database's refusal; tried again, it finds the year closed.
    """
    try:
        yield
    except IntegrityError as error:
        law = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if law != _LAW:
            raise
        raise Unavailable(
            "記帳のあいだに、この年度の帳簿が締め切られました。もう一度お試しください"
        ) from error
