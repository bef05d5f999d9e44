"""Reading awards; what they hold comes from the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from fund.grants import models
from fund.grants.domain import CLOSED, is_award_no
from fund.kernel.money import Yen
from fund.ledger.queries import Commitment, commitments


@dataclass(frozen=True)
class AwardView:
    """An award: what was decided, and what the ledger says happened with it (yen).

    ``yen`` is None only for historical awards whose source names no amount; historical awards
    have no entries, so their money words are zero. ``returned`` and ``spent`` are those of the
    settlement.
    """

    no: str
    fy: int
    state: str
    group_no: str
    programme_code: str
    theme_code: str | None
    title: str
    summary: str
    fields: tuple[str, ...]
    yen: Yen | None
    min_yen: Yen
    tier: int
    score: int
    decided_by: int | None
    decided_on: dt.date | None
    deviation_reason: str
    clause: str | None
    historical: bool
    sample: bool
    source_url: str | None
    application_no: str | None
    requested_yen: Yen | None
    recommended: bool | None
    recommended_yen: Yen | None
    recommended_on: dt.datetime | None
    comment: str
    allocated: Yen
    disbursed: Yen
    asked: Yen
    spent: Yen
    returned: Yen
    report: str
    settled_by: int | None
    settled_on: dt.date | None

    @property
    def free(self) -> Yen:
        """Allocated, not yet paid and not yet asked for."""
        return self.allocated - self.disbursed - self.asked


@dataclass(frozen=True)
class OpenAward:
    """An award that may still receive money: ``yen`` is its ceiling over all runs."""

    no: str
    group_no: str
    fields: tuple[str, ...]
    programme: str
    yen: Yen
    min_yen: Yen
    tier: int
    score: int


_ASKED = (
    select(models.disbursement.c.award_id, func.sum(models.disbursement.c.yen).label("asked_yen"))
    .where(models.disbursement.c.state == "requested")
    .group_by(models.disbursement.c.award_id)
    .subquery()
)

_AWARDS = (
    select(
        models.award,
        models.application.c.no.label("application_no"),
        models.application.c.requested_yen,
        models.recommendation.c.recommended,
        models.recommendation.c.yen.label("recommended_yen"),
        models.recommendation.c.recommended_at,
        models.recommendation.c.comment,
        func.coalesce(_ASKED.c.asked_yen, 0).label("asked_yen"),
        models.settlement.c.spent_yen,
        models.settlement.c.returned_yen,
        models.settlement.c.report,
        models.settlement.c.confirmed_by,
        models.settlement.c.confirmed_on,
    )
    .outerjoin(models.application, models.application.c.id == models.award.c.application_id)
    .outerjoin(
        models.recommendation,
        models.recommendation.c.application_id == models.award.c.application_id,
    )
    .outerjoin(models.settlement, models.settlement.c.award_id == models.award.c.id)
    .outerjoin(_ASKED, _ASKED.c.award_id == models.award.c.id)
)


def award(connection: Connection, number: str) -> AwardView | None:
    """One award, or None; anything may be asked for."""
    if not is_award_no(number):
        return None
    found = _views(connection, _AWARDS.where(models.award.c.no == number))
    return found[0] if found else None


def awards(
    connection: Connection,
    *,
    fy: int | None = None,
    state: str | None = None,
    group_no: str | None = None,
    historical: bool | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[AwardView]:
    """Awards by number, newest first; ``after`` continues behind that number."""
    query = _AWARDS.order_by(models.award.c.no.desc())
    for column, value in (
        (models.award.c.fy, fy),
        (models.award.c.state, state),
        (models.award.c.group_no, group_no),
        (models.award.c.historical, historical),
    ):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(models.award.c.no < after)
    return _views(connection, query if limit is None else query.limit(limit))


def read_awards(
    connection: Connection, found: ColumnElement[bool], limit: int | None
) -> list[AwardView]:
    """Awards of a condition on their own columns, newest first."""
    query = _AWARDS.where(found).order_by(models.award.c.no.desc())
    return _views(connection, query if limit is None else query.limit(limit))


def award_years(connection: Connection) -> list[int]:
    """Fiscal years that have awards, newest first."""
    return [
        int(year)
        for year in connection.scalars(
            select(models.award.c.fy).distinct().order_by(models.award.c.fy.desc())
        )
    ]


def _views(connection: Connection, query: Select[Any]) -> list[AwardView]:
    rows = connection.execute(query).all()
    money = commitments(connection, [row.no for row in rows if not row.historical])
    nothing = Commitment(Yen(0), Yen(0), Yen(0))
    return [_award(row, money.get(row.no, nothing)) for row in rows]


def _award(row: Row[Any], money: Commitment) -> AwardView:
    return AwardView(
        no=row.no,
        fy=row.fy,
        state=row.state,
        group_no=row.group_no,
        programme_code=row.programme_code,
        theme_code=row.theme_code,
        title=row.title,
        summary=row.summary,
        fields=tuple(row.fields),
        yen=None if row.yen is None else Yen(row.yen),
        min_yen=Yen(row.min_yen),
        tier=row.tier,
        score=row.score,
        decided_by=row.decided_by,
        decided_on=row.decided_on,
        deviation_reason=row.deviation_reason,
        clause=row.clause,
        historical=row.historical,
        sample=row.sample,
        source_url=row.source_url,
        application_no=row.application_no,
        requested_yen=None if row.requested_yen is None else Yen(row.requested_yen),
        recommended=row.recommended,
        recommended_yen=None if row.recommended_yen is None else Yen(row.recommended_yen),
        recommended_on=row.recommended_at,
        comment=row.comment or "",
        allocated=money.allocated - money.reduced,
        disbursed=money.disbursed,
        asked=Yen(int(row.asked_yen)),
        spent=Yen(row.spent_yen or 0),
        returned=Yen(row.returned_yen or 0),
        report=row.report or "",
        settled_by=row.confirmed_by,
        settled_on=row.confirmed_on,
    )


def award_titles(connection: Connection) -> dict[str, str]:
    """The titles of all awards that money can go to, by number."""
    rows = connection.execute(
        select(models.award.c.no, models.award.c.title).where(~models.award.c.historical)
    )
    return {row.no: row.title for row in rows}


def open_for_allocation(connection: Connection) -> list[OpenAward]:
    """Awards that may still receive money, by number: not settled, below their ceiling."""
    rows = connection.execute(
        select(models.award)
        .where(models.award.c.state.not_in(CLOSED), ~models.award.c.historical)
        .order_by(models.award.c.no)
    ).all()
    money = commitments(connection, [row.no for row in rows])
    return [_open(row) for row in rows if money[row.no].allocated - money[row.no].reduced < row.yen]


def open_award_numbers(connection: Connection) -> list[str]:
    """Numbers of the awards that are neither settled nor cancelled, full or not."""
    return list(
        connection.scalars(
            select(models.award.c.no).where(
                models.award.c.state.not_in(CLOSED), ~models.award.c.historical
            )
        )
    )


def awards_named(connection: Connection, numbers: Collection[str]) -> list[OpenAward]:
    """These awards by number, open or not, as a run looks at them."""
    rows = connection.execute(
        select(models.award)
        .where(models.award.c.no.in_(set(numbers)), ~models.award.c.historical)
        .order_by(models.award.c.no)
    )
    return [_open(row) for row in rows]


def _open(row: Row[Any]) -> OpenAward:
    return OpenAward(
        no=row.no,
        group_no=row.group_no,
        fields=tuple(row.fields),
        programme=row.theme_code or row.programme_code,
        yen=Yen(row.yen),
        min_yen=Yen(row.min_yen),
        tier=row.tier,
        score=row.score,
    )
