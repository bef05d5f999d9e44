"""The staff's pages of runs: draft, look, approve or withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.allocation import commands, queries
from fund.allocation.problems import ORDINARY, REINSTATEMENT
from fund.allocation.queries import RunHead
from fund.allocation.store_reversals import holes
from fund.allocation.views.blueprint import blueprint
from fund.allocation.views.presentation import run_page, run_words
from fund.grants import queries as grants
from fund.identity import queries as identity
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response

LAST_ROW = 10_000_000
FORMS = ("csv", "json", "xlsx")


@blueprint.get("/staff/runs")
@permission("run.read")
def staff_runs() -> ResponseReturnValue:
    """All runs, and what waits for the next one."""
    return _runs_page("")


@blueprint.post("/staff/runs")
@permission("run.draft")
def staff_draft() -> ResponseReturnValue:
    """Draft a run from the books of this moment, or one that fills what the ward stands in for."""
    kinds = {ORDINARY, REINSTATEMENT}
    kind = request.form.get("kind", ORDINARY)
    try:
        number = commands.draft_run(
            current_house(),
            by=current_actor(),
            now=now(),
            kind=kind if kind in kinds else ORDINARY,
        )
    except Conflict as refusal:
        return _runs_page(str(refusal)), 409
    flash(_("配分案を作りました。別の人が承認すると記帳されます。"), "success")
    return redirect(url_for("allocation.staff_run", no=number), 303)


def _runs_page(refusal: str) -> str:
    with current_house().database.reading() as connection:
        found = queries.runs(connection)
        return render_template(
            "allocation/staff_runs.html",
            runs=found,
            waiting=len(grants.open_for_allocation(connection)),
            holes=holes(connection),
            people=_people(connection, found),
            run_words=run_words(),
            refusal=refusal,
        )


@blueprint.get("/staff/runs/<no>")
@permission("run.read")
def staff_run(no: str) -> ResponseReturnValue:
    """One run: the decision about it, its plan, its problem."""
    return _page(no, "", {})


@blueprint.post("/staff/runs/<no>/approve")
@permission("run.approve")
def staff_approve(no: str) -> ResponseReturnValue:
    """Approve the plan whose hash the form carries."""
    try:
        commands.approve_run(
            current_house(),
            by=current_actor(),
            now=now(),
            run_no=no,
            plan_sha256=request.form.get("plan_sha256", ""),
        )
    except Conflict as refusal:
        return _page(no, str(refusal), {}), 409
    flash(_("承認し、台帳に記帳しました。"), "success")
    return redirect(url_for("allocation.staff_run", no=no), 303)


@blueprint.post("/staff/runs/<no>/discard")
@permission("run.draft")
def staff_discard(no: str) -> ResponseReturnValue:
    """Withdraw a draft with a reason."""
    try:
        commands.discard_run(
            current_house(),
            by=current_actor(),
            now=now(),
            run_no=no,
            reason=request.form.get("reason", ""),
        )
    except Invalid as refusal:
        return _page(no, "", refusal.fields), 400
    except Conflict as refusal:
        return _page(no, str(refusal), {}), 409
    flash(_("配分案を取り下げました。"), "success")
    return redirect(url_for("allocation.staff_runs"), 303)


def _page(no: str, refusal: str, errors: dict[str, str]) -> str:
    query = Query(request.args)
    after = query.integer("after", 0, LAST_ROW) or 0
    query.check()
    with current_house().database.reading() as connection:
        run = queries.run(connection, no)
        if run is None:
            raise NotFound(_("その番号の配分はありません"))
        return render_template(
            "allocation/staff_run.html",
            **run_page(connection, run, after),
            people=_people(connection, [run]),
            mine=run.drafted_by == current_actor().person_id,
            refusal=refusal,
            errors=errors,
            reason=request.form.get("reason", ""),
            back=url_for("allocation.staff_runs"),
        )


@blueprint.get(f"/staff/runs/<no>/lines.<any({', '.join(FORMS)}):form>")
@permission("run.read")
def staff_lines(no: str, form: str) -> ResponseReturnValue:
    """The lines of any run, also of one that is only a draft."""
    with current_house().database.reading() as connection:
        run = queries.run(connection, no)
    if run is None:
        raise NotFound(_("その番号の配分はありません"))
    return planned_lines(run, form)


def planned_lines(run: queries.RunView, form: str) -> ResponseReturnValue:
    """The lines as the plan has them, numbered as they are (or will be) posted."""
    rows = [
        {"run": run.no, "line": at, **row}
        for at, row in enumerate(run.plan_document["ledger"], start=1)
    ]
    if form == "json":
        table = [{column.name: column.value(row) for column in _columns()} for row in rows]
        return json_response({"run": run.no, "total": int(run.total_yen), "rows": table})
    if form == "xlsx":
        notes = [run.no, run.rule, run_words()[run.state]]
        return xlsx_response(f"{run.no}-lines", _columns(), rows, notes)
    return csv_response(f"{run.no}-lines", _columns(), rows)


def _columns() -> list[Column[dict[str, Any]]]:
    return [
        Column("run", _("配分"), lambda row: str(row["run"])),
        Column("line", _("行"), lambda row: int(row["line"])),
        Column("share", _("寄附の内訳"), lambda row: str(row["donation"])),
        Column("award", _("助成"), lambda row: str(row["grant"])),
        Column("yen", _("金額（円）"), lambda row: int(row["amount"])),
        Column("rank", _("希望の順位"), lambda row: int(row["rank"])),
        Column("use", _("合った希望"), lambda row: str(row["use"])),
    ]


def _people(connection: Connection, found: Sequence[RunHead]) -> dict[int, str]:
    ids = {run.drafted_by for run in found} | {run.approved_by for run in found}
    return identity.names(connection, [one for one in ids if one is not None])
