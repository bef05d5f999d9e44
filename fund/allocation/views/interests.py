"""Declaring which groups one is connected with, so that nobody decides about their own."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.allocation.views.blueprint import blueprint
from fund.identity import queries as identity
from fund.kernel.errors import Conflict, Invalid
from fund.kernel.japanese import narrow
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response
from fund.registry import interests
from fund.registry.interests import Interest


@blueprint.get("/staff/interests")
@permission("interest.declare")
def own_interests() -> ResponseReturnValue:
    """One's own declarations, and the form for a new one."""
    return _page({}, "")


@blueprint.post("/staff/interests")
@permission("interest.declare")
def declare_interest() -> ResponseReturnValue:
    """Declare a connection with a group."""
    try:
        interests.declare(
            current_house(),
            by=current_actor(),
            now=now(),
            group_no=narrow(request.form.get("group_no", "")).strip(),
            relation=request.form.get("relation", ""),
            note=request.form.get("note", ""),
        )
    except Invalid as refusal:
        return _page(dict(refusal.fields), ""), 400
    except Conflict as refusal:
        return _page({}, str(refusal)), 409
    flash(_("申告を受けつけました。この団体の配分は、ほかの人が承認します。"), "success")
    return redirect(url_for("allocation.own_interests"), 303)


@blueprint.post("/staff/interests/<int:number>/end")
@permission("interest.declare")
def end_interest(number: int) -> ResponseReturnValue:
    """Say that one's connection has ended."""
    interests.end(current_house(), by=current_actor(), now=now(), interest_id=number)
    flash(_("関係が終わったことを記録しました。"), "success")
    return redirect(url_for("allocation.own_interests"), 303)


@blueprint.get("/staff/interests/all.<any(csv, json, xlsx):form>")
@permission("interest.read")
def all_interests(form: str) -> ResponseReturnValue:
    """Everybody's declarations, for the audit."""
    with current_house().database.reading() as connection:
        found = interests.everybodys(connection)
        people = identity.names(connection, {one.person_id for one in found})
    columns = [
        Column[Interest]("person", _("職員"), lambda one: people.get(one.person_id, "")),
        Column[Interest]("group", _("団体の番号"), lambda one: one.group_no),
        Column[Interest]("name", _("団体の名前"), lambda one: one.group_name),
        Column[Interest]("relation", _("関係"), lambda one: relation_words()[one.relation]),
        Column[Interest]("declared", _("申告した日時"), lambda one: one.declared_at.isoformat()),
        Column[Interest](
            "ended",
            _("終わった日時"),
            lambda one: one.ended_at.isoformat() if one.ended_at else None,
        ),
    ]
    if form == "json":
        return json_response(
            [{column.name: column.value(one) for column in columns} for one in found]
        )
    if form == "xlsx":
        return xlsx_response("interests", columns, found, [_("利害関係の申告")])
    return csv_response("interests", columns, found)


def relation_words() -> dict[str, str]:
    """What the kinds of connection are called."""
    return {
        "officer": _("役員・代表をしている"),
        "member": _("会員・構成員である"),
        "employee": _("働いている"),
        "business": _("取引がある"),
        "family": _("家族がかかわっている"),
        "other": _("そのほか"),
    }


def _page(errors: dict[str, str], refusal: str) -> str:
    me = current_actor().person_id
    with current_house().database.reading() as connection:
        return render_template(
            "allocation/interests.html",
            found=interests.of_person(connection, me or 0),
            relations=relation_words(),
            errors=errors,
            refusal=refusal,
            typed=request.form,
            group_no=request.form.get("group_no", request.args.get("group", "")),
        )
