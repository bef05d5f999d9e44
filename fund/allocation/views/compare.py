"""Two runs side by side: for staff any two, for everybody two approved ones."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.allocation import queries
from fund.allocation.domain.comparison import compare
from fund.allocation.queries import RunView
from fund.allocation.views.blueprint import blueprint
from fund.allocation.views.comparison import FORMS, comparison_page, comparison_twin
from fund.allocation.views.presentation import award_titles
from fund.allocation.whatif import sheet_of
from fund.kernel.errors import NotFound
from fund.platform.web.access import permission, public
from fund.platform.web.context import current_house


@blueprint.get("/staff/runs/<no>/compare")
@permission("run.read")
def staff_compare(no: str) -> ResponseReturnValue:
    """Any two runs: the one named second was there before."""
    return _page(no, "allocation/staff_compare.html", approved=False)


@blueprint.get(f"/staff/runs/<no>/compare.<any({', '.join(FORMS)}):form>")
@permission("run.read")
def staff_compare_twin(no: str, form: str) -> ResponseReturnValue:
    """The same for machines."""
    return _twin(no, form, approved=False)


@blueprint.get("/runs/<no>/compare")
@public
def compare_runs(no: str) -> ResponseReturnValue:
    """Two approved runs."""
    return _page(no, "allocation/compare.html", approved=True)


@blueprint.get(f"/runs/<no>/compare.<any({', '.join(FORMS)}):form>")
@public
def compare_twin(no: str, form: str) -> ResponseReturnValue:
    """The same for machines."""
    return _twin(no, form, approved=True)


def _page(no: str, template: str, *, approved: bool) -> str:
    endpoint = "allocation.compare_twin" if approved else "allocation.staff_compare_twin"
    with current_house().database.reading() as connection:
        run = _run(connection, no, approved=approved)
        others = [
            one
            for one in queries.runs(connection, state="approved" if approved else None)
            if one.no != run.no
        ]
        chosen = request.args.get("with", "")
        if not chosen:
            return render_template(template, run=run, others=others, other=None)
        other = _run(connection, chosen, approved=approved)
        found = compare(sheet_of(other), sheet_of(run))
        return render_template(
            template,
            run=run,
            other=other,
            others=others,
            twins={form: _address(endpoint, run.no, other.no, form) for form in FORMS},
            **comparison_page(found, award_titles(connection)),
        )


def _address(endpoint: str, no: str, other: str, form: str) -> str:
    values: dict[str, Any] = {"no": no, "with": other, "form": form}
    return url_for(endpoint, **values)


def _twin(no: str, form: str, *, approved: bool) -> ResponseReturnValue:
    with current_house().database.reading() as connection:
        run = _run(connection, no, approved=approved)
        other = _run(connection, request.args.get("with", ""), approved=approved)
        titles = award_titles(connection)
    name = f"{other.no}-{run.no}"
    return comparison_twin(form, name, compare(sheet_of(other), sheet_of(run)), titles, [name])


def _run(connection: Connection, no: str, *, approved: bool) -> RunView:
    found = queries.run(connection, no)
    if found is None or (approved and found.state != "approved"):
        raise NotFound(_("その番号の配分はありません"))
    return found
