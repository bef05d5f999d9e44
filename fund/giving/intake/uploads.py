"""An uploaded gift file: kept, examined by the worker, shown, and imported when somebody says so.

The page may be closed at any time: how far it is stands in the table.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Row

from fund.giving.intake import importing, queries, store
from fund.giving.intake.domain import import_no
from fund.giving.intake.files import MAX_FILE, read_sheet
from fund.giving.intake.importing import Examination, Problem
from fund.giving.intake.models import gift_import
from fund.kernel.actor import Actor
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.canonical import Json
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.japanese import keep_name
from fund.kernel.sentences import packed
from fund.platform.house import House, Transaction

SHOWN_PROBLEMS = 300
MAX_NAME = 80


def upload(
    house: House, *, by: Actor, now: dt.datetime, name: str, body: bytes, source: str
) -> str:
    """Keep a file and ask the worker to examine it; returns its number.

    Raises:
        Forbidden: when no person acts.
        Invalid: for an empty or far too large file.
    """
    if not by.is_person():
        raise Forbidden("取り込みは、サインインした職員だけが行えます")
    if not body:
        raise Invalid("ファイルを選んでください", {"file": "ファイルを選んでください"})
    if len(body) > MAX_FILE:
        message = "ファイルが大きすぎます（20MBまで）"
        raise Invalid(message, {"file": message})
    year = fiscal_year(day_in_japan(now))
    with house.transaction(by=by, now=now) as tx:
        number = import_no(year, store.next_serial(tx, gift_import, f"F{year}-"))
        shown = keep_name(name)[-MAX_NAME:]
        store.add_import(tx, number, shown, body, keep_name(source)[:MAX_NAME])
        tx.audit("file.uploaded", number, size=len(body))
        tx.enqueue("giving.examine_file", number=number)
    return number


def examine_upload(house: House, *, by: Actor, now: dt.datetime, number: str) -> None:
    """Examine a file that waits and keep what was found; again changes nothing."""
    with house.database.reading() as connection:
        found = queries.gift_file(connection, number)
        body = queries.file_body(connection, number)
    if found is None or found.state != "waiting":
        return
    try:
        sheet = read_sheet(body)
        examined = importing.examine(
            house,
            by=by,
            now=now,
            sheet=sheet,
            source=found.source,
            progress=_teller(house, by, now, number),
        )
        state, report = "examined", as_report(examined)
    except Invalid as refused:
        state, report = "refused", {"error": packed(str(refused))}
    with house.transaction(by=by, now=now) as tx:
        _change(tx, number, "waiting", state=state, report=report, done=0, total=0)


def decide_upload(house: House, *, by: Actor, now: dt.datetime, number: str, decision: str) -> None:
    """Import an examined file (``all`` or ``good`` rows), or ``drop`` it.

    Raises:
        NotFound: for an unknown file.
        Conflict: when it was decided before, or has bad rows and all were asked for.
        Invalid: for another decision.
    """
    if decision not in {"all", "good", "drop"}:
        raise Invalid("取り込むか、やめるかを選んでください")
    with house.transaction(by=by, now=now) as tx:
        row = _locked(tx, number, "examined")
        if decision == "all" and row.report["bad"]:
            raise Conflict("直す行があります。直して送り直すか、良い行だけを取り込んでください")
        if decision == "drop":
            store.change_import(tx, number, state="dropped")
        else:
            store.change_import(tx, number, state="importing", good_only=decision == "good", done=0)
            tx.enqueue("giving.import_file", number=number)
        tx.audit("file.decided", number, decision=decision)


def carry_out(house: House, *, by: Actor, now: dt.datetime, number: str) -> None:
    """Import a file that was decided on; taken up again after a crash it goes on, not twice."""
    with house.database.reading() as connection:
        found = queries.gift_file(connection, number)
        body = queries.file_body(connection, number)
    if found is None or found.state != "importing":
        return
    report = dict(found.report)
    if found.batch_no is not None:
        importing.book_file(house, by=by, now=now, number=found.batch_no)
    else:
        examined, _done = importing.import_file(
            house,
            by=by,
            now=now,
            sheet=read_sheet(body),
            source=found.source,
            good_only=found.good_only,
            progress=_teller(house, by, now, number),
            upload=number,
        )
        report = as_report(examined)
    with house.transaction(by=by, now=now) as tx:
        _change(tx, number, "importing", state="done", report=report)


def _teller(house: House, by: Actor, now: dt.datetime, number: str) -> importing.Progress:
    """Write how far the reading is, for the page; booking is counted from the rows."""

    def tell(what: str, done: int, total: int) -> None:
        if what == "read" and (done % 2_000 == 0 or done == total):
            with house.transaction(by=by, now=now) as tx:
                store.change_import(tx, number, done=done, total=total)

    return tell


def _locked(tx: Transaction, number: str, state: str) -> Row[Any]:
    row = store.lock_import(tx, number)
    if row is None:
        raise NotFound("取り込みのファイルが見つかりません")
    if row.state != state:
        raise Conflict("このファイルは、すでに次へ進んでいます")
    return row


def _change(tx: Transaction, number: str, before: str, **values: Any) -> None:
    row = store.lock_import(tx, number)
    if row is not None and row.state == before:
        store.change_import(tx, number, **values)


def as_report(found: Examination) -> dict[str, Json]:
    """What a page shows of an examination; at most ``SHOWN_PROBLEMS`` problems, all counted."""
    return {
        "encoding": found.encoding,
        "rows": found.rows,
        "new": len(found.new),
        "new_yen": int(found.new_yen),
        "already": len(found.already),
        "bad": found.bad_rows,
        "problems": [_problem(one) for one in found.problems[:SHOWN_PROBLEMS]],
        "all_problems": len(found.problems),
        "doubtful": [
            {"row": one.row, "other": one.other, "reasons": list(one.reasons)}
            for one in found.doubtful[:SHOWN_PROBLEMS]
        ],
        "unknown": list(found.unknown_columns),
        "repeated": list(found.repeated_columns),
    }


def _problem(one: Problem) -> Json:
    return {"row": one.row, "column": one.column, "what": packed(one.what)}
