"""Writing allocation runs and their lines in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from fund.allocation.models import allocation_revision, allocation_run
from fund.kernel.errors import Conflict, NotFound
from fund.kernel.sentences import filled
from fund.kernel.transitions import Transitions
from fund.ledger.journal import copy_rows
from fund.ledger.turn import take_turn as take_turn  # noqa: PLC0414 - part of this layer
from fund.platform.house import Transaction

_FILES = ("problem", "plan")
RUN = Transitions.table("配分", {"drafted": {"approved", "discarded"}})


def check_none_drafted(tx: Transaction) -> None:
    """Pass while no run waits for its approval; call after ``take_turn``.

    Raises:
        Conflict: naming what to do first.
    """
    if tx.connection.execute(select(exists().where(allocation_run.c.state == "drafted"))).scalar():
        raise Conflict("承認を待つ配分案があります。先に承認するか、取り下げてください")


def next_serial(tx: Transaction, fy: int) -> int:
    """The next number of a fiscal year's runs; call after ``take_turn``."""
    last = tx.connection.execute(
        select(func.coalesce(func.max(allocation_run.c.serial), 0)).where(allocation_run.c.fy == fy)
    ).scalar_one()
    return int(last) + 1


def add_run(tx: Transaction, **values: Any) -> None:
    """Insert a drafted run."""
    tx.connection.execute(
        insert(allocation_run).values(
            state="drafted", drafted_by=tx.by.person_id, drafted_at=tx.now, **values
        )
    )


def lock_run(tx: Transaction, number: str) -> Row[Any]:
    """A run's row, locked until the transaction ends; of its files the SHA-256 as they lie there.

    ``problem_is`` and ``plan_is`` are computed by the database: the files may hold many megabytes.

    Raises:
        NotFound: for an unknown number.
    """
    row = tx.connection.execute(
        select(
            *(column for column in allocation_run.c if column.name not in _FILES),
            *(func.sha256(allocation_run.c[name]).label(f"{name}_is") for name in _FILES),
        )
        .where(allocation_run.c.no == number)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(filled("その番号の配分はありません: %(no)s", no=number))
    return row


def close_run(tx: Transaction, row: Row[Any], state: str, **values: Any) -> None:
    """End a locked run as approved or discarded.

    Raises:
        Conflict: when it ended before.
    """
    RUN.check(row.state, state)
    tx.connection.execute(
        update(allocation_run).where(allocation_run.c.id == row.id).values(state=state, **values)
    )


def replan(tx: Transaction, row: Row[Any], values: dict[str, Any], **step: Any) -> int:
    """Give a locked draft other files, and write down who did what to it; returns the position.

    ``values`` are columns of the run, ``step`` columns of ``allocation_revision``.

    Raises:
        Conflict: when it ended before.
    """
    if row.state != "drafted":
        raise Conflict("この配分案は、すでに処理されています")
    last = tx.connection.execute(
        select(func.coalesce(func.max(allocation_revision.c.position), 0)).where(
            allocation_revision.c.run_id == row.id
        )
    ).scalar_one()
    tx.connection.execute(
        insert(allocation_revision).values(
            run_id=row.id,
            position=int(last) + 1,
            plan_sha256=values["plan_sha256"],
            made_by=tx.by.person_id,
            made_at=tx.now,
            **step,
        )
    )
    tx.connection.execute(
        update(allocation_run).where(allocation_run.c.id == row.id).values(**values)
    )
    return int(last) + 1


def hands_of(connection: Connection, run_id: int) -> frozenset[int]:
    """People who worked on a draft after it was made."""
    made_by = allocation_revision.c.made_by
    return frozenset(
        connection.scalars(select(made_by).where(allocation_revision.c.run_id == run_id))
    )


def add_lines(tx: Transaction, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert (run id, line, share, award, yen, rank, use, entry id) rows in one COPY.

    Raises:
        sqlalchemy.exc.IntegrityError: for a line against a wish or above a ceiling
            (``allocation_respects_wish``, ``allocation_within_award``).
    """
    copy_rows(
        tx,
        "allocation_line (run_id, line, share_id, award_no, yen, rank, use, entry_id)",
        rows,
    )
