"""Writing applications, awards, disbursements and settlements in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.grants.domain import (
    APPLICATION,
    AWARD,
    CLOSED,
    DISBURSEMENT,
    Claim,
    Opinion,
    application_no,
    disbursement_no,
)
from fund.grants.models import (
    application,
    award,
    award_series,
    disbursement,
    recommendation,
    settlement,
)
from fund.kernel.errors import NotFound
from fund.kernel.ids import award_no
from fund.kernel.money import Yen
from fund.kernel.sentences import filled
from fund.platform.house import Transaction


def next_application_no(tx: Transaction, year: int) -> str:
    """The next number of a fiscal year; others wait until this transaction ends."""
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(7301, :year)"), {"year": year})
    made = tx.connection.execute(
        select(func.count()).select_from(application).where(application.c.fy == year)
    ).scalar_one()
    return application_no(year, int(made) + 1)


def next_award_no(tx: Transaction, year: int) -> str:
    """The next gapless number of a fiscal year; its counter stays locked until the end."""
    counter = (
        upsert(award_series)
        .values(fy=year, last=1)
        .on_conflict_do_update(
            index_elements=[award_series.c.fy], set_={"last": award_series.c.last + 1}
        )
        .returning(award_series.c.last)
    )
    return award_no(year, int(tx.connection.execute(counter).scalar_one()))


def add_application(tx: Transaction, number: str, claim: Claim, *, sample: bool) -> None:
    """Insert a submitted application."""
    tx.connection.execute(
        insert(application).values(
            **_plain(claim),
            no=number,
            state="submitted",
            registered_by=tx.by.person_id,
            registered_at=tx.now,
            sample=sample,
        )
    )


def lock_application(tx: Transaction, number: str) -> Row[Any]:
    """The application's row, locked until the transaction ends.

    Raises:
        NotFound: if there is none with this number.
    """
    row = tx.connection.execute(
        select(application).where(application.c.no == number).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(filled("申請がありません: %(no)s", no=number))
    return row


def add_recommendation(tx: Transaction, row: Row[Any], opinion: Opinion, clause: str) -> None:
    """Write the council's recommendation of a locked application and move it on."""
    _move_application(tx, row, "recommended" if opinion.recommended else "not_recommended")
    tx.connection.execute(
        insert(recommendation).values(
            **_plain(opinion),
            application_id=row.id,
            recommended_by=tx.by.person_id,
            recommended_at=tx.now,
            clause=clause,
        )
    )


def recommendation_of(tx: Transaction, application_id: int) -> Row[Any] | None:
    """The recommendation of an application, if the council has given one."""
    return tx.connection.execute(
        select(recommendation).where(recommendation.c.application_id == application_id)
    ).one_or_none()


def refuse_application(
    tx: Transaction, row: Row[Any], reason: str, on: dt.date, clause: str
) -> None:
    """Close a locked application without an award."""
    _move_application(
        tx,
        row,
        "refused",
        refused_by=tx.by.person_id,
        refused_on=on,
        refusal_reason=reason,
        refusal_clause=clause,
    )


def add_award(tx: Transaction, row: Row[Any], number: str, values: Mapping[str, Any]) -> None:
    """Write the award that a locked application becomes; ``values`` are those of the decision."""
    _move_application(tx, row, "decided")
    tx.connection.execute(
        insert(award).values(
            no=number,
            application_id=row.id,
            group_no=row.group_no,
            programme_code=row.programme_code,
            theme_code=row.theme_code,
            fy=row.fy,
            title=row.title,
            summary=row.summary,
            fields=row.fields,
            sample=row.sample,
            state="decided",
            decided_by=tx.by.person_id,
            **values,
        )
    )


@dataclass(frozen=True)
class PastAward:
    """An award of the time before this ledger, as its published source tells it."""

    group_no: str
    programme_code: str
    theme_code: str | None
    fy: int
    title: str
    summary: str
    fields: tuple[str, ...]
    yen: Yen | None
    source_url: str
    decided_on: dt.date | None = None


def past_award_exists(tx: Transaction, past: PastAward) -> bool:
    """Whether an award of the same group, title and year stands already."""
    found = tx.connection.execute(
        select(award.c.id).where(
            award.c.group_no == past.group_no,
            award.c.title == past.title,
            award.c.fy == past.fy,
        )
    ).first()
    return found is not None


def add_past_award(tx: Transaction, number: str, past: PastAward) -> None:
    """Write an award of the time before this ledger: settled, no money moves."""
    tx.connection.execute(
        insert(award).values(**_plain(past), no=number, state="settled", historical=True)
    )


def lock_award(tx: Transaction, number: str) -> Row[Any]:
    """The award's row, locked until the transaction ends.

    Raises:
        NotFound: if there is none with this number.
    """
    row = tx.connection.execute(
        select(award).where(award.c.no == number).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(filled("助成がありません: %(no)s", no=number))
    return row


def lock_open_awards(tx: Transaction) -> None:
    """Hold every award that is not settled: none is decided anew, paid off or settled meanwhile."""
    tx.connection.execute(
        select(award.c.id)
        .where(award.c.state.not_in(CLOSED))
        .order_by(award.c.no)
        .with_for_update()
    ).all()


def note_allocated(tx: Transaction, award_nos: Collection[str]) -> None:
    """New money came to these awards: one that was paid off has something to pay again."""
    tx.connection.execute(
        update(award)
        .where(award.c.no.in_(set(award_nos)), award.c.state == "disbursed")
        .values(state="decided")
    )


def move_award(tx: Transaction, row: Row[Any], after: str) -> None:
    """Move a locked award along a drawn edge.

    Raises:
        Conflict: when there is no such edge.
    """
    AWARD.check(row.state, after)
    tx.connection.execute(update(award).where(award.c.id == row.id).values(state=after))


def requested_yen(tx: Transaction, award_id: int) -> Yen:
    """Yen of an award that are asked for and not yet paid."""
    found = tx.connection.execute(
        select(func.coalesce(func.sum(disbursement.c.yen), 0)).where(
            disbursement.c.award_id == award_id, disbursement.c.state == "requested"
        )
    ).scalar_one()
    return Yen(int(found))


def add_disbursement(tx: Transaction, row: Row[Any], yen: Yen) -> str:
    """Ask for an instalment of a locked award; returns its number."""
    made = tx.connection.execute(
        select(func.count()).select_from(disbursement).where(disbursement.c.award_id == row.id)
    ).scalar_one()
    serial = int(made) + 1
    number = disbursement_no(row.no, serial)
    tx.connection.execute(
        insert(disbursement).values(
            no=number,
            award_id=row.id,
            serial=serial,
            yen=int(yen),
            state="requested",
            requested_by=tx.by.person_id,
            requested_at=tx.now,
        )
    )
    return number


def award_no_of(tx: Transaction, number: str) -> str:
    """The award of an instalment.

    Raises:
        NotFound: if there is no instalment with this number.
    """
    found = tx.connection.execute(
        select(award.c.no)
        .join(disbursement, disbursement.c.award_id == award.c.id)
        .where(disbursement.c.no == number)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(filled("交付の請求がありません: %(no)s", no=number))
    return str(found)


def lock_disbursement(tx: Transaction, number: str) -> Row[Any]:
    """The instalment's row, locked until the transaction ends (lock its award first)."""
    return tx.connection.execute(
        select(disbursement).where(disbursement.c.no == number).with_for_update()
    ).one()


def close_disbursement(tx: Transaction, row: Row[Any], after: str, **values: Any) -> None:
    """Move a locked instalment along a drawn edge: ``paid`` or ``sent_back``.

    Raises:
        Conflict: when somebody closed it before.
    """
    DISBURSEMENT.check(row.state, after)
    tx.connection.execute(
        update(disbursement).where(disbursement.c.id == row.id).values(state=after, **values)
    )


def add_settlement(
    tx: Transaction, row: Row[Any], spent: Yen, returned: Yen, report: str, on: dt.date
) -> None:
    """Settle a locked award."""
    move_award(tx, row, "settled")
    tx.connection.execute(
        insert(settlement).values(
            award_id=row.id,
            spent_yen=int(spent),
            returned_yen=int(returned),
            report=report,
            confirmed_by=tx.by.person_id,
            confirmed_on=on,
        )
    )


def _move_application(tx: Transaction, row: Row[Any], after: str, **values: Any) -> None:
    APPLICATION.check(row.state, after)
    tx.connection.execute(
        update(application).where(application.c.id == row.id).values(state=after, **values)
    )


def _plain(value: Claim | Opinion | PastAward) -> dict[str, Any]:
    """Columns of a frozen value: lists for arrays, plain integers for yen."""
    columns: dict[str, Any] = {}
    for name, item in asdict(value).items():
        if isinstance(item, Yen):
            columns[name] = int(item)
        else:
            columns[name] = list(item) if isinstance(item, tuple) else item
    return columns
