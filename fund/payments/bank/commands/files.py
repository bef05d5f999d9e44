"""Taking a bank's file in: kept, read, shown, and then all of it or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import canonical
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.payments.bank import queries, store
from fund.payments.bank.domain import KEEP_FILE, MAX_FILE, check_kind_of_file, fingerprints
from fund.payments.bank.formats import Statement, read
from fund.payments.bank.queries import ProfileView
from fund.platform.house import House, Transaction


def keep_file(
    house: House, *, by: Actor, now: dt.datetime, profile_code: str, filename: str, body: bytes
) -> str:
    """Keep a file so that it can be looked at before it is taken in; returns its number.

    Raises:
        NotFound: for an unknown reading.
        Invalid: for an empty file, or one beyond 20 MB.
    """
    if not body or len(body) > MAX_FILE:
        message = "ファイルを選んでください" if not body else "ファイルは20MBまでにしてください"
        raise Invalid(message, {"file": message})
    with house.transaction(by=by, now=now) as tx:
        if queries.profile(tx.connection, profile_code) is None:
            raise NotFound("読み取り設定が見つかりません")
        number = store.add_import(tx, profile_code, filename[-120:], body)
        tx.audit("bank.file-kept", number, profile=profile_code, bytes=len(body))
    return number


def forget_files(house: House, *, by: Actor, now: dt.datetime) -> int:
    """Forget the bytes of files that were looked at and not taken in; returns how many."""
    with house.transaction(by=by, now=now) as tx:
        return store.forget_imports(tx, now - KEEP_FILE)


def queue_file(
    house: House, *, by: Actor, now: dt.datetime, number: str, good_rows_only: bool, task: str
) -> None:
    """Decide to take a file in and leave the work to the worker's ``task``.

    Raises:
        NotFound: when there is no such file.
        Conflict: when it was decided on before.
    """
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_import(tx, number)
        if row.state != "kept":
            raise Conflict("このファイルは、すでに取り込まれたか、保存の期限を過ぎています")
        store.move_import(tx, number, state="queued", good_rows_only=good_rows_only)
        tx.enqueue(task, number=number)


@dataclass(frozen=True)
class TakenIn:
    """What a file brought: its statement, how many of its rows are new, and all it had."""

    statement_no: str
    statement_id: int
    new: int
    rows: int


def take_in(
    house: House, *, by: Actor, now: dt.datetime, number: str, good_rows_only: bool = False
) -> TakenIn:
    """Write a kept file's lines, all in one transaction; again, or overlapping, adds only the new.

    Raises:
        NotFound: when there is no such file.
        Conflict: when its bytes are gone, or it is of the kind the account is not kept by.
        Invalid: when rows cannot be read and ``good_rows_only`` was not chosen, when there is no
            row at all, or when the file belongs to another account.
    """
    with house.database.reading() as connection:
        kept = queries.kept_file(connection, number)
        profile = queries.profile(connection, kept.profile_code) if kept else None
    if kept is None or profile is None:
        raise NotFound("取り込みが見つかりません")
    if kept.body is None:
        raise Conflict("このファイルは、すでに取り込まれたか、保存の期限を過ぎています")
    statement = read(profile.format, kept.body, today=day_in_japan(now), settings=profile.settings)
    check_readable(profile, statement, good_rows_only=good_rows_only)
    try:
        with house.transaction(by=by, now=now) as tx:
            taken = _write(tx, profile, kept.filename, kept.body, statement)
            store.move_import(
                tx,
                number,
                state="matching",
                statement_id=taken.statement_id,
                total=taken.new,
                body=None,
            )
    except IntegrityError as error:
        raise Conflict(
            "同時に取り込まれたファイルと重なりました。もう一度お試しください"
        ) from error
    return taken


def check_readable(profile: ProfileView, statement: Statement, *, good_rows_only: bool) -> None:
    """Pass if the file may be taken in as it was read.

    Raises:
        Invalid: see ``take_in``.
    """
    if statement.problems and not good_rows_only:
        raise Invalid("読めない行があります。直すか、正しい行だけを取り込むかを選んでください")
    if not statement.lines:
        raise Invalid("取り込める行がありません")
    if profile.file_account and statement.account and statement.account != profile.file_account:
        raise Invalid("ほかの口座のファイルです。読み取り設定の口座番号と合いません")


def _write(
    tx: Transaction, profile: ProfileView, filename: str, body: bytes, statement: Statement
) -> TakenIn:
    store.hold_account(tx, profile.account)
    has_full, has_notices = queries.kinds_of_statements(tx.connection, profile.account)
    check_kind_of_file(statement, has_notices=has_notices, has_full=has_full)
    digest = hashlib.sha256(body).digest()
    reading = reading_mark(profile)
    earlier = queries.statement_of_file(tx.connection, profile.account, digest, reading)
    if earlier is not None:
        return TakenIn(earlier.no, earlier.id, 0, earlier.rows)
    marks = list(fingerprints(profile.account, statement.lines, counted=statement.counted))
    known = store.known_lines(tx, marks)
    new = sum(mark not in known for mark in marks)
    statement_id, number = store.add_statement(
        tx,
        {
            "account": profile.account,
            "profile_code": profile.code,
            "format": profile.format,
            "filename": filename,
            "sha256": digest,
            "reading": reading,
            "encoding": statement.encoding,
            "notices": statement.notices,
            "rows": len(statement.lines),
            "new_rows": new,
            "problems": len(statement.problems),
            "yen": sum(line.yen for line in statement.lines),
            "first_day": statement.first_day,
            "last_day": statement.last_day,
            "opening": statement.opening if statement.closing is not None else None,
            "closing": statement.closing if statement.opening is not None else None,
        },
    )
    lines = list(zip(statement.lines, marks, strict=True))
    store.add_lines(tx, statement_id, profile.account, lines, known)
    tx.audit("bank.imported", number, rows=len(lines), new=new, problems=len(statement.problems))
    return TakenIn(number, statement_id, new, len(lines))


def reading_mark(profile: ProfileView) -> str:
    """What a file was read by: the same bytes read in another way are another statement."""
    said = canonical({"format": profile.format, "settings": dict(profile.settings)})
    return f"{profile.format}:{hashlib.sha256(said).hexdigest()[:16]}"


def note_progress(
    house: House, *, by: Actor, now: dt.datetime, number: str, done: int, matched: int
) -> None:
    """Write down how far matching is, for the page that shows it."""
    with house.transaction(by=by, now=now) as tx:
        store.move_import(tx, number, done=done, matched=matched)


def close_import(house: House, *, by: Actor, now: dt.datetime, number: str, matched: int) -> None:
    """The file is in and its lines have been looked at."""
    with house.transaction(by=by, now=now) as tx:
        row = store.lock_import(tx, number)
        store.move_import(tx, number, state="done", done=row.total, matched=matched)


def fail_import(house: House, *, by: Actor, now: dt.datetime, number: str, outcome: str) -> None:
    """The file could not be taken in; why is kept for the page."""
    with house.transaction(by=by, now=now) as tx:
        store.move_import(tx, number, state="failed", outcome=outcome)
