"""Reading the comparison: the statement, open items, movements by day, earlier comparisons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, text, true

from fund.kernel.calendar import ZONE
from fund.kernel.money import Yen
from fund.ledger import accounts
from fund.ledger import queries as ledger
from fund.payments.reconciliation.domain import FEES, MOVEMENT_WITHIN, PAYOUTS, Statement
from fund.payments.reconciliation.matching import words
from fund.payments.reconciliation.models import (
    provider_movement,
    reconciliation,
)


@dataclass(frozen=True)
class OpenItem:
    """Something the two sides do not agree on: what it is, its yen, its day, and why it is open.

    ``kind`` is ``movement``, ``payout``, ``payment`` or ``balance``; ``reason`` one of
    ``matching.OPEN_REASONS``; ``on`` a day in Japan, None for the balance as a whole.
    """

    kind: str
    ref: str
    yen: Yen
    on: dt.date | None
    reason: str


@dataclass(frozen=True)
class Run:
    """One comparison that ran to its end (moments in UTC, whole yen)."""

    at: dt.datetime
    day: dt.date | None
    fetched: int
    matched: int
    booked: int
    open_items: int
    balance: Yen
    statement: Statement


@dataclass(frozen=True)
class MovementView:
    """One movement with what it was matched to, or why it was not."""

    id: str
    type: str
    category: str
    currency: str
    gross: Yen
    fee: Yen
    net: Yen
    source_id: str | None
    created_at: dt.datetime
    payout_id: str | None
    match_kind: str | None
    match_no: str | None
    note: str | None


@dataclass(frozen=True)
class DayView:
    """All movements of one day in Japan: how many, their sums in yen, and how many are open."""

    day: dt.date
    count: int
    gross: Yen
    fee: Yen
    net: Yen
    open: int


@dataclass(frozen=True)
class PayoutView:
    """A payout, and whether it stands in the books."""

    id: str
    yen: Yen
    status: str
    arrives_on: dt.date
    booked: bool
    note: str | None


_DAY = func.date(func.timezone(str(ZONE), provider_movement.c.created_at))

_SUMS = text(f"""
SELECT coalesce(sum(net), 0) AS net,
       coalesce(sum(fee), 0) - coalesce(sum(gross) FILTER (WHERE type IN ({words(FEES)})), 0)
         AS fees,
       coalesce(sum(gross) FILTER (WHERE type IN ({words(PAYOUTS)})), 0) AS payouts
FROM provider_movement WHERE currency = 'jpy'
""")

_BOOKED = text("""
SELECT coalesce(-sum(posting.yen) FILTER (WHERE entry.kind = 'fee.charged'), 0) AS fees,
       coalesce(-sum(posting.yen) FILTER (WHERE entry.kind <> 'fee.charged'), 0) AS payouts
FROM journal_entry entry
LEFT JOIN journal_entry undone ON undone.id = entry.reverses
JOIN posting ON posting.entry_id = entry.id AND posting.account = :clearing
WHERE entry.kind IN ('fee.charged', 'payout.arrived')
   OR (entry.kind = 'entry.reversed' AND undone.kind = 'payout.arrived')
""")


def statement(connection: Connection) -> Statement:
    """Ledger and provider side by side, from what is stored."""
    sums = connection.execute(_SUMS).one()
    booked = connection.execute(_BOOKED, {"clearing": accounts.CLEARING_STRIPE}).one()
    return Statement(
        clearing=ledger.balance(connection, accounts.CLEARING_STRIPE),
        movements=Yen(int(sums.net)),
        fees=Yen(int(sums.fees) - int(booked.fees)),
        underway=Yen(-int(sums.payouts) - int(booked.payouts)),
    )


_NEWS = text("""
SELECT coalesce(sum(posting.yen), 0) AS yen FROM journal_entry entry
JOIN posting ON posting.entry_id = entry.id AND posting.account = :clearing
WHERE entry.booked_at > :since
""")


def statement_now(connection: Connection) -> Statement:
    """Both sides between two comparisons: what was booked since the last one is explained by it.

    It explains the difference as a whole or not at all: a part of it would hide an error.
    """
    both, last = statement(connection), last_run(connection)
    if last is None or not both.difference:
        return both
    news = connection.execute(_NEWS, {"clearing": accounts.CLEARING_STRIPE, "since": last.at})
    yen = Yen(int(news.scalar_one()))
    return replace(both, news=yen) if yen == both.difference else both


_OPEN = text("""
SELECT 'movement' AS kind, id AS ref, net AS yen,
       (created_at AT TIME ZONE 'Asia/Tokyo')::date AS on_day,
       coalesce(note, 'unknown-type') AS reason
FROM provider_movement WHERE match_kind IS NULL
UNION ALL
SELECT 'payout', id, yen, arrives_on, note FROM provider_payout WHERE note IS NOT NULL
UNION ALL
SELECT 'payment', no, yen, received_on, 'payment-without-movement' FROM payment
WHERE state = 'succeeded' AND charge_id IS NOT NULL AND paid_at < :before
  AND NOT EXISTS (SELECT 1 FROM provider_movement movement
                  WHERE movement.match_kind = 'payment' AND movement.match_no = payment.no)
ORDER BY on_day, kind, ref
""")


def open_items(
    connection: Connection, now: dt.datetime, day: dt.date | None = None, off: int | None = None
) -> list[OpenItem]:
    """Everything the two sides do not agree on, the oldest first; of one day if named.

    ``off`` are yen by which the provider's balance differs from its movements, as far as a
    comparison under way knows; without it the last comparison is asked.
    """
    rows = connection.execute(_OPEN, {"before": now - MOVEMENT_WITHIN})
    items = [
        OpenItem(row.kind, row.ref, Yen(row.yen), row.on_day, row.reason)
        for row in rows
        if day is None or row.on_day == day
    ]
    if day is not None:
        return items
    both = statement_now(connection) if off is None else statement(connection)
    books = both.difference
    # An open movement or payment is already the reason why the sums differ by its yen.
    if books and not any(item.kind in {"movement", "payment"} for item in items):
        items.append(OpenItem("balance", accounts.CLEARING_STRIPE, books, None, "books-differ"))
    if off is None:
        last = last_run(connection)
        off = last.balance - last.statement.movements if last else 0
    if off:
        items.append(OpenItem("balance", "balance", Yen(off), None, "balance-differs"))
    return items


def _of_day(day: dt.date | None, *, only_open: bool) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if day is not None:
        begins = dt.datetime.combine(day, dt.time(), ZONE)
        at = provider_movement.c.created_at
        conditions.append(and_(at >= begins, at < begins + dt.timedelta(days=1)))
    if only_open:
        conditions.append(provider_movement.c.match_kind.is_(None))
    return and_(*conditions)


def movements(
    connection: Connection,
    *,
    day: dt.date | None = None,
    only_open: bool = False,
    limit: int | None = None,
) -> Iterator[MovementView]:
    """Movements, the newest first, streamed."""
    names = MovementView.__dataclass_fields__
    query = (
        select(*(provider_movement.c[name] for name in names))
        .where(_of_day(day, only_open=only_open))
        .order_by(provider_movement.c.created_at.desc(), provider_movement.c.id)
        .limit(limit)
    )
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield _movement(row)


def _movement(row: Any) -> MovementView:
    facts = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return MovementView(**facts | {name: Yen(facts[name]) for name in ("gross", "fee", "net")})


def days(connection: Connection, limit: int = 31) -> list[DayView]:
    """The newest days with movements in yen."""
    at = provider_movement.c
    rows = connection.execute(
        select(
            _DAY.label("day"),
            func.count().label("count"),
            func.sum(at.gross).label("gross"),
            func.sum(at.fee).label("fee"),
            func.sum(at.net).label("net"),
            func.count().filter(at.match_kind.is_(None)).label("open"),
        )
        .where(at.currency == "jpy")
        .group_by(_DAY)
        .order_by(_DAY.desc())
        .limit(limit)
    )
    return [
        DayView(row.day, row[1], Yen(int(row.gross)), Yen(int(row.fee)), Yen(int(row.net)), row[5])
        for row in rows
    ]


def payouts(connection: Connection, limit: int = 20) -> list[PayoutView]:
    """The newest payouts."""
    rows = connection.execute(
        text("""
        SELECT payout.id, payout.yen, payout.status, payout.arrives_on, payout.note,
               entry.id IS NOT NULL AND undone.id IS NULL AS booked
        FROM provider_payout payout
        LEFT JOIN journal_entry entry
          ON entry.fact_kind = 'payout.arrived' AND entry.fact_id = payout.id
        LEFT JOIN journal_entry undone ON undone.reverses = entry.id
        ORDER BY payout.created_at DESC, payout.id LIMIT :limit
        """),
        {"limit": limit},
    )
    return [
        PayoutView(row.id, Yen(row.yen), row.status, row.arrives_on, row.booked, row.note)
        for row in rows
    ]


def fees_due(connection: Connection) -> Yen:
    """What the ward's budget still owes the fund (fees, and refunds beyond what was left)."""
    return ledger.balance(connection, accounts.DUE_FROM_WARD)


def _run(row: Any) -> Run:
    return Run(
        at=row.at,
        day=row.day,
        fetched=row.fetched,
        matched=row.matched,
        booked=row.booked,
        open_items=row.open_items,
        balance=Yen(row.balance_yen),
        statement=Statement(
            Yen(row.clearing_yen), Yen(row.movements_yen), Yen(row.fees_yen), Yen(row.underway_yen)
        ),
    )


def runs(connection: Connection, limit: int = 10) -> list[Run]:
    """The latest comparisons, the newest first."""
    rows = connection.execute(
        select(reconciliation).order_by(reconciliation.c.id.desc()).limit(limit)
    )
    return [_run(row) for row in rows]


def last_run(connection: Connection) -> Run | None:
    """The latest comparison of everything, if there ever was one."""
    row = connection.execute(
        select(reconciliation)
        .where(reconciliation.c.day.is_(None))
        .order_by(reconciliation.c.id.desc())
        .limit(1)
    ).one_or_none()
    return _run(row) if row else None


@dataclass(frozen=True)
class Matched:
    """For the public: when everything was last compared, when it last agreed, what is open now.

    ``matched_at`` is the last comparison that found nothing open; both moments may be None.
    """

    compared_at: dt.datetime | None
    matched_at: dt.datetime | None
    open_items: int


def matched(connection: Connection) -> Matched:
    """When books and provider last agreed, cheap enough for every page."""
    whole = select(reconciliation.c.at).where(reconciliation.c.day.is_(None))
    newest = reconciliation.c.id.desc()
    last = connection.execute(
        select(reconciliation.c.at, reconciliation.c.open_items)
        .where(reconciliation.c.day.is_(None))
        .order_by(newest)
        .limit(1)
    ).one_or_none()
    agreed = connection.execute(
        whole.where(reconciliation.c.open_items == 0).order_by(newest).limit(1)
    ).scalar_one_or_none()
    return Matched(last.at if last else None, agreed, last.open_items if last else 0)
