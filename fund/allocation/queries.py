"""Reading runs and their lines as frozen values; where a gift's yen went, who paid an award."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from fund.allocation.domain import Problem, read_problem
from fund.allocation.models import (
    allocation_line,
    allocation_reversal,
    allocation_revision,
    allocation_run,
)
from fund.kernel.calendar import day_in_japan
from fund.kernel.money import Yen
from fund.ledger import queries as ledger

_RUN_NO = re.compile(r"RUN[0-9]{4}-[0-9]{3,9}")


@dataclass(frozen=True)
class RunHead:
    """A run without its files: hashes (hex), people (ids) and moments (UTC)."""

    id: int
    no: str
    fy: int
    kind: str
    run_date: dt.date
    state: str
    rule: str
    edition_code: str
    problem_sha256: str
    plan_sha256: str
    total_yen: Yen
    drafted_by: int
    drafted_at: dt.datetime
    approved_by: int | None
    approved_at: dt.datetime | None
    discarded_reason: str


@dataclass(frozen=True)
class RunView(RunHead):
    """A run with its frozen problem and plan, byte for byte as they were stored."""

    problem: bytes
    plan: bytes

    @cached_property
    def plan_document(self) -> Mapping[str, Any]:
        """The plan as the rule wrote it (``alloc-plan/1``)."""
        document: dict[str, Any] = json.loads(self.plan)
        return document

    @cached_property
    def problem_document(self) -> Mapping[str, Any]:
        """The problem as it was frozen (``alloc-case/1``)."""
        document: dict[str, Any] = json.loads(self.problem)
        return document


@dataclass(frozen=True)
class Revision:
    """What somebody did to a draft: ``act`` is ``overridden``, ``undone`` or ``refreshed``.

    A manual payment has share, award, yen, reason and role; ``undone_at`` (UTC) says when it was
    taken back, if it was. ``made_by`` is a person's id and never public.
    """

    position: int
    act: str
    share_id: str | None
    award_no: str | None
    yen: Yen | None
    by_role: str | None
    reason: str
    undoes: int | None
    made_by: int
    made_at: dt.datetime
    undone_at: dt.datetime | None = None


@dataclass(frozen=True)
class RunFiles:
    """The two files of a run, byte for byte."""

    problem: bytes
    plan: bytes


@dataclass(frozen=True)
class LineView:
    """One posted line: yen of one share for one award, the rank and use of the wish it met."""

    run_no: str
    line: int
    share_id: str
    award_no: str
    yen: Yen
    rank: int
    use: str
    on: dt.date
    entry_id: int
    back: Yen = Yen(0)  # noqa: RUF009 - an immutable number
    """What was taken back of it, because the donor got the yen back."""

    @property
    def standing(self) -> Yen:
        """What of it stands."""
        return self.yen - self.back


@dataclass(frozen=True)
class SourceView:
    """What one kind of wish gave to an award: use such as ``field:arts``, its rank, how much."""

    use: str
    rank: int
    lots: int
    yen: Yen


@dataclass(frozen=True)
class IdleView:
    """Yen of a share still in the fund, and what the latest run says of them.

    ``code`` is ``all_full``, ``no_grant``, ``no_active_level``, ``carry`` or ``return`` (see the
    plan's reasons), or ``waiting`` when no run has looked at the share since it came in;
    ``levels`` has one code for each level of the wish and is empty then.
    """

    share_id: str
    yen: Yen
    run_no: str | None
    code: str
    levels: tuple[str, ...]


_HEADS = select(*(c for c in allocation_run.c if c.name not in {"problem", "plan"}))


def is_run_no(text: str) -> bool:
    """Whether a text has the form of a run's number."""
    return _RUN_NO.fullmatch(text) is not None


def runs(
    connection: Connection,
    *,
    state: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[RunHead]:
    """Runs, the newest first; of one state if asked, and those behind the run ``after``."""
    query = _HEADS.order_by(allocation_run.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(allocation_run.c.state == state)
    if after is not None:
        found = select(allocation_run.c.id).where(allocation_run.c.no == after)
        query = query.where(allocation_run.c.id < found.scalar_subquery())
    return [RunHead(**_facts(row)) for row in connection.execute(query)]


def run_head(connection: Connection, number: str) -> RunHead | None:
    """One run without its files, or None; anything may be asked for."""
    if not is_run_no(number):
        return None
    row = connection.execute(_HEADS.where(allocation_run.c.no == number)).one_or_none()
    return None if row is None else RunHead(**_facts(row))


@dataclass(frozen=True)
class RunTotals:
    """An approved run in figures: yen in all, and of designated gifts by the rank they met."""

    no: str
    run_date: dt.date
    total_yen: Yen
    rank_yen: tuple[int, ...]


def totals_of_runs(connection: Connection) -> list[RunTotals]:
    """Approved runs, the newest first; the database picks the figures out of the stored plans."""
    document = cast(func.convert_from(allocation_run.c.plan, "UTF8"), JSONB)
    rows = connection.execute(
        select(
            allocation_run.c.no,
            allocation_run.c.run_date,
            allocation_run.c.total_yen,
            document["rank_yen"].label("rank_yen"),
        )
        .where(allocation_run.c.state == "approved")
        .order_by(allocation_run.c.id.desc())
    )
    return [
        RunTotals(row.no, row.run_date, Yen(row.total_yen), tuple(map(int, row.rank_yen)))
        for row in rows
    ]


def run(connection: Connection, number: str) -> RunView | None:
    """One run with its files, or None; anything may be asked for."""
    if not is_run_no(number):
        return None
    row = connection.execute(
        select(allocation_run).where(allocation_run.c.no == number)
    ).one_or_none()
    if row is None:
        return None
    return RunView(**_facts(row), problem=bytes(row.problem), plan=bytes(row.plan))


def files(connection: Connection, number: str) -> RunFiles | None:
    """The two files of a run, or None."""
    found = run(connection, number)
    return None if found is None else RunFiles(found.problem, found.plan)


def problem_of(found: RunView) -> Problem:
    """The frozen problem of a run as the rule reads it."""
    return read_problem(found.problem)


def revisions(connection: Connection, run_id: int) -> list[Revision]:
    """Everything that was done to a draft, in the order it was done."""
    rows = connection.execute(
        select(allocation_revision)
        .where(allocation_revision.c.run_id == run_id)
        .order_by(allocation_revision.c.position)
    ).all()
    undone = {row.undoes: row.made_at for row in rows if row.undoes is not None}
    return [
        Revision(
            position=row.position,
            act=row.act,
            share_id=row.share_id,
            award_no=row.award_no,
            yen=None if row.yen is None else Yen(row.yen),
            by_role=row.by_role,
            reason=row.reason,
            undoes=row.undoes,
            made_by=row.made_by,
            made_at=row.made_at,
            undone_at=undone.get(row.position),
        )
        for row in rows
    ]


def standing_overrides(connection: Connection, run_id: int) -> list[Revision]:
    """Manual payments of a run that were not taken back."""
    found = revisions(connection, run_id)
    return [one for one in found if one.act == "overridden" and one.undone_at is None]


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "no": row.no,
        "fy": row.fy,
        "kind": row.kind,
        "run_date": row.run_date,
        "state": row.state,
        "rule": row.rule,
        "edition_code": row.edition_code,
        "problem_sha256": row.problem_sha256,
        "plan_sha256": row.plan_sha256,
        "total_yen": Yen(row.total_yen),
        "drafted_by": row.drafted_by,
        "drafted_at": row.drafted_at,
        "approved_by": row.approved_by,
        "approved_at": row.approved_at,
        "discarded_reason": row.discarded_reason,
    }


_BACK = (
    select(
        allocation_reversal.c.run_id,
        allocation_reversal.c.line,
        func.sum(allocation_reversal.c.yen).label("yen"),
    )
    .group_by(allocation_reversal.c.run_id, allocation_reversal.c.line)
    .subquery()
)
_GONE = func.coalesce(_BACK.c.yen, 0)
_OF_LINE = (_BACK.c.run_id == allocation_line.c.run_id) & (_BACK.c.line == allocation_line.c.line)
_LINES = (
    select(
        allocation_line,
        allocation_run.c.no,
        allocation_run.c.approved_at,
        _GONE.label("back"),
    )
    .join(allocation_run, allocation_run.c.id == allocation_line.c.run_id)
    .outerjoin(_BACK, _OF_LINE)
)


def lines_of_gift(connection: Connection, gift_no: str) -> list[LineView]:
    """Every line that took yen from a share of the gift, in the order posted."""
    shares = [lot.share_id for lot in ledger.lots_of_gift(connection, gift_no)]
    return _lines(connection, _LINES.where(allocation_line.c.share_id.in_(shares)))


def lines_of_award(connection: Connection, award_no: str) -> list[LineView]:
    """Every line that gave yen to the award, in the order posted."""
    return _lines(connection, _LINES.where(allocation_line.c.award_no == award_no))


def lines_of_run(
    connection: Connection, run_id: int, *, after: int = 0, limit: int | None = None
) -> list[LineView]:
    """The lines of a run by their line number, those after ``after``."""
    query = _LINES.where(allocation_line.c.run_id == run_id, allocation_line.c.line > after)
    return _lines(connection, query, limit)


def _lines(connection: Connection, query: Select[Any], limit: int | None = None) -> list[LineView]:
    ordered = query.order_by(allocation_line.c.run_id, allocation_line.c.line)
    return [
        LineView(
            run_no=row.no,
            line=row.line,
            share_id=row.share_id,
            award_no=row.award_no,
            yen=Yen(row.yen),
            rank=row.rank,
            use=row.use,
            on=day_in_japan(row.approved_at),
            entry_id=row.entry_id,
            back=Yen(int(row.back)),
        )
        for row in connection.execute(ordered if limit is None else ordered.limit(limit))
    ]


def sources_of_award(connection: Connection, award_no: str) -> list[SourceView]:
    """Who paid an award, added up by the wish that was met: best-ranked first."""
    found = connection.execute(
        select(
            allocation_line.c.use,
            allocation_line.c.rank,
            func.count(allocation_line.c.share_id.distinct()).label("lots"),
            func.sum(allocation_line.c.yen - _GONE).label("yen"),
        )
        .outerjoin(_BACK, _OF_LINE)
        .where(allocation_line.c.award_no == award_no)
        .group_by(allocation_line.c.use, allocation_line.c.rank)
        .having(func.sum(allocation_line.c.yen - _GONE) > 0)
        .order_by(allocation_line.c.rank, allocation_line.c.use)
    )
    return [SourceView(row.use, row.rank, int(row.lots), Yen(int(row.yen))) for row in found]


def idle_of_gift(connection: Connection, gift_no: str) -> list[IdleView]:
    """Why yen of a gift are still in the fund, share by share; empty when all were used."""
    left: dict[str, Yen] = {}
    for lot in ledger.open_lots(connection, gift_no):
        left[lot.share_id] = left.get(lot.share_id, Yen(0)) + lot.open_yen
    latest = _HEADS.where(allocation_run.c.state == "approved")
    run_row = connection.execute(latest.order_by(allocation_run.c.id.desc()).limit(1)).first()
    found = []
    for share, yen in sorted(left.items()):
        said = None if run_row is None else _reason(connection, run_row.id, share)
        if run_row is None or said is None or "idle" not in said:
            found.append(IdleView(share, yen, None, "waiting", ()))
        else:
            found.append(IdleView(share, yen, run_row.no, said["idle"], tuple(said["levels"])))
    return found


def _reason(connection: Connection, run_id: int, share: str) -> Mapping[str, Any] | None:
    """What a plan says of one share; the database picks it out of the stored file."""
    document = cast(func.convert_from(allocation_run.c.plan, "UTF8"), JSONB)
    reason = document["reasons"]["donations"][share]
    found: Mapping[str, Any] | None = connection.execute(
        select(reason).where(allocation_run.c.id == run_id)
    ).scalar_one_or_none()
    return found
