"""What everybody reads of a run: the page, its two files, its lines and the checker."""

from __future__ import annotations

from pathlib import Path

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection

from fund.allocation import checker as checker_module
from fund.allocation import queries
from fund.allocation.queries import RunView
from fund.allocation.views.blueprint import blueprint
from fund.allocation.views.presentation import run_page
from fund.allocation.views.staff import FORMS, LAST_ROW, planned_lines
from fund.kernel.errors import NotFound
from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.platform.web.query import Query


@blueprint.get("/runs/<no>")
@public
def run(no: str) -> ResponseReturnValue:
    """An approved run as everybody sees it."""
    query = Query(request.args)
    after = query.integer("after", 0, LAST_ROW) or 0
    query.check()
    with current_house().database.reading() as connection:
        found = _approved(connection, no)
        return render_template("allocation/run.html", **run_page(connection, found, after))


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


@blueprint.get(f"/runs/<no>/lines.<any({', '.join(FORMS)}):form>")
@public
def lines(no: str, form: str) -> ResponseReturnValue:
    """The posted lines of an approved run."""
    with current_house().database.reading() as connection:
        found = _approved(connection, no)
    return planned_lines(found, form)


@blueprint.get("/runs/checker.py")
@public
def checker() -> ResponseReturnValue:
    """The independent checker: one file, standard library only."""
    body = Path(checker_module.__file__).read_bytes()
    return _file(body, "text/x-python; charset=utf-8", "checker.py")


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


def _file(body: bytes, kind: str, name: str) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
