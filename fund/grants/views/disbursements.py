"""Disbursements: what waits for payment, one request to pay or send back, and the history."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.grants import commands, queries
from fund.grants.queries import DisbursementView
from fund.grants.views.blueprint import blueprint
from fund.grants.views.wording import Words, common, disbursement_states, words
from fund.kernel.errors import Invalid
from fund.kernel.money import total
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column, xlsx_response

HISTORY = 50
CLOSED = ("paid", "sent_back")


@blueprint.get("/staff/disbursements")
@permission("disbursement.read")
def staff_disbursements() -> ResponseReturnValue:
    """Requests that wait for payment, and the latest that were closed."""
    with current_house().database.reading() as connection:
        waiting = queries.disbursements(connection, states=("requested",))
        return render_template(
            "grants/staff_disbursements.html",
            waiting=waiting,
            waiting_yen=total(item.yen for item in waiting),
            history=queries.disbursements(connection, states=CLOSED, limit=HISTORY),
            me=current_actor().person_id,
            words=words(connection),
            **common(),
        )


@blueprint.get("/staff/disbursements.xlsx")
@permission("disbursement.read")
def staff_disbursements_xlsx() -> Response:
    """All disbursements as a workbook."""
    with current_house().database.reading() as connection:
        found, names = queries.disbursements(connection), words(connection)
        return xlsx_response("disbursements", _columns(names), found, [_("交付の一覧")])


def _columns(names: Words) -> list[Column[DisbursementView]]:
    states = disbursement_states()
    return [
        Column("no", _("番号"), lambda item: item.no),
        Column("award", _("助成の番号"), lambda item: item.award_no),
        Column("group", _("団体"), lambda item: names.group(item.group_no)),
        Column("title", _("事業名"), lambda item: item.title),
        Column("yen", _("金額（円）"), lambda item: int(item.yen)),
        Column("state", _("状態"), lambda item: states[item.state]),
        Column("requested_by", _("請求した人"), lambda item: names.person(item.requested_by)),
        Column("paid_on", _("支払日"), lambda i: i.paid_on.isoformat() if i.paid_on else None),
        Column("paid_by", _("支払った人"), lambda item: names.person(item.paid_by)),
    ]


@blueprint.get("/staff/disbursements/<no>")
@permission("disbursement.read")
def staff_disbursement(no: str) -> ResponseReturnValue:
    """One request: pay it or send it back, if I may."""
    return _page(no, {}, {})


def _page(number: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        found = queries.disbursement(connection, number)
        return render_template(
            "grants/staff_disbursement.html",
            disbursement=found,
            award=queries.award(connection, found.award_no),
            mine=found.requested_by == current_actor().person_id,
            typed=typed,
            errors=errors,
            words=words(connection),
            back=url_for("grants.staff_disbursements"),
            **common(),
        )


@blueprint.post("/staff/disbursements/<no>/payment")
@permission("disbursement.pay")
def staff_pay(no: str) -> ResponseReturnValue:
    """Book that the bank paid it."""
    commands.pay_disbursement(current_house(), by=current_actor(), now=now(), disbursement_no=no)
    flash(_("交付 %(no)s の支払いを記帳しました。", no=no), "success")
    return redirect(url_for("grants.staff_disbursements"), 303)


@blueprint.post("/staff/disbursements/<no>/sending-back")
@permission("disbursement.pay")
def staff_send_back(no: str) -> ResponseReturnValue:
    """Give it back to the officer with a reason."""
    try:
        commands.send_back_disbursement(
            current_house(),
            by=current_actor(),
            now=now(),
            disbursement_no=no,
            reason=request.form.get("reason", ""),
        )
    except Invalid as error:
        return _page(no, request.form, error.fields), 400
    flash(_("交付 %(no)s を差し戻しました。", no=no), "success")
    return redirect(url_for("grants.staff_disbursements"), 303)
