"""Reading applications for the One-Stop exception as frozen values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, Select, column, func, select, table, text

from fund.platform.waiting import Waiting, tally
from fund.receipts.one_stop.models import one_stop, one_stop_step

_GIFT = table(
    "gift",
    *(column(name) for name in ("no", "received_on", "receipt_way", "state", "sample")),
)
"""The gift's own columns, by the table's name: its room keeps its models."""


@dataclass(frozen=True)
class Application:
    """One application: ``born_on`` and ``facts`` (as the paper says) are personal data.

    ``received_on`` is the tax day of the gift (Japan), None while no money has arrived;
    ``arrived_on`` the day on which the paper came; ``yen`` what the paper is over, handed out or
    arrived.
    """

    id: int
    gift_no: str
    state: str
    born_on: dt.date | None
    asked_at: dt.datetime
    moved_at: dt.datetime
    printed_at: dt.datetime | None
    arrived_on: dt.date | None
    reasons: tuple[str, ...]
    facts: Mapping[str, Any] | None
    yen: int | None
    municipality: str
    notified_on: dt.date | None
    received_on: dt.date | None
    receipt_way: str
    sample: bool


@dataclass(frozen=True)
class Step:
    """One step: a state reached, ``printed`` or ``changed``; when (UTC), and whose."""

    act: str
    reasons: tuple[str, ...]
    day: dt.date | None
    actor_kind: str
    person_id: int | None
    at: dt.datetime


_ALL = select(one_stop, _GIFT.c.received_on, _GIFT.c.receipt_way, _GIFT.c.sample).join(
    _GIFT, _GIFT.c.no == one_stop.c.gift_no
)


def _view(row: Row[Any]) -> Application:
    values = {one.name: getattr(row, one.name) for one in fields(Application)}
    return Application(**{**values, "reasons": tuple(row.reasons)})


def application_of(connection: Connection, gift_no: str) -> Application | None:
    """The application for a gift."""
    row = connection.execute(_ALL.where(one_stop.c.gift_no == gift_no)).one_or_none()
    return None if row is None else _view(row)


def steps_of(connection: Connection, application_id: int) -> list[Step]:
    """Every step of an application, the first one first."""
    rows = connection.execute(
        select(
            one_stop_step.c.act,
            one_stop_step.c.reasons,
            one_stop_step.c.day,
            one_stop_step.c.actor_kind,
            one_stop_step.c.person_id,
            one_stop_step.c.at,
        )
        .where(one_stop_step.c.one_stop_id == application_id)
        .order_by(one_stop_step.c.id)
    )
    return [Step(row.act, tuple(row.reasons), *row[2:]) for row in rows]


def applications(
    connection: Connection,
    year: int,
    *,
    state: str | None = None,
    to_print: bool = False,
    after: int | None = None,
    limit: int = 50,
) -> list[Application]:
    """Applications for gifts received in a tax year, in the order in which they were asked for.

    ``to_print`` leaves those whose form goes by post with the receipt and was not printed yet.
    """
    query = _of_year(_ALL, year).order_by(one_stop.c.id).limit(limit)
    if state is not None:
        query = query.where(one_stop.c.state == state)
    if to_print:
        query = _unprinted(query)
    if after is not None:
        query = query.where(one_stop.c.id > after)
    return [_view(row) for row in connection.execute(query)]


def _of_year(query: Select[Any], year: int) -> Select[Any]:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return query.where(_GIFT.c.received_on.between(first, last))


def _unprinted(query: Select[Any]) -> Select[Any]:
    return query.where(
        one_stop.c.state == "requested",
        one_stop.c.printed_at.is_(None),
        _GIFT.c.receipt_way == "post",
    )


def counts(connection: Connection, year: int) -> dict[str, int]:
    """How many applications of a tax year stand in each state."""
    rows = connection.execute(
        _of_year(
            select(one_stop.c.state, func.count())
            .select_from(one_stop)
            .join(_GIFT, _GIFT.c.no == one_stop.c.gift_no),
            year,
        ).group_by(one_stop.c.state)
    )
    return {state: int(count) for state, count in rows}


def years(connection: Connection) -> list[int]:
    """Tax years with applications, the latest first."""
    year = func.extract("year", _GIFT.c.received_on)
    rows = connection.execute(
        select(year)
        .select_from(one_stop)
        .join(_GIFT, _GIFT.c.no == one_stop.c.gift_no)
        .where(_GIFT.c.received_on.is_not(None))
        .distinct()
        .order_by(year.desc())
    )
    return [int(row[0]) for row in rows]


def forms_to_print(connection: Connection, limit: int = 500) -> list[Application]:
    """Forms that go by post and were not printed yet, of gifts that were received."""
    query = _unprinted(_ALL.where(_GIFT.c.received_on.is_not(None))).order_by(one_stop.c.id)
    return [_view(row) for row in connection.execute(query.limit(limit))]


def forms_waiting(connection: Connection) -> Waiting:
    """Forms to print, since the oldest was asked for."""
    asked = select(one_stop.c.asked_at.label("since")).join(_GIFT, _GIFT.c.no == one_stop.c.gift_no)
    return tally(connection, _unprinted(asked.where(_GIFT.c.received_on.is_not(None))))


def notices_waiting(connection: Connection) -> Waiting:
    """Received applications whose home municipalities were not told yet."""
    return tally(connection, _untold(select(one_stop.c.arrived_on.label("since"))))


def year_to_tell(connection: Connection) -> int | None:
    """The first tax year with applications that municipalities were not told of."""
    day = connection.execute(
        _untold(select(func.min(_GIFT.c.received_on))).join(_GIFT, _GIFT.c.no == one_stop.c.gift_no)
    ).scalar_one()
    return None if day is None else int(day.year)


def _untold(query: Select[Any]) -> Select[Any]:
    """Of whoever was forgotten meanwhile nothing is left to tell."""
    return query.where(one_stop.c.state == "received", one_stop.c.facts.is_not(None))


def births_to_forget(
    connection: Connection, today: dt.date, asked_before: dt.datetime
) -> list[str]:
    """Gifts whose donor's day of birth nobody needs any more.

    Of a tax year that is over and told, whatever became of the application; and of gifts that no
    money came for since ``asked_before``.
    """
    rows = connection.execute(
        text(
            "SELECT one_stop.gift_no FROM one_stop JOIN gift ON gift.no = one_stop.gift_no"
            " WHERE one_stop.born_on IS NOT NULL AND (CASE WHEN gift.received_on IS NULL"
            " THEN one_stop.asked_at < :before"
            " ELSE make_date(extract(year FROM gift.received_on)::int + 1, 4, 1) <= :today END)"
        ),
        {"before": asked_before, "today": today},
    )
    return [str(row.gift_no) for row in rows]
