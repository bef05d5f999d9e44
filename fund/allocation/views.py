"""Pages of runs: the staff's work, and what the public reads and recomputes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection

from fund.allocation import commands, queries
from fund.allocation.queries import LineView, RunHead, RunView
from fund.grants import queries as grants
from fund.identity import queries as identity
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen, format_yen
from fund.platform.web.access import permission, public
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response
from fund.registry import queries as registry

blueprint = Blueprint("allocation", __name__)
SHOWN_LINES = 100
CHECKER = Path(__file__).with_name("checker.py")

LINE_COLUMNS: tuple[Column[LineView], ...] = (
    Column("run", "配分", lambda line: line.run_no),
    Column("line", "行", lambda line: line.line),
    Column("share", "寄附の内訳", lambda line: line.share_id),
    Column("award", "助成", lambda line: line.award_no),
    Column("yen", "金額（円）", lambda line: int(line.yen)),
    Column("rank", "希望の順位", lambda line: line.rank),
    Column("use", "合った希望", lambda line: line.use),
)


@blueprint.get("/staff/runs")
@permission("run.read")
def staff_runs() -> ResponseReturnValue:
    """All runs, and what waits for the next one."""
    return _runs_page({})


@blueprint.post("/staff/runs")
@permission("run.draft")
def staff_draft() -> ResponseReturnValue:
    """Draft a run from the books of this moment."""
    try:
        number = commands.draft_run(current_house(), by=current_actor(), now=now())
    except Conflict as refusal:
        return _runs_page({"draft": str(refusal)}), 409
    flash(_("配分案を作りました。別の人が承認すると記帳されます。"), "success")
    return redirect(url_for("allocation.staff_run", no=number), 303)


def _runs_page(errors: dict[str, str]) -> str:
    with current_house().database.reading() as connection:
        found = queries.runs(connection)
        waiting = grants.open_for_allocation(connection)
        people = _people(connection, found)
    return render_template(
        "allocation/staff_runs.html",
        runs=found,
        waiting=len(waiting),
        people=people,
        run_words=run_words(),
        errors=errors,
    )


@blueprint.get("/staff/runs/<no>")
@permission("run.read")
def staff_run(no: str) -> ResponseReturnValue:
    """One run: the problem, the plan, and the decision about it."""
    return _staff_page(no, {})


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
    except (Conflict, Forbidden) as refusal:
        return _staff_page(no, {"approve": str(refusal)}), 409
    flash(_("承認し、台帳に記帳しました。"), "success")
    return redirect(url_for("allocation.staff_run", no=no), 303)


@blueprint.post("/staff/runs/<no>/discard")
@permission("run.draft")
def staff_discard(no: str) -> ResponseReturnValue:
    """Withdraw a draft with a reason."""
    reason = request.form.get("reason", "")
    try:
        commands.discard_run(
            current_house(), by=current_actor(), now=now(), run_no=no, reason=reason
        )
    except Invalid as refusal:
        return _staff_page(no, refusal.fields, reason=reason), 400
    except Conflict as refusal:
        return _staff_page(no, {"discard": str(refusal)}), 409
    flash(_("配分案を取り下げました。"), "success")
    return redirect(url_for("allocation.staff_runs"), 303)


def _staff_page(no: str, errors: dict[str, str], reason: str = "") -> str:
    with current_house().database.reading() as connection:
        run = _found(connection, no)
        context = _context(connection, run)
        people = _people(connection, [run])
    mine = run.drafted_by == current_user.person.id
    return render_template(
        "allocation/staff_run.html",
        **context,
        people=people,
        mine=mine,
        errors=errors,
        reason=reason,
    )


@blueprint.get("/runs/<no>")
@public
def run(no: str) -> ResponseReturnValue:
    """An approved run as everybody sees it."""
    with current_house().database.reading() as connection:
        context = _context(connection, _approved(connection, no))
    return render_template("allocation/run.html", **context)


@blueprint.get("/runs/<no>/problem.json")
@public
def problem_json(no: str) -> ResponseReturnValue:
    """The frozen problem, byte for byte."""
    with current_house().database.reading() as connection:
        return _file(_open_to_me(connection, no).problem, "application/json", f"{no}-problem.json")


@blueprint.get("/runs/<no>/plan.json")
@public
def plan_json(no: str) -> ResponseReturnValue:
    """The plan, byte for byte."""
    with current_house().database.reading() as connection:
        return _file(_open_to_me(connection, no).plan, "application/json", f"{no}-plan.json")


@blueprint.get("/runs/<no>/lines.<any(csv, json, xlsx):form>")
@public
def lines(no: str, form: str) -> ResponseReturnValue:
    """The posted lines of an approved run."""
    with current_house().database.reading() as connection:
        found = _approved(connection, no)
        rows = queries.lines_of_run(connection, found.id)
    if form == "csv":
        return csv_response(f"{no}-lines", LINE_COLUMNS, rows)
    if form == "xlsx":
        return xlsx_response(f"{no}-lines", LINE_COLUMNS, rows, [no, found.rule])
    table = [{column.name: column.value(row) for column in LINE_COLUMNS} for row in rows]
    return json_response({"run": no, "total": int(found.total_yen), "rows": table})


@blueprint.get("/runs/checker.py")
@public
def checker() -> ResponseReturnValue:
    """The independent checker: one file, standard library only."""
    return _file(CHECKER.read_bytes(), "text/x-python; charset=utf-8", "checker.py")


def _found(connection: Connection, no: str) -> RunView:
    found = queries.run(connection, no)
    if found is None:
        raise NotFound(_("その番号の配分はありません。"))
    return found


def _approved(connection: Connection, no: str) -> RunView:
    found = _found(connection, no)
    if found.state != "approved":
        raise NotFound(_("その番号の配分はありません。"))
    return found


def _open_to_me(connection: Connection, no: str) -> RunView:
    """Drafts are for staff who may read runs, approved ones for everybody."""
    if current_user.is_authenticated and current_user.may("run.read"):
        return _found(connection, no)
    return _approved(connection, no)


def _file(body: bytes, kind: str, name: str) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _people(connection: Connection, found: Sequence[RunHead]) -> dict[int, str]:
    ids = {run.drafted_by for run in found} | {run.approved_by for run in found}
    return identity.names(connection, [one for one in ids if one is not None])


def run_words() -> dict[str, str]:
    """States of a run."""
    return {"drafted": _("承認待ち"), "approved": _("承認済み"), "discarded": _("取り下げ")}


def _context(connection: Connection, run: RunView) -> dict[str, Any]:
    """What both pages of a run show, read from its own frozen files."""
    plan, problem = run.plan_document, run.problem_document
    before: Counter[str] = Counter()
    for row in problem.get("previous", []):
        before[row["grant"]] += row["amount"]
    titles = {award.no: award for award in grants.awards(connection)}
    asked = [
        {
            "no": grant["id"],
            "title": titles[grant["id"]].title,
            "group_no": grant["group"],
            "asked": Yen(grant["approved_max"] - before[grant["id"]]),
            "gets": Yen(plan["grants"].get(grant["id"], 0)),
        }
        for grant in problem["grants"]
    ]
    return {
        "run": run,
        "plan": plan,
        "awards": asked,
        "ranks": plan["rank_yen"],
        "undesignated": plan["undesignated_yen"],
        "ledger_rows": plan["ledger"][:SHOWN_LINES],
        "more_rows": max(len(plan["ledger"]) - SHOWN_LINES, 0),
        "shortage": shortage_sentence(plan.get("shortage_set")),
        "run_words": run_words(),
        "names": registry.names(connection),
        "gifts": len({str(row["donation"]).split("/")[0] for row in plan["ledger"]}),
    }


def shortage_sentence(shortage: dict[str, Any] | None) -> str | None:
    """The certificate of a shortage in one plain sentence, if money was short."""
    if not shortage or not shortage.get("grants"):
        return None
    sentence: str = _(
        "%(awards)sは、あわせて%(asked)sを求めていました。そこに使ってよいお金は全部で%(money)sで、"
        "その全額をそこに使いました。",
        awards="・".join(shortage["grants"]),
        asked=format_yen(shortage["requested_yen"]),
        money=format_yen(shortage["permitted_yen"]),
    )
    return sentence
