"""The staff's pages of money that goes back: refunds and disputes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.identity import queries as identity
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.payments import disputes, queries, refunds
from fund.payments import refunds_queries as back
from fund.payments import refunds_wording as wording
from fund.payments.refunds_domain import (
    ASKABLE,
    MAX_DECISION_NO,
    MAX_TEXT,
    Request,
    asks_for_account,
    by_provider,
    is_refund_no,
)
from fund.payments.refunds_queries import DisputeView, RefundView
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response

blueprint = Blueprint("taking_back", __name__)
PAGE = 50
LAST_ROW = 2**53
FORMS = "<any(csv, json, xlsx):form>"


@blueprint.get("/staff/refunds")
@permission("refund.read")
def refund_list() -> ResponseReturnValue:
    """Refunds, newest first; what waits for somebody stands above."""
    query = Query(request.args)
    state = query.choice("state", wording.refund_states().keys())
    after = query.integer("after", 1, LAST_ROW)
    query.check()
    with current_house().database.reading() as connection:
        shown = back.refunds(connection, state=state, after=after, limit=PAGE + 1)
        return render_template(
            "payments/staff_refunds.html",
            refunds=shown[:PAGE],
            following=shown[PAGE - 1].id if len(shown) > PAGE else None,
            counts=back.refund_counts(connection),
            looks=back.refunds_to_look_at(connection),
            state=state,
            **_words(),
        )


@blueprint.get(f"/staff/refunds.{FORMS}")
@permission("refund.read")
def refund_twin(form: str) -> ResponseReturnValue:
    """The same list for machines."""
    query = Query(request.args)
    state = query.choice("state", wording.refund_states().keys())
    query.check()
    with current_house().database.reading() as connection:
        found = back.refunds(connection, state=state)
    return _twin("refunds", form, _refund_columns(), found)


@blueprint.get("/staff/payments/<no>/refund")
@permission("refund.propose")
def refund_form(no: str) -> ResponseReturnValue:
    """The form that proposes a refund of a payment."""
    return _form(no, {}, {}, "")


@blueprint.post("/staff/payments/<no>/refund")
@permission("refund.propose")
def refund_propose(no: str) -> ResponseReturnValue:
    """Propose it."""
    query = Query(request.form)
    yen, seen = query.yen("yen"), query.integer("seen", 0, LAST_ROW)
    typed = Request(
        payment_no=no,
        yen=Yen(yen or 0),
        reason=request.form.get("reason", ""),
        decision_no=request.form.get("decision_no", ""),
        note=request.form.get("note", ""),
        # A form without it has seen nothing: it is shown again, with what is left now.
        seen=Yen(-1 if seen is None else seen),
    )
    try:
        query.check()
        number = refunds.propose_refund(
            current_house(), by=current_actor(), now=now(), request=typed
        )
    except Invalid as refusal:
        return _form(no, request.form, refusal.fields, ""), 400
    except Conflict as refusal:
        return _form(no, request.form, {}, str(refusal)), 409
    done = _("返金 %(no)s を起案しました。別の人が承認すると、お金が動きます。", no=number)
    flash(done, "success")
    return redirect(url_for("taking_back.refund_page", no=number), 303)


def _form(no: str, typed: Mapping[str, str], errors: Mapping[str, str], refusal: str) -> str:
    with current_house().database.reading() as connection:
        paid = queries.payment_by_no(connection, no)
        if paid is None or paid.state != "succeeded":
            raise NotFound(_("返せるお支払いが見つかりません"))
        return render_template(
            "payments/staff_refund_new.html",
            payment=paid,
            refundable=back.refundable(connection, no),
            asks_for_account=asks_for_account(paid.method),
            by_provider=by_provider(paid.method),
            askable=[(code, wording.refund_reasons()[code]) for code in ASKABLE],
            typed=typed,
            errors=errors,
            refusal=refusal,
            longest=MAX_TEXT,
            longest_no=MAX_DECISION_NO,
            back=url_for("giving.staff_gift", no=paid.gift_no),
            **_words(),
        )


@blueprint.get("/staff/refunds/<no>")
@permission("refund.read")
def refund_page(no: str) -> ResponseReturnValue:
    """One refund: who asked, who approved, where its money is."""
    return _refund(no, {}, {}, "")


@blueprint.post("/staff/refunds/<no>/approval")
@permission("refund.approve")
def refund_approve(no: str) -> ResponseReturnValue:
    """Approve it."""
    try:
        refunds.approve_refund(current_house(), by=current_actor(), now=now(), refund_no=no)
    except Conflict as refusal:
        return _refund(no, {}, {}, str(refusal)), 409
    flash(_("返金 %(no)s を承認しました。", no=no), "success")
    return redirect(url_for("taking_back.refund_page", no=no), 303)


@blueprint.post("/staff/refunds/<no>/rejection")
@permission("refund.approve")
def refund_reject(no: str) -> ResponseReturnValue:
    """Do not approve it, and say why."""
    reason = request.form.get("reason", "")
    try:
        refunds.reject_refund(
            current_house(), by=current_actor(), now=now(), refund_no=no, reason=reason
        )
    except Invalid as refusal:
        return _refund(no, request.form, refusal.fields, ""), 400
    except Conflict as refusal:
        return _refund(no, {}, {}, str(refusal)), 409
    flash(_("返金 %(no)s を承認しませんでした。", no=no), "success")
    return redirect(url_for("taking_back.refund_list"), 303)


@blueprint.post("/staff/refunds/<no>/payment")
@permission("disbursement.pay")
def refund_paid(no: str) -> ResponseReturnValue:
    """The treasurer paid offline money back."""
    query = Query(request.form)
    on = query.day("on")
    if on is None and "on" not in query.errors:
        query.errors["on"] = "返した日を入力してください"
    if on is None:
        return _refund(no, request.form, query.errors, ""), 400
    try:
        refunds.mark_paid(
            current_house(),
            by=current_actor(),
            now=now(),
            refund_no=no,
            source=request.form.get("source", ""),
            on=on,
        )
    except Invalid as refusal:
        return _refund(no, request.form, refusal.fields, ""), 400
    except (Conflict, Forbidden) as refusal:
        return _refund(no, request.form, {}, str(refusal)), 409
    flash(_("返金 %(no)s の支払いを記帳しました。", no=no), "success")
    return redirect(url_for("taking_back.refund_page", no=no), 303)


@blueprint.post("/staff/refunds/<no>/look")
@permission("refund.propose")
def refund_look(no: str) -> ResponseReturnValue:
    """An officer has seen what happened elsewhere."""
    refunds.look_at(current_house(), by=current_actor(), now=now(), refund_no=no)
    flash(_("確認したことを記録しました。"), "success")
    return redirect(url_for("taking_back.refund_page", no=no), 303)


def _refund(no: str, typed: Mapping[str, str], errors: Mapping[str, str], refusal: str) -> str:
    with current_house().database.reading() as connection:
        found = back.refund_by_no(connection, no) if is_refund_no(no) else None
        if found is None:
            raise NotFound(_("返金が見つかりません"))
        hands = (found.proposed_by, found.approved_by, found.rejected_by)
        return render_template(
            "payments/staff_refund.html",
            refund=found,
            people=_people(connection, [*hands, found.paid_by, found.looked_by]),
            mine=found.proposed_by == current_actor().person_id,
            by_provider=by_provider(found.method),
            asks_for_account=asks_for_account(found.method),
            typed=typed,
            errors=errors,
            refusal=refusal,
            back=url_for("taking_back.refund_list"),
            **_words(),
        )


@blueprint.get("/staff/disputes")
@permission("refund.read")
def dispute_list() -> ResponseReturnValue:
    """Open disputes by their last day for evidence, and those that were decided."""
    with current_house().database.reading() as connection:
        return render_template(
            "payments/staff_disputes.html",
            waiting=back.disputes(connection, waiting=True),
            closed=back.disputes(connection, waiting=False),
            **_words(),
        )


@blueprint.get(f"/staff/disputes.{FORMS}")
@permission("refund.read")
def dispute_twin(form: str) -> ResponseReturnValue:
    """The same list for machines."""
    with current_house().database.reading() as connection:
        found = back.disputes(connection)
    return _twin("disputes", form, _dispute_columns(), found)


@blueprint.get("/staff/disputes/<identifier>")
@permission("refund.read")
def dispute_page(identifier: str) -> ResponseReturnValue:
    """One dispute: what the card company says, and what is worth submitting by when."""
    return _dispute(identifier, {}, {})


@blueprint.post("/staff/disputes/<identifier>/note")
@permission("refund.propose")
def dispute_note(identifier: str) -> ResponseReturnValue:
    """Write down what was submitted."""
    note = request.form.get("note", "")
    try:
        disputes.note_evidence(
            current_house(), by=current_actor(), now=now(), dispute_id=identifier, note=note
        )
    except Invalid as refusal:
        return _dispute(identifier, request.form, refusal.fields), 400
    flash(_("提出したことを記録しました。"), "success")
    return redirect(url_for("taking_back.dispute_page", identifier=identifier), 303)


def _dispute(identifier: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        found = back.dispute_by_id(connection, identifier)
        if found is None:
            raise NotFound(_("異議が見つかりません"))
        return render_template(
            "payments/staff_dispute.html",
            dispute=found,
            payment=queries.payment_by_no(connection, found.payment_no),
            people=_people(connection, [found.noted_by]),
            hint=wording.evidence_hints().get(found.reason, wording.evidence_hints()["general"]),
            typed=typed,
            errors=errors,
            longest=MAX_TEXT,
            back=url_for("taking_back.dispute_list"),
            **_words(),
        )


def _words() -> dict[str, Any]:
    return {
        "refund_states": wording.refund_states(),
        "refund_tones": wording.refund_tones(),
        "refund_reasons": wording.refund_reasons(),
        "sources": wording.sources(),
        "dispute_states": wording.dispute_states(),
        "dispute_tones": wording.dispute_tones(),
        "dispute_reasons": wording.dispute_reasons(),
    }


def _people(connection: Connection, ids: Sequence[int | None]) -> dict[int, str]:
    return identity.names(connection, [one for one in ids if one is not None])


def _twin(
    name: str, form: str, columns: list[Column[Any]], rows: Sequence[Any]
) -> ResponseReturnValue:
    if form == "json":
        table = [{column.name: column.value(row) for column in columns} for row in rows]
        return json_response({"rows": table})
    if form == "xlsx":
        return xlsx_response(name, columns, rows, [name])
    return csv_response(name, columns, rows)


def _refund_columns() -> list[Column[RefundView]]:
    def day(value: Any) -> str | None:
        return value.isoformat() if value else None

    return [
        Column("no", _("番号"), lambda one: one.no),
        Column("gift", _("寄附"), lambda one: one.gift_no),
        Column("payment", _("支払い"), lambda one: one.payment_no),
        Column("yen", _("金額（円）"), lambda one: int(one.yen)),
        Column("state", _("状態"), lambda one: one.state),
        Column("origin", _("起こり"), lambda one: one.origin),
        Column("reason", _("理由"), lambda one: one.reason),
        Column("decision_no", _("決裁の番号"), lambda one: one.decision_no),
        Column("created_at", _("起案"), lambda one: one.created_at.isoformat()),
        Column("left_on", _("返した日"), lambda one: day(one.left_on)),
        Column("came_back_on", _("もどった日"), lambda one: day(one.came_back_on)),
    ]


def _dispute_columns() -> list[Column[DisputeView]]:
    def day(value: Any) -> str | None:
        return value.isoformat() if value else None

    return [
        Column("id", _("番号"), lambda one: one.id),
        Column("gift", _("寄附"), lambda one: one.gift_no),
        Column("payment", _("支払い"), lambda one: one.payment_no),
        Column("yen", _("金額（円）"), lambda one: int(one.yen)),
        Column("status", _("状態"), lambda one: one.status),
        Column("reason", _("理由"), lambda one: one.reason),
        Column("opened_at", _("申し立て"), lambda one: one.opened_at.isoformat()),
        Column("evidence_due_on", _("証拠の期限"), lambda one: day(one.evidence_due_on)),
        Column("withdrawn_on", _("お金が引かれた日"), lambda one: day(one.withdrawn_on)),
        Column("outcome", _("結果"), lambda one: one.outcome),
        Column("ended_on", _("決まった日"), lambda one: day(one.ended_on)),
    ]
