"""The notices to home municipalities (申告特例通知書): who is told what, as a file, and done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.kernel.calendar import format_era
from fund.kernel.errors import NotFound
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, Page, csv_response, workbook_response
from fund.receipts.one_stop import commands
from fund.receipts.one_stop.domain import notice_deadline
from fund.receipts.one_stop.homes import Notice, notices
from fund.receipts.one_stop.views.blueprint import blueprint
from fund.receipts.one_stop.views.staff import today, until_of, wanted_year


def _year() -> int:
    query = Query(request.args)
    year = wanted_year(query)
    query.check()
    return year


def _rows(year: int) -> list[Notice]:
    house = current_house()
    with house.database.reading() as connection:
        return notices(house, connection, year)


@blueprint.get("/staff/one-stop/notices")
@permission("one_stop.read")
def notice_list() -> ResponseReturnValue:
    """How many applications go to which municipality, and what stands in their way."""
    year = _year()
    rows, until = _rows(year), until_of(year)
    homes = [(home, list(found)) for home, found in groupby(rows, key=lambda row: row.home)]
    return render_template(
        "receipts/one_stop_notices.html",
        year=year,
        homes=homes,
        rows=rows,
        changed=[row for row in rows if row.changed],
        unborn=[row for row in rows if row.born_on is None],
        notice_by=notice_deadline(year),
        closed=today() > (until or dt.date.max),
        until=until,
    )


@blueprint.get("/staff/one-stop/notices.<suffix>")
@permission("one_stop.handle")
def notice_file(suffix: str) -> Response:
    """The rows to be told, as a workbook with a sheet of notes or as CSV; it is written down."""
    if suffix not in {"csv", "xlsx"}:
        raise NotFound(_("その形式はありません"))
    year = _year()
    rows = _rows(year)
    commands.note_export(current_house(), by=current_actor(), now=now(), year=year, count=len(rows))
    name, columns = f"one-stop-notices-{year}", _columns()
    if suffix == "csv":
        answer = csv_response(name, columns, rows)
    else:
        answer = workbook_response(name, [Page(_("通知する申請"), columns, rows)], _notes(year))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _notes(year: int) -> list[str]:
    return [
        _("申告特例通知書のもとになる一覧（%(year)s年中の寄附）", year=year),
        _("書き出した日：%(day)s", day=format_era(today())),
        _(
            "市区町村ごとに並んでいます。%(day)sまでに通知します。",
            day=format_era(notice_deadline(year)),
        ),
        _("個人番号の列は空です。個人番号は、紙の申請書から、このシステムの外で書き加えます。"),
        _("「市区町村」が空の行は、郵便番号とご住所が合っていません。確かめてください。"),
        _("「通知済みにする」と、氏名・住所・生年月日はこのサービスの申請の記録から消えます。"),
    ]


def _columns() -> Sequence[Column[Notice]]:
    return [
        Column("municipality", "市区町村", lambda row: row.home),
        Column("gift_no", "整理番号", lambda row: row.gift_no),
        Column("name", "氏名", lambda row: row.name),
        Column("kana", "フリガナ", lambda row: row.kana),
        Column("my_number", "個人番号（外で記入）", lambda _row: ""),
        Column("born_on", "生年月日", lambda row: str(row.born_on or "")),
        Column("postal_code", "郵便番号", _postal),
        Column("address", "住所", lambda row: row.address),
        Column("phone", "電話番号", lambda row: row.phone),
        Column("received_on", "寄附年月日", lambda row: str(row.received_on)),
        Column("yen", "寄附金額", lambda row: row.yen),
        Column("arrived_on", "申請書の受付日", lambda row: str(row.arrived_on)),
        Column("changed", "変更届を待つ", lambda row: "1" if row.changed else ""),
    ]


def _postal(row: Notice) -> str:
    code = row.postal_code
    return f"{code[:3]}-{code[3:]}" if len(code) == 7 else code


@blueprint.post("/staff/one-stop/notices")
@permission("one_stop.handle")
def notified() -> ResponseReturnValue:
    """Mark that municipalities were told: those that are ticked, of this tax year."""
    year = _year()
    homes, named = set(request.form.getlist("home")), request.form.get("municipality", "").strip()
    if one := request.form.get("gift", ""):
        # Where postcode and address do not agree, an officer found out and says it.
        chosen = {one[:20]: named[:60]} if named else {}
    else:
        chosen = {row.gift_no: row.home for row in _rows(year) if row.home and row.home in homes}
    count = commands.notify(
        current_house(), by=current_actor(), now=now(), year=year, notified=chosen
    )
    flash(
        _("%(n)s件を通知済みにし、氏名・住所・生年月日を申請の記録から消しました。", n=count)
        if count
        else _("通知済みにする市区町村を選んでください"),
        "success" if count else "warning",
    )
    return redirect(url_for("one_stop.notice_list", year=year), 303)
