"""The staff's pages of runs: draft, look, approve or withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.allocation import commands, queries, revisions, store
from fund.allocation.outdated import changes_since, sentences
from fund.allocation.problems import ORDINARY, REINSTATEMENT
from fund.allocation.queries import RunHead, RunView
from fund.allocation.store_reversals import holes
from fund.allocation.views.blueprint import blueprint
from fund.allocation.views.presentation import run_page
from fund.allocation.views.twins import FORMS, planned_lines, workbook
from fund.allocation.views.wording import run_words
from fund.grants import queries as grants
from fund.identity import queries as identity
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.manual.queries import rules_on
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.locale import translated
from fund.platform.web.query import Query
from fund.registry import interests
from fund.registry import queries as registry

LAST_ROW = 10_000_000


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
    return render_run(no)


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
        return render_run(no, str(refusal)), 409
    except Forbidden as refusal:
        return render_run(no, str(refusal)), 403
    flash(_("承認し、台帳に記帳しました。"), "success")
    return redirect(url_for("allocation.staff_run", no=no), 303)


@blueprint.post("/staff/runs/<no>/refresh")
@permission("run.draft")
def staff_refresh(no: str) -> ResponseReturnValue:
    """Compute a draft anew from the books of this moment."""
    try:
        revisions.refresh_run(current_house(), by=current_actor(), now=now(), run_no=no)
    except Conflict as refusal:
        return render_run(no, str(refusal)), 409
    flash(_("いまの台帳で計算し直しました。承認は、ほかの人がします。"), "success")
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
        return render_run(no, errors=refusal.fields), 400
    except Conflict as refusal:
        return render_run(no, str(refusal)), 409
    flash(_("配分案を取り下げました。"), "success")
    return redirect(url_for("allocation.staff_runs"), 303)


def render_run(no: str, refusal: str = "", errors: Mapping[str, str] | None = None) -> str:
    """The page of a run, with a refusal or what is wrong in a form of it."""
    query = Query(request.args)
    after = query.integer("after", 0, LAST_ROW) or 0
    query.check()
    with current_house().database.reading() as connection:
        run = queries.run(connection, no)
        if run is None:
            raise NotFound(_("その番号の配分はありません"))
        hrefs = {
            grant["id"]: url_for("grants.staff_award", no=grant["id"])
            for grant in run.problem_document["grants"]
        }
        return render_template(
            "allocation/staff_run.html",
            **run_page(connection, run, after, hrefs),
            **_decision(connection, run),
            others=[one for one in queries.runs(connection) if one.no != run.no],
            refusal=refusal,
            errors=errors or {},
            reason=request.form.get("reason", ""),
            back=url_for("allocation.staff_runs"),
        )


def _decision(connection: Connection, run: RunView) -> dict[str, Any]:
    """What the one who looks may do with a run, and what stands in the way."""
    me = current_actor().person_id
    history = queries.revisions(connection, run.id)
    shown: dict[str, Any] = {
        "mine": run.drafted_by == me,
        "touched": me in store.hands_of(connection, run.id),
        "history": history,
        "standing": [one for one in history if one.act == "overridden" and one.undone_at is None],
        "people": _people(connection, [run], [one.made_by for one in history]),
        "outdated": [],
        "conflicts": [],
        "groups": sorted({grant["group"] for grant in run.problem_document["grants"]}),
    }
    if run.state == "drafted":
        today = day_in_japan(now())
        changes = changes_since(connection, run, run.problem, today, rules_on(connection, today))
        shown["outdated"] = [translated(one) for one in sentences(changes)]
        names = registry.names(connection)
        shown["group_names"] = [names.group(no) for no in shown["groups"]]
        shown["conflicts"] = interests.standing(
            connection, me or 0, shown["groups"], run.drafted_at
        )
    return shown


@blueprint.get(f"/staff/runs/<no>/lines.<any({', '.join(FORMS)}):form>")
@permission("run.read")
def staff_lines(no: str, form: str) -> ResponseReturnValue:
    """The lines of any run, also of one that is only a draft."""
    return planned_lines(_found(no), form)


@blueprint.get("/staff/runs/<no>/everything.xlsx")
@permission("run.read")
def staff_workbook(no: str) -> ResponseReturnValue:
    """All of a run as one workbook."""
    run = _found(no)
    with current_house().database.reading() as connection:
        return workbook(connection, run)


def _found(no: str) -> RunView:
    with current_house().database.reading() as connection:
        run = queries.run(connection, no)
    if run is None:
        raise NotFound(_("その番号の配分はありません"))
    return run


def _people(
    connection: Connection, found: Sequence[RunHead], others: Sequence[int] = ()
) -> dict[int, str]:
    ids = {run.drafted_by for run in found} | {run.approved_by for run in found} | set(others)
    return identity.names(connection, [one for one in ids if one is not None])
