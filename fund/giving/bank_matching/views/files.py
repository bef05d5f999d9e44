"""A bank's file on its way in: upload, a look at what it would do, progress, and what is in."""

from __future__ import annotations

import hashlib

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving.bank_matching import commands as matching
from fund.giving.bank_matching.views import wording
from fund.giving.bank_matching.views.blueprint import blueprint
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, DomainError, Invalid, NotFound
from fund.payments.bank import commands as bank_commands
from fund.payments.bank import queries as bank
from fund.payments.bank.commands import reading_mark
from fund.payments.bank.domain import LARGE, MAX_FILE
from fund.payments.bank.formats import Problem, read
from fund.payments.bank.queries import LineView, Report, StatementView
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.locale import translated
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, xlsx_response

TASK = "giving.take_in_bank_file"
PAGE = 100
PROBLEMS_SHOWN = 100
_REFRESH_SECONDS = "2"


@blueprint.get("/staff/bank/statements")
@permission("reconciliation.read")
def statements() -> ResponseReturnValue:
    """Files that are in, and the form for the next one."""
    return _statements({})


def _statements(problems: dict[str, str]) -> str:
    with current_house().database.reading() as connection:
        return render_template(
            "bank/statements.html",
            statements=bank.statements(connection, limit=200),
            profiles=bank.profiles(connection),
            chosen=request.form.get("profile", ""),
            format_words=wording.format_words(),
            errors=problems,
        )


@blueprint.post("/staff/bank/statements")
@permission("bank.import")
def upload() -> ResponseReturnValue:
    """Keep the file and show what is in it; nothing is imported yet."""
    if (request.content_length or 0) > MAX_FILE + 64 * 1024:
        raise Invalid("ファイルは20MBまでにしてください")
    file = request.files.get("file")
    try:
        number = bank_commands.keep_file(
            current_house(),
            by=current_actor(),
            now=now(),
            profile_code=request.form.get("profile", ""),
            filename=(file.filename or "") if file else "",
            body=file.read() if file else b"",
        )
    except Invalid as error:
        return _statements(error.fields), 400
    return redirect(url_for("bank.file", number=number), 303)


def _report(number: str) -> tuple[bank.ImportView, Report | None]:
    house = current_house()
    with house.database.reading() as connection:
        view = bank.import_of(connection, number)
        kept = bank.kept_file(connection, number)
        if view is None or kept is None:
            raise NotFound(_("取り込みが見つかりません"))
        profile = bank.profile(connection, view.profile_code)
        if view.state != "kept" or kept.body is None or profile is None:
            return view, None
        today = day_in_japan(now())
        statement = read(profile.format, kept.body, today=today, settings=profile.settings)
        digest = hashlib.sha256(kept.body).digest()
        before = bank.statement_of_file(connection, profile.account, digest, reading_mark(profile))
        return view, bank.report(connection, profile, statement, before)


@blueprint.get("/staff/bank/files/<number>")
@permission("bank.import")
def file(number: str) -> ResponseReturnValue:
    """What taking a file in would do; while the worker takes it in, how far it is."""
    view, report = _report(number)
    page = Response(
        render_template(
            "bank/file.html",
            file=view,
            report=report,
            problems=report.statement.problems[:PROBLEMS_SHOWN] if report else (),
            bad_rows=len({p.row for p in report.statement.problems}) if report else 0,
            place=wording.place,
            reason=wording.reason,
            state_words=wording.state_words(),
            outcome=translated(view.outcome),
        )
    )
    if view.state in {"queued", "matching"}:
        # Asked again by the browser itself: progress without a script, also after a reload.
        page.headers["Refresh"] = _REFRESH_SECONDS
    return page


@blueprint.get("/staff/bank/files/<number>/problems.csv")
@permission("bank.import")
def file_problems(number: str) -> Response:
    """Every row that cannot be read, for the person who can correct it."""
    _view, report = _report(number)
    columns: list[Column[Problem]] = [
        Column("row", "行", lambda problem: problem.row),
        Column("column", "列", lambda problem: problem.column or None),
        Column("field", "項目", lambda problem: problem.field),
        Column("why", "内容", wording.reason),
        Column("found", "書かれていたもの", lambda problem: problem.found),
    ]
    return csv_response(
        f"bank-problems-{number}", columns, report.statement.problems if report else ()
    )


@blueprint.post("/staff/bank/files/<number>")
@permission("bank.import")
def take_in(number: str) -> ResponseReturnValue:
    """Take the file in: small ones now, large ones by the worker."""
    good_rows_only = request.form.get("act") == "good_rows"
    _view, report = _report(number)
    house, by, moment = current_house(), current_actor(), now()
    if report is None:
        raise Conflict(_("このファイルは、すでに取り込まれたか、保存の期限を過ぎています"))
    here = url_for("bank.file", number=number)
    if len(report.statement.lines) > LARGE:
        bank_commands.queue_file(
            house, by=by, now=moment, number=number, good_rows_only=good_rows_only, task=TASK
        )
        return redirect(here, 303)
    try:
        taken, found = matching.take_in_file(
            house, by=by, now=moment, number=number, good_rows_only=good_rows_only
        )
    except DomainError as error:
        flash(translated(str(error)), "error")
        return redirect(here, 303)
    said = _(
        "新しい行%(new)s件を取り込み、%(matched)s件を自動で照合しました。",
        new=taken.new,
        matched=found.matched,
    )
    flash(said, "success")
    return redirect(url_for("bank.statement", number=taken.statement_no), 303)


@blueprint.get("/staff/bank/statements.<suffix>")
@permission("reconciliation.read")
def statements_twin(suffix: str) -> Response:
    """The list of files as CSV or a workbook."""
    with current_house().database.reading() as connection:
        found = bank.statements(connection)
    columns: list[Column[StatementView]] = [
        Column("no", "番号", lambda row: row.no),
        Column("account", "口座", lambda row: row.account),
        Column("filename", "ファイル", lambda row: row.filename),
        Column("format", "形式", lambda row: row.format),
        Column("first_day", "はじめの日", lambda row: str(row.first_day)),
        Column("last_day", "終わりの日", lambda row: str(row.last_day)),
        Column("rows", "行", lambda row: row.rows),
        Column("new_rows", "新しい行", lambda row: row.new_rows),
        Column("problems", "読めなかったところ", lambda row: row.problems),
        Column("opening", "はじめの残高", lambda row: row.opening),
        Column("yen", "入出金の合計", lambda row: int(row.yen)),
        Column("closing", "終わりの残高", lambda row: row.closing),
        Column("imported_by", "取り込んだ人", lambda row: row.imported_by),
    ]
    if suffix == "xlsx":
        return xlsx_response("bank-statements", columns, found, ["取り込んだ銀行の明細"])
    if suffix != "csv":
        raise NotFound(_("ページが見つかりません"))
    return csv_response("bank-statements", columns, found)


@blueprint.get("/staff/bank/statements/<number>")
@permission("reconciliation.read")
def statement(number: str) -> ResponseReturnValue:
    """One file's lines in its own order, each with what is open of it."""
    query = Query(request.args)
    after = query.integer("after", 0, 2**31) or 0
    query.check()
    with current_house().database.reading() as connection:
        found = bank.statement(connection, number)
        if found is None:
            raise NotFound(_("明細が見つかりません"))
        rows = bank.lines(connection, found.id, after, PAGE + 1)
    return render_template(
        "bank/statement.html",
        statement=found,
        lines=[line for _row, line in rows[:PAGE]],
        following=rows[PAGE - 1][0] if len(rows) > PAGE else None,
        format_words=wording.format_words(),
    )


@blueprint.get("/staff/bank/statements/<number>.<suffix>")
@permission("reconciliation.read")
def statement_twin(number: str, suffix: str) -> Response:
    """All lines of one file as CSV or a workbook."""
    with current_house().database.reading() as connection:
        found = bank.statement(connection, number)
        if found is None or suffix not in {"csv", "xlsx"}:
            raise NotFound(_("明細が見つかりません"))
        lines = [line for _row, line in bank.lines(connection, found.id, 0, found.rows)]
    if suffix == "xlsx":
        return xlsx_response(number, line_columns(), lines, [f"銀行の明細 {number}"])
    return csv_response(number, line_columns(), lines)


def line_columns() -> list[Column[LineView]]:
    """The columns of a list of lines."""
    return [
        Column("line", "行の番号", lambda line: f"{line.statement_no}/{line.row}"),
        Column("day", "日付", lambda line: str(line.day)),
        Column("yen", "金額", lambda line: int(line.yen)),
        Column("balance", "残高", lambda line: line.balance),
        Column("name", "名前", lambda line: line.name),
        Column("name_raw", "銀行の文字", lambda line: line.name_raw),
        Column("note", "摘要", lambda line: line.note),
        Column("open", "まだ照合していない金額", lambda line: int(line.open)),
    ]
