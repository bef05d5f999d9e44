"""Reading applications and what the council said of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from fund.grants import models
from fund.grants.domain import is_application_no
from fund.kernel.money import Yen
from fund.platform.waiting import Waiting, tally


@dataclass(frozen=True)
class RecommendationView:
    """What the council said, by whom (person id), when (UTC) and under which clause."""

    recommended: bool
    yen: Yen
    score: int
    comment: str
    by: int
    at: dt.datetime
    clause: str


@dataclass(frozen=True)
class ApplicationView:
    """An application with what became of it."""

    no: str
    group_no: str
    programme_code: str
    theme_code: str | None
    fy: int
    title: str
    summary: str
    fields: tuple[str, ...]
    requested_yen: Yen
    state: str
    registered_by: int | None
    registered_at: dt.datetime
    refused_by: int | None
    refused_on: dt.date | None
    refusal_reason: str
    refusal_clause: str | None
    sample: bool
    recommendation: RecommendationView | None
    award_no: str | None


_APPLICATIONS = (
    select(
        models.application,
        models.recommendation.c.recommended,
        models.recommendation.c.yen.label("said_yen"),
        models.recommendation.c.score,
        models.recommendation.c.comment,
        models.recommendation.c.recommended_by,
        models.recommendation.c.recommended_at,
        models.recommendation.c.clause,
        models.award.c.no.label("award_no"),
    )
    .outerjoin(
        models.recommendation, models.recommendation.c.application_id == models.application.c.id
    )
    .outerjoin(models.award, models.award.c.application_id == models.application.c.id)
)


def applications(
    connection: Connection, *, state: str | None = None, fy: int | None = None
) -> list[ApplicationView]:
    """Applications, newest first."""
    query = _APPLICATIONS.order_by(models.application.c.id.desc())
    if state is not None:
        query = query.where(models.application.c.state == state)
    if fy is not None:
        query = query.where(models.application.c.fy == fy)
    return [_application(row) for row in connection.execute(query)]


def applications_waiting(connection: Connection, *states: str) -> Waiting:
    """Applications that wait in one of these states, since they were registered."""
    found = models.application.c
    asked = select(found.registered_at.label("since"), found.requested_yen.label("yen"))
    return tally(connection, asked.where(found.state.in_(states)))


def application_counts(connection: Connection) -> dict[str, int]:
    """How many applications are in each state; states without one are absent."""
    rows = connection.execute(
        select(models.application.c.state, func.count()).group_by(models.application.c.state)
    )
    return {str(state): int(count) for state, count in rows}


def application(connection: Connection, number: str) -> ApplicationView | None:
    """One application, or None; anything may be asked for."""
    if not is_application_no(number):
        return None
    row = connection.execute(_APPLICATIONS.where(models.application.c.no == number)).one_or_none()
    return None if row is None else _application(row)


def _application(row: Row[Any]) -> ApplicationView:
    said = None
    if row.recommended is not None:
        said = RecommendationView(
            recommended=row.recommended,
            yen=Yen(row.said_yen),
            score=row.score,
            comment=row.comment,
            by=row.recommended_by,
            at=row.recommended_at,
            clause=row.clause,
        )
    return ApplicationView(
        no=row.no,
        group_no=row.group_no,
        programme_code=row.programme_code,
        theme_code=row.theme_code,
        fy=row.fy,
        title=row.title,
        summary=row.summary,
        fields=tuple(row.fields),
        requested_yen=Yen(row.requested_yen),
        state=row.state,
        registered_by=row.registered_by,
        registered_at=row.registered_at,
        refused_by=row.refused_by,
        refused_on=row.refused_on,
        refusal_reason=row.refusal_reason,
        refusal_clause=row.refusal_clause,
        sample=row.sample,
        recommendation=said,
        award_no=row.award_no,
    )
