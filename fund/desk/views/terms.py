"""Wishes whose term is near, for those who can still do something about them."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.allocation.terms import NearTerm, near_terms, notice_days
from fund.desk.views.blueprint import blueprint
from fund.kernel.calendar import day_in_japan
from fund.platform.web.access import permission
from fund.platform.web.context import current_house, locale, now
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response
from fund.registry import queries as registry
from fund.registry.queries import Names


@blueprint.get("/staff/terms")
@permission("gift.read")
def terms() -> ResponseReturnValue:
    """Money of wishes whose term ends within the notice of the manual, the nearest first."""
    with current_house().database.reading() as connection:
        today = day_in_japan(now())
        return render_template(
            "desk/terms.html",
            rows=near_terms(connection, today),
            notice=notice_days(connection, today),
            names=registry.names(connection),
        )


@blueprint.get("/staff/terms.<any(csv, json, xlsx):form>")
@permission("gift.read")
def terms_twin(form: str) -> ResponseReturnValue:
    """The same rows for machines."""
    with current_house().database.reading() as connection:
        rows, names = _rows(connection), registry.names(connection)
    columns = _columns(names)
    if form == "csv":
        return csv_response("terms", columns, rows)
    if form == "xlsx":
        return xlsx_response("terms", columns, rows, [_("期限の近い希望")])
    return json_response({"rows": [{c.name: c.value(row) for c in columns} for row in rows]})


def _rows(connection: Connection) -> list[NearTerm]:
    today = day_in_japan(now())
    return near_terms(connection, today)


def _columns(names: Names) -> tuple[Column[NearTerm], ...]:
    return (
        Column("binds_until", _("期限"), lambda row: row.binds_until.isoformat()),
        Column("days", _("あと何日"), lambda row: row.days),
        Column("kind", _("種類"), lambda row: row.kind),
        Column("target", _("番号・記号"), lambda row: row.target),
        Column("name", _("希望"), lambda row: names.use(row.kind, row.target, locale())),
        Column("gifts", _("寄附の件数"), lambda row: row.gifts),
        Column("yen", _("金額（円）"), lambda row: int(row.yen)),
    )
