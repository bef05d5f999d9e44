"""Closing a year: what is unfinished, the proposal, and the page where another person decides."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from fund.identity.queries import people
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Invalid, NotFound
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.publication.closing import commands, queries, store
from fund.publication.closing.domain import last_day, summed
from fund.publication.closing.views.blueprint import blueprint
from fund.publication.closing.wording import states, told
from fund.publication.phrases import gettext as _


@blueprint.get("/staff/years")
@permission("year.read")
def staff_years() -> ResponseReturnValue:
    """Every fiscal year with its state, the newest first."""
    with current_house().database.reading() as connection:
        known = queries.years_known(connection, day_in_japan(now()))
    return render_template(
        "closing/staff_years.html",
        years=known,
        states=states(),
        last_day=last_day,
        today=day_in_japan(now()),
    )


@blueprint.get("/staff/years/<int:fy>")
@permission("year.read")
def staff_year(fy: int) -> ResponseReturnValue:
    """One year: what is unfinished, its totals, and what may be done now."""
    return _page(fy, {}, {})


def _page(fy: int, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        today = day_in_japan(now())
        year = next((one for one in queries.years_known(connection, today) if one.fy == fy), None)
        if year is None:
            raise NotFound(_("この年度の帳簿はありません"))
        rows = queries.trial_balance(connection, fy, today)
        return render_template(
            "closing/staff_year.html",
            year=year,
            findings=[told(one) for one in queries.findings(connection, fy, now())]
            if year.closed is None
            else [],
            where=summed(one for one in rows if not one.held),
            whose=summed(one for one in rows if one.held),
            history=[
                (one, [told(finding) for finding in one.findings])
                for one in store.closings(connection, fy)
            ],
            people={one.id: one.name for one in people(connection)},
            mine=year.standing is not None
            and year.standing.proposed_by == current_actor().person_id,
            last=last_day(fy),
            states=states(),
            typed=typed,
            errors=errors,
            back=url_for("closing.staff_years"),
        )


@blueprint.post("/staff/years/<int:fy>/proposal")
@permission("year.propose")
def staff_year_propose(fy: int) -> ResponseReturnValue:
    """Propose to close it; another person decides."""
    try:
        commands.propose_closing(
            current_house(),
            by=current_actor(),
            now=now(),
            fy=fy,
            note=request.form.get("note", ""),
        )
    except Invalid as error:
        return _page(fy, request.form, error.fields), 400
    flash(_("%(year)s年度の締めを起案しました。決定は、別の人が行います。", year=fy), "success")
    return redirect(url_for("closing.staff_year", fy=fy), 303)


@blueprint.post("/staff/years/<int:fy>/decision")
@permission("year.close")
def staff_year_decide(fy: int) -> ResponseReturnValue:
    """Close it for good."""
    try:
        commands.decide_closing(
            current_house(),
            by=current_actor(),
            now=now(),
            fy=fy,
            decision_no=request.form.get("decision_no", ""),
        )
    except Invalid as error:
        return _page(fy, request.form, error.fields), 400
    flash(_("%(year)s年度の帳簿を締めました。公開の台帳に載りました。", year=fy), "success")
    return redirect(url_for("closing.staff_year", fy=fy), 303)


@blueprint.post("/staff/years/<int:fy>/sending-back")
@permission("year.close")
def staff_year_send_back(fy: int) -> ResponseReturnValue:
    """Leave it open and say why."""
    try:
        commands.send_back_closing(
            current_house(),
            by=current_actor(),
            now=now(),
            fy=fy,
            answer=request.form.get("answer", ""),
        )
    except Invalid as error:
        return _page(fy, request.form, error.fields), 400
    flash(_("%(year)s年度の締めを差し戻しました。", year=fy), "success")
    return redirect(url_for("closing.staff_year", fy=fy), 303)
