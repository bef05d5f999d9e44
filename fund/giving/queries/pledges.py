"""Monthly pledges as frozen values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from fund.giving.domain import Part
from fund.giving.domain.pledge import read_parts
from fund.giving.models import gift
from fund.giving.pledge_models import pledge, pledge_gift
from fund.kernel.ids import secret_hash
from fund.kernel.money import Yen
from fund.payments.subscriptions_queries import pledges_behind


@dataclass(frozen=True)
class PledgeView:
    """A monthly pledge (whole yen, times in UTC).

    ``asked`` is what waits to be done at the provider: ``pause``, ``resume`` or ``stop``.
    """

    id: int
    no: str
    yen: Yen
    parts: tuple[Part, ...]
    state: str
    edition_code: str
    locale: str
    link_version: int
    asked: str | None
    paused_by: str | None
    ended_by: str | None
    note: str
    sample: bool
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None


@dataclass(frozen=True)
class MonthView:
    """One month of a pledge: its gift; ``redirected`` when a wish could not stand that month."""

    serial: int
    gift_no: str
    yen: Yen
    state: str
    received_on: dt.date | None
    redirected: bool


def _view(row: Row[Any]) -> PledgeView:
    return PledgeView(
        id=row.id,
        no=row.no,
        yen=Yen(row.yen),
        parts=read_parts(row.parts),
        state=row.state,
        edition_code=row.edition_code,
        locale=row.locale,
        link_version=row.link_version,
        asked=row.asked,
        paused_by=row.paused_by,
        ended_by=row.ended_by,
        note=row.note,
        sample=row.sample,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def pledge_by_no(connection: Connection, number: str) -> PledgeView | None:
    """One pledge by its number."""
    row = connection.execute(select(pledge).where(pledge.c.no == number)).one_or_none()
    return _view(row) if row else None


def pledge_by_secret(connection: Connection, secret: str) -> PledgeView | None:
    """The pledge whose page's secret this is."""
    row = connection.execute(
        select(pledge).where(pledge.c.secret_hash == secret_hash(secret))
    ).one_or_none()
    return _view(row) if row else None


def pledge_of_gift(connection: Connection, gift_no: str) -> PledgeView | None:
    """The pledge that a gift is a month of, if it is one."""
    row = connection.execute(
        select(pledge)
        .join(pledge_gift, pledge_gift.c.pledge_id == pledge.c.id)
        .join(gift, gift.c.id == pledge_gift.c.gift_id)
        .where(gift.c.no == gift_no)
    ).one_or_none()
    return _view(row) if row else None


def months_of(connection: Connection, pledge_id: int) -> list[MonthView]:
    """The months of a pledge, the newest first."""
    rows = connection.execute(
        select(
            pledge_gift.c.serial,
            gift.c.no,
            gift.c.yen,
            gift.c.state,
            gift.c.received_on,
            pledge_gift.c.redirected,
        )
        .join(gift, gift.c.id == pledge_gift.c.gift_id)
        .where(pledge_gift.c.pledge_id == pledge_id)
        .order_by(pledge_gift.c.serial.desc())
    )
    return [
        MonthView(row.serial, row.no, Yen(row.yen), row.state, row.received_on, row.redirected)
        for row in rows
    ]


@dataclass(frozen=True)
class PledgeFilter:
    """Which pledges a list asks for: a state, those behind with a charge, those that ask."""

    state: str | None = None
    behind: bool = False
    asked: bool = False


@dataclass(frozen=True)
class PledgeTotals:
    """A list's totals: how many, and what those that go on bring each month (whole yen)."""

    count: int
    going_on: int
    monthly: Yen
    received: Yen


@dataclass(frozen=True)
class Months:
    """What the months of a pledge brought so far: how many, how many yen, when last."""

    count: int
    yen: Yen
    last_on: dt.date | None


def _conditions(connection: Connection, wanted: PledgeFilter) -> list[ColumnElement[bool]]:
    found = []
    if wanted.state:
        found.append(pledge.c.state == wanted.state)
    if wanted.behind:
        found.append(pledge.c.no.in_(pledges_behind(connection)))
    if wanted.asked:
        found.append(pledge.c.asked.is_not(None))
    return found


def pledges(
    connection: Connection, wanted: PledgeFilter, *, before: int | None, limit: int
) -> list[PledgeView]:
    """Pledges, the newest first, from below an id on."""
    asked = select(pledge).order_by(pledge.c.id.desc()).limit(limit)
    asked = asked.where(*_conditions(connection, wanted))
    if before is not None:
        asked = asked.where(pledge.c.id < before)
    return [_view(row) for row in connection.execute(asked)]


def pledge_totals(connection: Connection, wanted: PledgeFilter) -> PledgeTotals:
    """The totals of everything the filter finds, not of one page."""
    conditions = _conditions(connection, wanted)
    goes_on = pledge.c.state == "active"
    counted = connection.execute(
        select(
            func.count(),
            func.count().filter(goes_on),
            func.coalesce(func.sum(pledge.c.yen).filter(goes_on), 0),
        ).where(*conditions)
    ).one()
    received = connection.execute(
        select(func.coalesce(func.sum(gift.c.yen), 0))
        .join(pledge_gift, pledge_gift.c.gift_id == gift.c.id)
        .join(pledge, pledge.c.id == pledge_gift.c.pledge_id)
        .where(gift.c.received_on.is_not(None), *conditions)
    ).scalar_one()
    return PledgeTotals(int(counted[0]), int(counted[1]), Yen(int(counted[2])), Yen(int(received)))


def pledge_counts(connection: Connection) -> dict[str, int]:
    """How many pledges stand in each state."""
    rows = connection.execute(select(pledge.c.state, func.count()).group_by(pledge.c.state))
    return {row[0]: int(row[1]) for row in rows}


def months_counted(connection: Connection, pledge_ids: list[int]) -> dict[int, Months]:
    """What the months of each pledge brought."""
    rows = connection.execute(
        select(
            pledge_gift.c.pledge_id,
            func.count(),
            func.sum(gift.c.yen),
            func.max(gift.c.received_on),
        )
        .join(gift, gift.c.id == pledge_gift.c.gift_id)
        .where(pledge_gift.c.pledge_id.in_(pledge_ids), gift.c.received_on.is_not(None))
        .group_by(pledge_gift.c.pledge_id)
    )
    return {int(row[0]): Months(int(row[1]), Yen(int(row[2])), row[3]) for row in rows}
