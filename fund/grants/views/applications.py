"""Applications: the list, the form to register one, and the page where one is acted upon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.grants import commands, queries
from fund.grants.forms import FIRST_YEAR, LAST_YEAR, TIERS, read_claim, read_opinion, read_verdict
from fund.grants.queries import ApplicationView
from fund.grants.views.blueprint import blueprint
from fund.grants.views.wording import Words, application_states, common, words
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.japanese import narrow
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, locale, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, xlsx_response
from fund.registry import queries as registry

Typed = Mapping[str, str]


@blueprint.get("/staff/applications")
@permission("application.read")
def staff_applications() -> ResponseReturnValue:
    """Applications by state and fiscal year."""
    state, year = _filter()
    with current_house().database.reading() as connection:
        return render_template(
            "grants/staff_applications.html",
            applications=queries.applications(connection, state=state, fy=year),
            counts=queries.application_counts(connection),
            state=state,
            year=year,
            years=_years(now().date()),
            words=words(connection),
            **common(),
        )


def _filter() -> tuple[str | None, int | None]:
    query = Query(request.args)
    state = query.choice("state", application_states())
    year = query.integer("fy", FIRST_YEAR, LAST_YEAR)
    query.check()
    return state, year


@blueprint.get("/staff/applications.xlsx")
@permission("application.read")
def staff_applications_xlsx() -> Response:
    """The same list as a workbook."""
    state, year = _filter()
    with current_house().database.reading() as connection:
        found, names = queries.applications(connection, state=state, fy=year), words(connection)
        return xlsx_response("applications", _columns(names), found, [_("申請の一覧")])


def _columns(names: Words) -> list[Column[ApplicationView]]:
    states = application_states()
    return [
        Column("no", _("番号"), lambda item: item.no),
        Column("fy", _("年度"), lambda item: item.fy),
        Column("group_no", _("団体の番号"), lambda item: item.group_no),
        Column("group", _("団体"), lambda item: names.group(item.group_no)),
        Column("programme", _("助成の種類"), lambda item: names.programme(item.programme_code)),
        Column("title", _("事業名"), lambda item: item.title),
        Column("requested_yen", _("申請額（円）"), lambda item: int(item.requested_yen)),
        Column("score", _("点数"), lambda i: i.recommendation.score if i.recommendation else None),
        Column(
            "recommended_yen",
            _("推薦額（円）"),
            lambda item: int(item.recommendation.yen) if item.recommendation else None,
        ),
        Column("state", _("状態"), lambda item: states[item.state]),
        Column("award", _("助成の番号"), lambda item: item.award_no),
    ]


@blueprint.get("/staff/applications/new")
@permission("application.register")
def staff_application_new() -> ResponseReturnValue:
    """The form to register an application."""
    return _new_page({"fy": str(fiscal_year(day_in_japan(now())))}, [], {})


@blueprint.post("/staff/applications/new")
@permission("application.register")
def staff_application_register() -> ResponseReturnValue:
    """Register an application."""
    try:
        with current_house().database.reading() as connection:
            group_no = _find_group(connection, request.form.get("group_no", ""))
        number = commands.register_application(
            current_house(),
            by=current_actor(),
            now=now(),
            claim=read_claim(request.form, group_no),
        )
    except Invalid as error:
        page = _new_page(request.form, request.form.getlist("fields"), error.fields)
        return page, 400
    flash(_("申請 %(no)s を登録しました。次は、協議会の推薦です。", no=number), "success")
    return redirect(url_for("grants.staff_application", no=number), 303)


def _find_group(connection: Connection, typed: str) -> str | None:
    """A group by its number, or by a name that means exactly one registered group.

    Raises:
        Invalid: when the name means several.
    """
    text = typed.strip()
    if not text:
        return None
    if narrow(text).isdigit():
        return narrow(text).zfill(4)
    found = registry.search_groups(connection, q=text, state="registered", limit=6)
    if len(found) > 1 and not (found := [group for group in found if group.name == text]):
        message = _("同じことばの団体がいくつもあります。番号（4けた）を入力してください")
        raise Invalid(message, {"group_no": message})
    return found[0].no if found else None


def _new_page(typed: Typed, fields: list[str], errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        programmes = registry.programmes(connection)
        english = locale() == "en"
        named = [(item, item.name_en if english else item.name_ja) for item in programmes]
        return render_template(
            "grants/staff_application_new.html",
            typed=typed,
            chosen=fields,
            errors=errors,
            years=_years(day_in_japan(now())),
            programmes=[(p.code, name) for p, name in named if p.kind == "programme"],
            themes=[(p.code, name) for p, name in named if p.kind == "theme"],
            fields=[
                (item.code, item.name_en if english else item.name_ja)
                for item in registry.fields(connection)
            ],
            back=url_for("grants.staff_applications"),
        )


def _years(today: dt.date) -> list[int]:
    """The years a project may belong to: the next one, this one and the two before."""
    this = fiscal_year(today)
    return [this + 1, this, this - 1, this - 2]


@blueprint.get("/staff/applications/<no>")
@permission("application.read")
def staff_application(no: str) -> ResponseReturnValue:
    """One application: what I may do now, what it says, who did what."""
    return _page(no, {}, {})


@blueprint.post("/staff/applications/<no>/recommendation")
@permission("award.recommend")
def staff_recommend(no: str) -> ResponseReturnValue:
    """Write the council's recommendation."""
    try:
        commands.recommend(
            current_house(),
            by=current_actor(),
            now=now(),
            application_no=no,
            opinion=read_opinion(request.form),
        )
    except Invalid as error:
        return _page(no, request.form, error.fields), 400
    flash(_("推薦を記録しました。次は、決定する人の番です。"), "success")
    return redirect(url_for("grants.staff_application", no=no), 303)


@blueprint.post("/staff/applications/<no>/decision")
@permission("award.decide")
def staff_decide(no: str) -> ResponseReturnValue:
    """Write the decision."""
    try:
        number = commands.decide(
            current_house(),
            by=current_actor(),
            now=now(),
            application_no=no,
            verdict=read_verdict(request.form),
        )
    except Invalid as error:
        return _page(no, request.form, error.fields), 400
    if number is None:
        flash(_("不採択を記録しました。理由とともに残ります。"), "success")
        return redirect(url_for("grants.staff_application", no=no), 303)
    flash(_("助成 %(no)s を決定しました。次の配分からお金が決まります。", no=number), "success")
    return redirect(url_for("grants.staff_award", no=number), 303)


def _page(number: str, typed: Typed, errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        found = queries.application(connection, number)
        if found is None:
            raise NotFound(_("申請が見つかりません"))
        return render_template(
            "grants/staff_application.html",
            application=found,
            turn=_turn(found, current_actor().person_id),
            typed=typed or _suggested(found),
            tiers=TIERS,
            errors=errors,
            words=words(connection),
            back=url_for("grants.staff_applications"),
            **common(),
        )


def _turn(application: ApplicationView, me: int | None) -> str:
    """What comes next, and whether my own earlier act keeps me from it."""
    said = application.recommendation
    if application.state in {"decided", "refused"}:
        return "done"
    if said is None:
        return "registered-by-me" if application.registered_by == me else "recommend"
    if me in {application.registered_by, said.by}:
        return "recommended-by-me" if said.by == me else "registered-by-me"
    return "decide"


def _suggested(application: ApplicationView) -> dict[str, str]:
    """What a form starts with: the amount that stands; the answer itself is never preset."""
    said = application.recommendation
    if said is None:
        return {}
    return {"yen": str(int(said.yen)) if said.recommended else "", "min_yen": "0", "tier": "1"}
