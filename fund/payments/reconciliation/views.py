"""The officer's page of the comparison: both sides, open items, days, payouts, fees owed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.kernel.calendar import day_in_japan, parse_day
from fund.kernel.errors import Invalid
from fund.kernel.japanese import parse_amount
from fund.kernel.money import Yen
from fund.payments.reconciliation import commands, queries, wording
from fund.payments.reconciliation.queries import MovementView
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response

blueprint = Blueprint("reconciliation", __name__)

SHOWN = 100
SHEET_ROWS = 50_000


@blueprint.get("/staff/reconciliation")
@permission("reconciliation.read")
def overview() -> ResponseReturnValue:
    """Both sides now, as far as they were fetched; every open item with its reason."""
    return _page({}, {})


def _page(typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    day, only_open = _filter()
    with current_house().database.reading() as connection:
        moved = list(queries.movements(connection, day=day, only_open=only_open, limit=SHOWN + 1))
        return render_template(
            "reconciliation/overview.html",
            statement=queries.statement_now(connection),
            last=queries.last_run(connection),
            runs=queries.runs(connection),
            items=queries.open_items(connection, now(), day),
            days=queries.days(connection),
            payouts=queries.payouts(connection),
            moved=moved[:SHOWN],
            more=len(moved) > SHOWN,
            owed=queries.fees_due(connection),
            day=day,
            only_open=only_open,
            view=_arguments(day, only_open=only_open),
            typed=typed,
            errors=errors,
            reasons=wording.reasons(),
            kinds=wording.kinds(),
            matches=wording.matches(),
            payout_states=wording.payout_states(),
            payout_tones=wording.payout_tones(),
        )


def _filter() -> tuple[dt.date | None, bool]:
    query = Query(request.args)
    day = query.day("day")
    only_open = query.choice("show", ("open",)) == "open"
    query.check()
    return day, only_open


def _arguments(day: dt.date | None, *, only_open: bool) -> dict[str, Any]:
    given = {"day": day.isoformat() if day else None, "show": "open" if only_open else None}
    return {name: value for name, value in given.items() if value}


@contextmanager
def _movements(limit: int | None = None) -> Iterator[Iterator[MovementView]]:
    """The rows of this view for one of its twins."""
    day, only_open = _filter()
    with current_house().database.reading() as connection:
        yield queries.movements(connection, day=day, only_open=only_open, limit=limit)


@blueprint.get("/staff/reconciliation.csv")
@permission("reconciliation.read")
def overview_csv() -> Response:
    """The movements of this view as CSV."""
    with _movements() as rows:
        return csv_response("reconciliation", _columns(), rows)


@blueprint.get("/staff/reconciliation.xlsx")
@permission("reconciliation.read")
def overview_xlsx() -> Response:
    """The movements of this view as a workbook."""
    with _movements(SHEET_ROWS) as rows:
        return xlsx_response("reconciliation", _columns(), rows, [_("決済会社の動き")])


@blueprint.get("/staff/reconciliation.json")
@permission("reconciliation.read")
def overview_json() -> Response:
    """The movements of this view as JSON, with both sides of the comparison."""
    columns = _columns()
    with current_house().database.reading() as connection:
        both = queries.statement_now(connection)
    with _movements() as rows:
        listed = [{column.name: column.value(row) for column in columns} for row in rows]
    books: dict[str, Any] = {
        "clearing": int(both.clearing),
        "movements": int(both.movements),
        "fees_not_booked": int(both.fees),
        "payouts_underway": int(both.underway),
        "booked_since_comparison": int(both.news),
        "difference": int(both.difference),
    }
    return json_response({"books": books, "rows": [dict(row) for row in listed]})


def _columns() -> list[Column[MovementView]]:
    reasons = wording.reasons()
    return [
        Column("id", _("番号"), lambda row: row.id),
        Column("on", _("日"), lambda row: day_in_japan(row.created_at).isoformat()),
        Column("type", _("種類"), lambda row: row.type),
        Column("currency", _("通貨"), lambda row: row.currency),
        Column("gross", _("金額"), lambda row: int(row.gross)),
        Column("fee", _("手数料"), lambda row: int(row.fee)),
        Column("net", _("差引き"), lambda row: int(row.net)),
        Column("source", _("もとの番号"), lambda row: row.source_id),
        Column("payout", _("銀行への入金"), lambda row: row.payout_id),
        Column("matched", _("照合先"), lambda row: row.match_no),
        Column("open", _("未照合の理由"), lambda row: reasons.get(row.note or "", row.note)),
    ]


@blueprint.post("/staff/reconciliation/fees")
@permission("fee.reimburse")
def reimburse() -> ResponseReturnValue:
    """Book that the ward's budget paid fees back."""
    try:
        yen, on = _read(request.form)
        commands.reimburse_fees(
            current_house(),
            by=current_actor(),
            now=now(),
            yen=yen,
            on=on,
            reference=request.form.get("reference", ""),
        )
    except Invalid as error:
        return _page(request.form, error.fields), 400
    flash(_("手数料の補てんを記帳しました。"), "success")
    return redirect(url_for("reconciliation.overview"), 303)


def _read(form: Mapping[str, str]) -> tuple[Yen, dt.date]:
    problems = {}
    yen, on = Yen(0), dt.date.min
    try:
        yen = Yen(int(parse_amount(form.get("yen", ""))))
    except ValueError:
        problems["yen"] = "金額を数字で入力してください（例：10000）"
    try:
        on = parse_day(form.get("on", ""))
    except ValueError:
        problems["on"] = "日付を入力してください（例：2026-04-01）"
    if problems:
        raise Invalid("入力を確認してください", problems)
    return yen, on
