"""Refused gifts (不採納) as staff see them: propose, decide, the register."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, queries
from fund.giving.domain.taking_back import MAX_COURSE, MAX_REASON
from fund.giving.queries import RefusalView
from fund.giving.views.blueprint import blueprint
from fund.giving.views.refusal_words import grounds, refusal_words
from fund.giving.views.staff import words
from fund.identity.queries import names as people_names
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.ids import read_gift_no
from fund.payments.refunds_queries import refunds_of_gift
from fund.payments.refunds_wording import refund_states, refund_tones
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response


@blueprint.get("/staff/refusals")
@permission("gift.read")
def staff_refusals() -> ResponseReturnValue:
    """The register of refusals, the newest first."""
    with current_house().database.reading() as connection:
        found = queries.refusals(connection)
        hands = {one.proposed_by for one in found}
        hands |= {one.decided_by for one in found if one.decided_by}
        return render_template(
            "giving/staff_refusals.html",
            refusals=found,
            people=people_names(connection, hands),
            **refusal_words(),
        )


@blueprint.get("/staff/refusals.<any(csv, json, xlsx):form>")
@permission("gift.read")
def staff_refusals_twin(form: str) -> ResponseReturnValue:
    """The register for a file; it names no donor."""
    with current_house().database.reading() as connection:
        found = queries.refusals(connection)
    columns = _columns()
    if form == "json":
        rows = [{column.name: column.value(one) for column in columns} for one in found]
        return json_response({"rows": rows})
    if form == "xlsx":
        return xlsx_response("refusals", columns, found, [_("不採納の台帳")])
    return csv_response("refusals", columns, found)


def _columns() -> list[Column[RefusalView]]:
    said = grounds()
    return [
        Column("no", _("番号"), lambda one: one.no),
        Column("gift", _("寄附"), lambda one: one.gift_no),
        Column("yen", _("金額（円）"), lambda one: int(one.yen)),
        Column("received_on", _("受領日"), lambda one: str(one.received_on)),
        Column("state", _("状態"), lambda one: one.state),
        Column("ground", _("理由の区分"), lambda one: one.ground),
        Column("ground_words", _("理由の区分（ことば）"), lambda one: said[one.ground]),
        Column("reason", _("理由"), lambda one: one.reason),
        Column("course", _("経過"), lambda one: one.course),
        Column("proposed_at", _("起案"), lambda one: one.proposed_at.isoformat()),
        Column(
            "decided_at", _("決定"), lambda o: o.decided_at.isoformat() if o.decided_at else None
        ),
        Column("decision_note", _("決定の記録"), lambda one: one.decision_note),
        Column("gift_state", _("寄附の状態"), lambda one: one.gift_state),
    ]


@blueprint.get("/staff/gifts/<no>/refusal")
@permission("acceptance.propose")
def staff_refuse(no: str) -> ResponseReturnValue:
    """The form that proposes not to accept a gift."""
    return _form(no, {}, {}, "")


@blueprint.post("/staff/gifts/<no>/refusal")
@permission("acceptance.propose")
def staff_refuse_propose(no: str) -> ResponseReturnValue:
    """Propose it."""
    try:
        number = commands.propose_refusal(
            current_house(),
            by=current_actor(),
            now=now(),
            gift_no=read_gift_no(no) or "",
            ground=request.form.get("ground", ""),
            reason=request.form.get("reason", ""),
            course=request.form.get("course", ""),
        )
    except Invalid as refusal:
        return _form(no, request.form, refusal.fields, ""), 400
    except Conflict as refusal:
        return _form(no, request.form, {}, str(refusal)), 409
    flash(_("不採納 %(no)s を起案しました。別の人が決定します。", no=number), "success")
    return redirect(url_for("giving.staff_refusal", no=number), 303)


def _form(no: str, typed: Mapping[str, str], errors: Mapping[str, str], refusal: str) -> str:
    with current_house().database.reading() as connection:
        gift = queries.gift(connection, read_gift_no(no) or "")
    if gift is None:
        raise NotFound(_("寄附が見つかりません"))
    return render_template(
        "giving/staff_refusal_new.html",
        gift=gift,
        typed=typed,
        errors=errors,
        refusal=refusal,
        longest=MAX_REASON,
        longest_course=MAX_COURSE,
        back=url_for("giving.staff_gift", no=gift.no),
        **refusal_words(),
    )


@blueprint.get("/staff/refusals/<no>")
@permission("gift.read")
def staff_refusal(no: str) -> ResponseReturnValue:
    """One refusal: decide it, if I may."""
    return _page(no, {}, {}, "")


@blueprint.post("/staff/refusals/<no>/decision")
@permission("acceptance.decide")
def staff_refusal_decide(no: str) -> ResponseReturnValue:
    """Decline the gift, or send the proposal back."""
    decline = request.form.get("decision") == "decline"
    try:
        commands.decide_refusal(
            current_house(),
            by=current_actor(),
            now=now(),
            refusal_no=no,
            decline=decline,
            note=request.form.get("note", ""),
        )
    except Invalid as refusal:
        return _page(no, request.form, refusal.fields, ""), 400
    except Conflict as refusal:
        return _page(no, request.form, {}, str(refusal)), 409
    done = _("不採納を決定しました。お金は返金の手続きに入りました。")
    flash(done if decline else _("起案を差し戻しました。"), "success")
    return redirect(url_for("giving.staff_refusal", no=no), 303)


def _page(no: str, typed: Mapping[str, str], errors: Mapping[str, str], refusal: str) -> str:
    with current_house().database.reading() as connection:
        found = queries.refusal_by_no(connection, no)
        if found is None:
            raise NotFound(_("不採納の起案が見つかりません"))
        hands = {found.proposed_by, *([found.decided_by] if found.decided_by else [])}
        return render_template(
            "giving/staff_refusal.html",
            item=found,
            refunds=refunds_of_gift(connection, found.gift_no),
            refund_states=refund_states(),
            refund_tones=refund_tones(),
            people=people_names(connection, hands),
            mine=found.proposed_by == current_actor().person_id,
            typed=typed,
            errors=errors,
            refusal=refusal,
            back=url_for("giving.staff_refusals"),
            **words(),
            **refusal_words(),
        )
