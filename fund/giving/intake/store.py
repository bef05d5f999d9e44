"""Writing batches, rows, doubts, files, slips and gifts in kind in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Table, delete, exists, func, insert, select, text, update

from fund.giving.intake.domain import RowFacts, likeness
from fund.giving.intake.models import (
    gift_import,
    gift_in_kind,
    intake_batch,
    intake_doubt,
    intake_row,
)
from fund.kernel.canonical import Json
from fund.ledger.journal import copy_rows
from fund.platform.house import Transaction

_SERIES = {"intake_batch": 7301, "gift_in_kind": 7302, "gift_import": 7303}
_IMPORTS = 7304


def next_serial(tx: Transaction, table: Table, prefix: str) -> int:
    """The next number of a year's series, held until the transaction ends."""
    held = {"series": _SERIES[table.name], "year": int(prefix[1:5])}
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(:series, :year)"), held)
    made = tx.connection.execute(
        select(func.count()).select_from(table).where(table.c.no.startswith(prefix))
    ).scalar_one()
    return int(made) + 1


def add_batch(tx: Transaction, **values: Any) -> int:
    """Insert an open batch; returns its id."""
    made = tx.connection.execute(
        insert(intake_batch)
        .values(opened_by=tx.by.person_id, opened_at=tx.now, **values)
        .returning(intake_batch.c.id)
    )
    return int(made.scalar_one())


def lock_batch(tx: Transaction, number: str) -> Row[Any] | None:
    """The batch's row, locked until the transaction ends."""
    return tx.connection.execute(
        select(intake_batch).where(intake_batch.c.no == number).with_for_update()
    ).one_or_none()


def change_batch(tx: Transaction, batch_id: int, **values: Any) -> None:
    """Change a locked batch; the database checks the control total and the four eyes."""
    tx.connection.execute(
        update(intake_batch).where(intake_batch.c.id == batch_id).values(**values)
    )


def totals(tx: Transaction, batch_id: int) -> tuple[int, int]:
    """How many rows a batch holds and their yen, without those that were left out."""
    count, yen = tx.connection.execute(
        select(func.count(), func.coalesce(func.sum(intake_row.c.yen), 0)).where(
            intake_row.c.batch_id == batch_id, intake_row.c.state != "left_out"
        )
    ).one()
    return int(count), int(yen)


def hands(tx: Transaction, batch: Row[Any]) -> frozenset[int | None]:
    """Everybody who opened the batch, typed a row of it or handed it in."""
    typed = tx.connection.scalars(
        select(intake_row.c.entered_by).where(intake_row.c.batch_id == batch.id).distinct()
    )
    return frozenset({*typed, batch.opened_by, batch.handed_in_by})


def _values(facts: RowFacts, typed: dict[str, str]) -> dict[str, Any]:
    keys = likeness(facts.donor)
    return {
        "typed": typed,
        "facts": facts.as_json(),
        "yen": int(facts.yen),
        "received_on": facts.received_on,
        "source": facts.source,
        "source_key": facts.source_key,
        "sha256": facts.sha256(),
        "name_key": keys.name_key,
        "kana_key": keys.kana_key,
        "postal_code": keys.postal_code,
        "phone": keys.phone,
    }


def add_row(tx: Transaction, batch_id: int, facts: RowFacts, typed: dict[str, str]) -> int:
    """Append a typed row to an open (locked) batch; returns its id."""
    last = tx.connection.execute(
        select(func.coalesce(func.max(intake_row.c.position), 0)).where(
            intake_row.c.batch_id == batch_id
        )
    ).scalar_one()
    made = tx.connection.execute(
        insert(intake_row)
        .values(
            batch_id=batch_id,
            position=int(last) + 1,
            state="entered",
            entered_by=tx.by.person_id,
            entered_at=tx.now,
            **_values(facts, typed),
        )
        .returning(intake_row.c.id)
    )
    return int(made.scalar_one())


def change_row(tx: Transaction, row_id: int, facts: RowFacts, typed: dict[str, str]) -> None:
    """Write a corrected row of an open batch; doubts about what it said before are dropped."""
    drop_open_doubts(tx, row_id)
    tx.connection.execute(
        update(intake_row)
        .where(intake_row.c.id == row_id)
        .values(entered_by=tx.by.person_id, entered_at=tx.now, **_values(facts, typed))
    )


def remove_row(tx: Transaction, row_id: int) -> None:
    """Take a row out of an open batch for good."""
    drop_open_doubts(tx, row_id)
    tx.connection.execute(delete(intake_row).where(intake_row.c.id == row_id))


def drop_open_doubts(tx: Transaction, row_id: int) -> None:
    """Forget doubts about a row that nobody has decided."""
    mine = (intake_doubt.c.row_id == row_id) | (intake_doubt.c.other_row_id == row_id)
    tx.connection.execute(delete(intake_doubt).where(mine, intake_doubt.c.decision.is_(None)))


def lock_row(tx: Transaction, batch_id: int, position: int) -> Row[Any] | None:
    """One row of a batch, locked."""
    return tx.connection.execute(
        select(intake_row)
        .where(intake_row.c.batch_id == batch_id, intake_row.c.position == position)
        .with_for_update()
    ).one_or_none()


def move_rows(tx: Transaction, row_ids: Collection[int], state: str) -> None:
    """Set the state of rows that are not booked."""
    tx.connection.execute(
        update(intake_row).where(intake_row.c.id == func.any(list(row_ids))).values(state=state)
    )


def hold_imports(tx: Transaction) -> None:
    """One file is staged at a time, so that two with the same numbers see each other."""
    tx.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _IMPORTS})


def copy_staged(
    tx: Transaction, batch_id: int, staged: Iterable[tuple[int, RowFacts]]
) -> list[int]:
    """Write the rows of a file in one COPY (file row number, facts); returns their ids."""

    def rows() -> Iterable[tuple[Any, ...]]:
        for number, facts in staged:
            values = _values(facts, {})
            body = json.dumps(values["facts"], ensure_ascii=False)
            rest = (values[name] for name in _STAGED)
            yield (batch_id, number, "entered", "{}", body, tx.by.person_id, tx.now, *rest)

    columns = ", ".join(
        ("batch_id", "position", "state", "typed", "facts", "entered_by", "entered_at", *_STAGED)
    )
    copy_rows(tx, f"intake_row ({columns})", rows())
    made = tx.connection.scalars(select(intake_row.c.id).where(intake_row.c.batch_id == batch_id))
    return [int(one) for one in made]


def has_doubtful(tx: Transaction, batch_id: int) -> bool:
    """Whether rows of a batch wait for a decision about a possible duplicate."""
    found = exists().where(intake_row.c.batch_id == batch_id, intake_row.c.state == "doubtful")
    return bool(tx.connection.execute(select(found)).scalar_one())


_STAGED = (
    "yen",
    "received_on",
    "source",
    "source_key",
    "sha256",
    "name_key",
    "kana_key",
    "postal_code",
    "phone",
)


def lock_doubts(tx: Transaction, row_id: int) -> Sequence[Row[Any]]:
    """The doubts about a row, locked."""
    return tx.connection.execute(
        select(intake_doubt)
        .where(intake_doubt.c.row_id == row_id)
        .order_by(intake_doubt.c.id)
        .with_for_update()
    ).all()


def decide_doubt(tx: Transaction, doubt_id: int, decision: str, note: str) -> None:
    """Write a person's decision about a doubt; it is kept for ever."""
    tx.connection.execute(
        update(intake_doubt)
        .where(intake_doubt.c.id == doubt_id)
        .values(decision=decision, decided_by=tx.by.person_id, decided_at=tx.now, note=note)
    )


def add_import(tx: Transaction, number: str, name: str, body: bytes, source: str) -> None:
    """Keep an uploaded file until it is examined and imported or dropped."""
    tx.connection.execute(
        insert(gift_import).values(
            no=number,
            file_name=name,
            sha256=func.sha256(body),
            body=body,
            source=source,
            state="waiting",
            asked_by=tx.by.person_id,
            asked_at=tx.now,
        )
    )


def lock_import(tx: Transaction, number: str) -> Row[Any] | None:
    """The file's row, locked."""
    return tx.connection.execute(
        select(gift_import).where(gift_import.c.no == number).with_for_update()
    ).one_or_none()


def change_import(tx: Transaction, number: str, **values: Any) -> None:
    """Change a file's row; at its end the file itself is forgotten."""
    if values.get("state") in {"done", "refused", "dropped"}:
        values |= {"ended_at": tx.now, "body": b""}
    tx.connection.execute(update(gift_import).where(gift_import.c.no == number).values(**values))


def add_in_kind(tx: Transaction, number: str, values: dict[str, Json | dt.date]) -> None:
    """Register a gift in kind."""
    tx.connection.execute(
        insert(gift_in_kind).values(
            no=number,
            state="registered",
            registered_by=tx.by.person_id,
            registered_at=tx.now,
            **values,
        )
    )


def in_kind_by_key(tx: Transaction, form_key: str) -> str | None:
    """The gift in kind that a form made before, if any."""
    tx.connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 74))"), {"key": form_key}
    )
    return tx.connection.execute(
        select(gift_in_kind.c.no).where(gift_in_kind.c.form_key == form_key)
    ).scalar_one_or_none()


def lock_in_kind(tx: Transaction, number: str) -> Row[Any] | None:
    """A gift in kind, locked."""
    return tx.connection.execute(
        select(gift_in_kind).where(gift_in_kind.c.no == number).with_for_update()
    ).one_or_none()


def decide_in_kind(tx: Transaction, number: str, state: str, note: str) -> None:
    """Write the decision over a gift in kind."""
    tx.connection.execute(
        update(gift_in_kind)
        .where(gift_in_kind.c.no == number)
        .values(state=state, note=note, decided_by=tx.by.person_id, decided_at=tx.now)
    )
