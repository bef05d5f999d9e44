"""Reading instalments of awards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from fund.grants import models
from fund.grants.domain import is_disbursement_no
from fund.kernel.errors import NotFound
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.platform.waiting import Waiting, tally


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


_DISBURSEMENTS = select(
    models.disbursement,
    models.award.c.no.label("award_no"),
    models.award.c.group_no,
    models.award.c.title,
).join(models.award, models.award.c.id == models.disbursement.c.award_id)


def disbursements_waiting(connection: Connection) -> Waiting:
    """Instalments that wait for their payment."""
    found = models.disbursement.c
    asked = select(found.requested_at.label("since"), found.yen)
    return tally(connection, asked.where(found.state == "requested"))


def awards_to_settle(connection: Connection, fy: int) -> Waiting:
    """Awards of a fiscal year that were paid and not settled: the yen are what was paid."""
    award, part = models.award.c, models.disbursement.c
    paid = (
        select(func.sum(part.yen))
        .where(part.award_id == award.id, part.state == "paid")
        .scalar_subquery()
    )
    return tally(
        connection,
        select(award.decided_on.label("since"), paid.label("yen")).where(
            award.fy == fy, ~award.historical, award.state == "disbursed"
        ),
    )


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
    query = _DISBURSEMENTS.where(models.disbursement.c.no == number)
    found = _instalments(connection.execute(query)) if is_disbursement_no(number) else []
    if not found:
        raise NotFound(filled("交付の請求がありません: %(no)s", no=number))
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
