"""What everybody reads of a run: the page, its two files, its lines and the checker."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection

from fund.allocation import checker as checker_module
from fund.allocation import queries
from fund.allocation.domain.comparison import fidelity
from fund.allocation.queries import RunView
from fund.allocation.views.blueprint import blueprint
from fund.allocation.views.presentation import file_response, run_page
from fund.allocation.views.staff import LAST_ROW
from fund.allocation.views.twins import FORMS, planned_lines, workbook
from fund.allocation.views.wording import percent
from fund.kernel.errors import NotFound
from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response


@blueprint.get("/runs")
@public
def runs() -> ResponseReturnValue:
    """Every approved run with its total and how far wishes were met."""
    with current_house().database.reading() as connection:
        return render_template("allocation/runs.html", runs=_heads(connection))


@blueprint.get(f"/runs.<any({', '.join(FORMS)}):form>")
@public
def runs_twin(form: str) -> ResponseReturnValue:
    """The same list for machines."""
    with current_house().database.reading() as connection:
        found = _heads(connection)
    columns = [
        Column[RunLine]("run", _("配分"), lambda one: one.no),
        Column[RunLine]("date", _("基準の日"), lambda one: one.day.isoformat()),
        Column[RunLine]("yen", _("合計"), lambda one: one.yen),
        Column[RunLine]("designated", _("希望のある寄附から"), lambda one: one.designated),
        Column[RunLine]("first_wish", _("第1希望のとおり"), lambda one: one.first),
        Column[RunLine]("undesignated", _("おまかせの寄附から"), lambda one: one.undesignated),
    ]
    if form == "json":
        return json_response(
            [{column.name: column.value(one) for column in columns} for one in found]
        )
    if form == "xlsx":
        return xlsx_response("runs", columns, found, [_("承認された配分")])
    return csv_response("runs", columns, found)


@dataclass(frozen=True)
class RunLine:
    """An approved run in one line: yen in all, designated, at the first wish, without a wish."""

    no: str
    day: dt.date
    yen: int
    designated: int
    first: int
    undesignated: int
    fidelity: str


def _heads(connection: Connection) -> list[RunLine]:
    lines = []
    for one in queries.totals_of_runs(connection):
        plan = {"rank_yen": list(one.rank_yen)}
        lines.append(
            RunLine(
                no=one.no,
                day=one.run_date,
                yen=int(one.total_yen),
                designated=sum(one.rank_yen),
                first=one.rank_yen[0] if one.rank_yen else 0,
                undesignated=int(one.total_yen) - sum(one.rank_yen),
                fidelity=percent(fidelity(plan)),
            )
        )
    return lines


@blueprint.get("/runs/<no>")
@public
def run(no: str) -> ResponseReturnValue:
    """An approved run as everybody sees it."""
    query = Query(request.args)
    after = query.integer("after", 0, LAST_ROW) or 0
    query.check()
    with current_house().database.reading() as connection:
        found = _approved(connection, no)
        hrefs = {
            grant["id"]: url_for("publication.grant", no=grant["id"])
            for grant in found.problem_document["grants"]
        }
        others = [one for one in queries.runs(connection, state="approved") if one.no != no]
        return render_template(
            "allocation/run.html", **run_page(connection, found, after, hrefs), others=others
        )


@blueprint.get("/runs/<no>/problem.json")
@public
def problem_json(no: str) -> ResponseReturnValue:
    """The frozen problem, byte for byte."""
    with current_house().database.reading() as connection:
        return file_response(
            _open_to_me(connection, no).problem, "application/json", f"{no}-problem.json"
        )


@blueprint.get("/runs/<no>/plan.json")
@public
def plan_json(no: str) -> ResponseReturnValue:
    """The plan, byte for byte."""
    with current_house().database.reading() as connection:
        return file_response(
            _open_to_me(connection, no).plan, "application/json", f"{no}-plan.json"
        )


@blueprint.get(f"/runs/<no>/lines.<any({', '.join(FORMS)}):form>")
@public
def lines(no: str, form: str) -> ResponseReturnValue:
    """The posted lines of an approved run."""
    with current_house().database.reading() as connection:
        found = _approved(connection, no)
    return planned_lines(found, form)


@blueprint.get("/runs/<no>/everything.xlsx")
@public
def everything(no: str) -> ResponseReturnValue:
    """All of an approved run as one workbook."""
    with current_house().database.reading() as connection:
        return workbook(connection, _approved(connection, no))


@blueprint.get("/runs/checker.py")
@public
def checker() -> ResponseReturnValue:
    """The independent checker: one file, standard library only."""
    body = Path(checker_module.__file__).read_bytes()
    return file_response(body, "text/x-python; charset=utf-8", "checker.py")


def _approved(connection: Connection, no: str) -> RunView:
    """The run, if it is approved.

    Raises:
        NotFound: for any other: a draft is not public.
    """
    found = queries.run(connection, no)
    if found is None or found.state != "approved":
        raise NotFound(_("その番号の配分はありません"))
    return found


def _open_to_me(connection: Connection, no: str) -> RunView:
    """Drafts are for staff who may read runs, approved ones for everybody."""
    if not (current_user.is_authenticated and current_user.may("run.read")):
        return _approved(connection, no)
    found = queries.run(connection, no)
    if found is None:
        raise NotFound(_("その番号の配分はありません"))
    return found
