"""Writing statements, lines and matches in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from fund.kernel.errors import Conflict, NotFound
from fund.kernel.ids import CROCKFORD
from fund.ledger.journal import copy_rows
from fund.payments.bank.domain import name_key, shown_name
from fund.payments.bank.formats import Line
from fund.payments.bank.models import (
    bank_import,
    bank_line,
    bank_match,
    bank_profile,
    bank_statement,
)
from fund.payments.models import payment
from fund.platform.house import Transaction

_NEW_IDS = text("""
SELECT nextval(pg_get_serial_sequence('bank_line', 'id')) FROM generate_series(1, :count)
""")
_LINE_COLUMNS = (
    "id, account, statement_id, row, day, yen, balance, name_raw, name, name_key, note, fingerprint"
)


def random_no(mark: str) -> str:
    """A public number such as ``BS-7K3F92QX``."""
    return f"{mark}-" + "".join(secrets.choice(CROCKFORD) for _ in range(8))


def put_profile(tx: Transaction, values: dict[str, Any]) -> None:
    """Write a saved reading, or replace the one with its code."""
    row = {**values, "updated_at": tx.now, "updated_by": tx.by.label or tx.by.kind}
    statement = upsert(bank_profile).values(row)
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["code"], set_={key: row[key] for key in row if key != "code"}
        )
    )


def add_import(tx: Transaction, profile: str, filename: str, body: bytes) -> str:
    """Keep a file until somebody decides to take it in; returns its number."""
    number = random_no("BI")
    tx.connection.execute(
        insert(bank_import).values(
            no=number,
            profile_code=profile,
            filename=filename,
            body=body,
            state="kept",
            created_at=tx.now,
            created_by=tx.by.label or tx.by.kind,
            person_id=tx.by.person_id,
        )
    )
    return number


def lock_import(tx: Transaction, number: str) -> Row[Any]:
    """A file on its way in, locked.

    Raises:
        NotFound: when there is none with this number.
    """
    row = tx.connection.execute(
        select(bank_import).where(bank_import.c.no == number).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("取り込みが見つかりません")
    return row


def move_import(tx: Transaction, number: str, **values: Any) -> None:
    """Change a file's way in; what ends it forgets its bytes."""
    if values.get("state") in {"done", "failed", "forgotten"}:
        values |= {"finished_at": tx.now, "body": None}
    tx.connection.execute(update(bank_import).where(bank_import.c.no == number).values(values))


def forget_imports(tx: Transaction, before: dt.datetime) -> int:
    """Forget the bytes of files nobody decided on; returns how many."""
    found = tx.connection.execute(
        update(bank_import)
        .where(bank_import.c.state == "kept", bank_import.c.created_at < before)
        .values(state="forgotten", body=None, finished_at=tx.now)
    )
    return int(found.rowcount)


def hold_account(tx: Transaction, account: str) -> None:
    """Let nobody else add lines to the account until the transaction ends."""
    tx.connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('bank:' || :account, 0))"),
        {"account": account},
    )


def known_lines(tx: Transaction, prints: Sequence[bytes]) -> dict[bytes, int]:
    """Which of the fingerprints stand in the books already: fingerprint to line id."""
    rows = tx.connection.execute(
        select(bank_line.c.fingerprint, bank_line.c.id).where(
            bank_line.c.fingerprint == func.any(list(prints))
        )
    )
    return {bytes(row.fingerprint): int(row.id) for row in rows}


def add_statement(tx: Transaction, values: dict[str, Any]) -> tuple[int, str]:
    """Write a statement; returns its id and number."""
    number = random_no("BS")
    found = tx.connection.execute(
        insert(bank_statement)
        .values(**values, no=number, imported_at=tx.now, imported_by=tx.by.label or tx.by.kind)
        .returning(bank_statement.c.id)
    ).scalar_one()
    return int(found), number


def add_lines(
    tx: Transaction,
    statement_id: int,
    account: str,
    lines: Sequence[tuple[Line, bytes]],
    known: dict[bytes, int],
) -> None:
    """Write the new lines, and for every line of the file where it was seen."""
    new = [(line, mark) for line, mark in lines if mark not in known]
    ids = [int(found) for found in tx.connection.scalars(_NEW_IDS, {"count": len(new)})]
    copy_rows(
        tx,
        f"bank_line ({_LINE_COLUMNS})",
        (
            (
                line_id,
                account,
                statement_id,
                line.number,
                line.day,
                line.yen,
                line.balance,
                line.name,
                shown_name(line.name),
                name_key(line.name),
                shown_name(line.note),
                mark,
            )
            for line_id, (line, mark) in zip(ids, new, strict=True)
        ),
    )
    where = known | {mark: line_id for line_id, (_, mark) in zip(ids, new, strict=True)}
    copy_rows(
        tx,
        "bank_sighting (statement_id, row, line_id)",
        ((statement_id, line.number, where[mark]) for line, mark in lines),
    )


@dataclass(frozen=True)
class NewMatch:
    """Yen of a line (signed) that are an entry, or nothing of ours (``ignored``, no entry).

    ``booked`` says that the match itself wrote the entry, so that undoing it mirrors the entry.
    """

    line_id: int
    entry_id: int | None
    yen: int
    what: str
    level: str
    booked: bool = False
    reason: str = ""
    undoes: int | None = None


def add_matches(tx: Transaction, matches: Sequence[NewMatch]) -> None:
    """Write matches; the database refuses any yen beyond the line or the entry.

    Raises:
        sqlalchemy.exc.IntegrityError: ``bank_line_matched_once``, ``bank_entry_matched_once``.
    """
    if not matches:
        return
    by, person = tx.by.label or tx.by.kind, tx.by.person_id
    columns = "line_id, entry_id, yen, what, level, booked, reason, undoes, at, by_label, person_id"
    copy_rows(
        tx,
        f"bank_match ({columns})",
        (
            (
                match.line_id,
                match.entry_id,
                match.yen,
                match.what,
                match.level,
                match.booked,
                match.reason,
                match.undoes,
                tx.now,
                by,
                person,
            )
            for match in matches
        ),
    )


@dataclass(frozen=True)
class HeldLine:
    """A line nobody else may match until the transaction ends; ``open`` is signed yen."""

    id: int
    day: dt.date
    open: int


def hold_lines(tx: Transaction, line_ids: Collection[int]) -> dict[int, HeldLine]:
    """What is open of each line, read while nobody else may match it; locked in one order.

    Raises:
        NotFound: when one of the lines does not exist.
    """
    ids = sorted(set(line_ids))
    # The app may not lock a row of an append-only table; a lock of its own does the same.
    tx.connection.execute(
        text(
            "SELECT count(pg_advisory_xact_lock(hashtextextended('bank-line', id))) FROM"
            " (SELECT id FROM unnest(CAST(:ids AS bigint[])) AS given(id) ORDER BY id) AS ordered"
        ),
        {"ids": ids},
    )
    matched = (
        select(func.coalesce(func.sum(bank_match.c.yen), 0))
        .where(bank_match.c.line_id == bank_line.c.id)
        .scalar_subquery()
    )
    rows = tx.connection.execute(
        select(bank_line.c.id, bank_line.c.day, bank_line.c.yen - matched).where(
            bank_line.c.id == func.any(ids)
        )
    )
    held = {line_id: HeldLine(line_id, day, int(left)) for line_id, day, left in rows}
    if len(held) != len(ids):
        raise NotFound("明細の行が見つかりません")
    return held


def lock_transfers(tx: Transaction, gift_nos: Collection[str]) -> dict[str, Row[Any]]:
    """The latest payment by direct transfer of each gift, locked; gifts without one are absent."""
    rows = tx.connection.execute(
        select(payment)
        .where(payment.c.gift_no == func.any(sorted(gift_nos)), payment.c.method == "bank")
        .order_by(payment.c.gift_no, payment.c.attempt)
        .with_for_update()
    )
    return {row.gift_no: row for row in rows}


def live_match(tx: Transaction, match_id: int) -> Row[Any]:
    """A match that stands.

    Raises:
        NotFound: when there is none with this id.
        Conflict: when it was undone before.
    """
    undone = bank_match.alias("undone")
    row = tx.connection.execute(
        select(bank_match, undone.c.id.label("undone_by"))
        .outerjoin(undone, undone.c.undoes == bank_match.c.id)
        .where(bank_match.c.id == match_id, bank_match.c.undoes.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound("照合が見つかりません")
    if row.undone_by is not None:
        raise Conflict("この照合は、すでに取り消されています")
    return row
