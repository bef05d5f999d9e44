"""Reading applications, awards and disbursements as frozen values; money comes from the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from fund.grants import models
from fund.kernel.errors import NotFound
from fund.kernel.money import Yen
from fund.ledger.queries import Commitment, commitments


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


@dataclass(frozen=True)
class DisbursementView:
    """One instalment of an award."""

    no: str
    award_no: str
    group_no: str
    title: str
    yen: Yen
    state: str
    requested_by: int
    requested_at: dt.datetime
    paid_by: int | None
    paid_on: dt.date | None
    sent_back_by: int | None
    sent_back_reason: str


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


def application_counts(connection: Connection) -> dict[str, int]:
    """How many applications are in each state; states without one are absent."""
    rows = connection.execute(
        select(models.application.c.state, func.count()).group_by(models.application.c.state)
    )
    return {str(state): int(count) for state, count in rows}


def application(connection: Connection, number: str) -> ApplicationView | None:
    """One application, or None."""
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
    """One award, or None."""
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


def open_for_allocation(connection: Connection) -> list[OpenAward]:
    """Awards that may still receive money, by number: not settled, below their ceiling."""
    rows = connection.execute(
        select(models.award)
        .where(models.award.c.state != "settled", ~models.award.c.historical)
        .order_by(models.award.c.no)
    ).all()
    money = commitments(connection, [row.no for row in rows])
    return [
        OpenAward(
            no=row.no,
            group_no=row.group_no,
            fields=tuple(row.fields),
            programme=row.theme_code or row.programme_code,
            yen=Yen(row.yen),
            min_yen=Yen(row.min_yen),
            tier=row.tier,
            score=row.score,
        )
        for row in rows
        if money[row.no].allocated - money[row.no].reduced < row.yen
    ]


_DISBURSEMENTS = select(
    models.disbursement,
    models.award.c.no.label("award_no"),
    models.award.c.group_no,
    models.award.c.title,
).join(models.award, models.award.c.id == models.disbursement.c.award_id)


def disbursements(
    connection: Connection,
    *,
    states: Sequence[str] = (),
    award_no: str | None = None,
    limit: int | None = None,
) -> list[DisbursementView]:
    """Instalments, newest first; of some states or of one award if asked."""
    query = _DISBURSEMENTS.order_by(models.disbursement.c.id.desc())
    if states:
        query = query.where(models.disbursement.c.state.in_(states))
    if award_no is not None:
        query = query.where(models.award.c.no == award_no)
    return _instalments(connection.execute(query if limit is None else query.limit(limit)))


def disbursement(connection: Connection, number: str) -> DisbursementView:
    """One instalment.

    Raises:
        NotFound: if there is none with this number.
    """
    found = _instalments(
        connection.execute(_DISBURSEMENTS.where(models.disbursement.c.no == number))
    )
    if not found:
        raise NotFound(f"交付の請求がありません: {number}")
    return found[0]


def _instalments(rows: Iterable[Row[Any]]) -> list[DisbursementView]:
    return [
        DisbursementView(
            no=row.no,
            award_no=row.award_no,
            group_no=row.group_no,
            title=row.title,
            yen=Yen(row.yen),
            state=row.state,
            requested_by=row.requested_by,
            requested_at=row.requested_at,
            paid_by=row.paid_by,
            paid_on=row.paid_on,
            sent_back_by=row.sent_back_by,
            sent_back_reason=row.sent_back_reason,
        )
        for row in rows
    ]
