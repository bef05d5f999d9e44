"""Writing fields, programmes and groups in the caller's transaction."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Table, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.errors import Conflict
from fund.platform.house import Transaction
from fund.registry import models
from fund.registry.domain import Field, Group, Programme

_NUMBERING = 7302
"""The advisory lock of group numbers."""
_LAST_NO = 9999


def add_if_missing(tx: Transaction, item: Field | Programme) -> bool:
    """Insert a field or programme unless its code exists; returns whether it was added."""
    table = _table(item)
    statement = (
        upsert(table)
        .values(**asdict(item))
        .on_conflict_do_nothing(index_elements=[table.c.code])
        .returning(table.c.code)
    )
    return tx.connection.execute(statement).one_or_none() is not None


def put(tx: Transaction, item: Field | Programme) -> bool:
    """Insert a field or programme, or write it over the one with its code.

    Returns whether anything changed.
    """
    table, row = _table(item), asdict(item)
    changing = {name: value for name, value in row.items() if name != "code"}
    insert = upsert(table).values(**row)
    statement = insert.on_conflict_do_update(
        index_elements=[table.c.code],
        set_=changing,
        where=func.row(*(table.c[name] for name in changing)).is_distinct_from(
            func.row(*(insert.excluded[name] for name in changing))
        ),
    ).returning(table.c.code)
    return tx.connection.execute(statement).one_or_none() is not None


def _table(item: Field | Programme) -> Table:
    return models.field if isinstance(item, Field) else models.programme


def lock_numbering(tx: Transaction) -> None:
    """Let nobody else number or name a group until this transaction ends."""
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NUMBERING})


def next_no(tx: Transaction) -> str:
    """The number after the highest one; call ``lock_numbering`` first.

    Raises:
        Conflict: when all four-digit numbers are used up.
    """
    highest = tx.connection.execute(select(func.max(models.civic_group.c.no))).scalar_one()
    number = int(highest or "0") + 1
    if number > _LAST_NO:
        raise Conflict("団体の番号（4けた）を使いきりました")
    return f"{number:04d}"


def add_group(tx: Transaction, group: Group) -> None:
    """Insert a group under its number."""
    row = {**asdict(group), "fields": list(group.fields)}
    tx.connection.execute(models.civic_group.insert().values(**row))
