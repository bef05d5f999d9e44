"""Changes of awards: the form to propose one, and the page where another person decides it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.grants import changes_store, commands, queries
from fund.grants.domain import CLOSED, Change
from fund.grants.forms import read_yen
from fund.grants.views.blueprint import blueprint
from fund.grants.views.wording import change_kinds, change_states, common, words
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.money import Yen
from fund.ledger.reasons import Shrunk, reason_words
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor as actor
from fund.platform.web.context import current_house, locale, now


@blueprint.get("/staff/awards/<no>/change")
@permission("award.change")
def staff_change_new(no: str) -> ResponseReturnValue:
    """The form that proposes to make an award smaller or to end it."""
    return _form(no, {}, {})


def _form(number: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        award = queries.award(connection, number)
        if award is None or award.historical or award.state in CLOSED:
            raise NotFound(_("変更できる助成が見つかりません"))
        return render_template(
            "grants/staff_change_new.html",
            award=award,
            bound=award.disbursed + award.asked,
            typed=typed,
            errors=errors,
            kinds=change_kinds(),
            reasons=[(code.value, reason_words(code, locale())) for code in Shrunk],
            words=words(connection),
            back=url_for("grants.staff_award", no=number),
            **common(),
        )


@blueprint.post("/staff/awards/<no>/change")
@permission("award.change")
def staff_change_propose(no: str) -> ResponseReturnValue:
    """Propose it; another person decides."""
    try:
        kind = request.form.get("kind", "")
        yen = Yen(0) if kind == "cancelled" else read_yen(request.form, "yen")[0]
        change = Change(
            kind, yen, request.form.get("reason", ""), request.form.get("explanation", "")
        )
        number = commands.propose_change(
            current_house(), by=actor(), now=now(), award_no=no, change=change
        )
    except Invalid as error:
        return _form(no, request.form, error.fields), 400
    flash(_("変更の案 %(no)s を出しました。決定は、別の人が行います。", no=number), "success")
    return redirect(url_for("grants.staff_change", no=number), 303)


@blueprint.get("/staff/award-changes")
@permission("application.read")
def staff_changes() -> ResponseReturnValue:
    """Changes that wait for their decision."""
    with current_house().database.reading() as connection:
        return render_template(
            "grants/staff_changes.html",
            changes=changes_store.changes_waiting(connection),
            kinds=change_kinds(),
            reason=lambda code: reason_words(code, locale()),
            words=words(connection),
            **common(),
        )


@blueprint.get("/staff/award-changes/<no>")
@permission("application.read")
def staff_change(no: str) -> ResponseReturnValue:
    """One change: what it does to the money, decided or sent back by another person."""
    return _page(no, {}, {})


def _page(number: str, typed: Mapping[str, str], errors: Mapping[str, str]) -> str:
    with current_house().database.reading() as connection:
        found = changes_store.change(connection, number)
        if found is None:
            raise NotFound(_("助成の変更の案が見つかりません"))
        award = queries.award(connection, found.award_no)
        if award is None:
            raise LookupError(found.award_no)
        return render_template(
            "grants/staff_change.html",
            change=found,
            award=award,
            frees=max(0, award.allocated - found.yen_after),
            mine=found.proposed_by == actor().person_id,
            typed=typed,
            errors=errors,
            kinds=change_kinds(),
            states=change_states(),
            reason=reason_words(found.reason, locale()),
            words=words(connection),
            back=url_for("grants.staff_award", no=found.award_no),
            **common(),
        )


@blueprint.post("/staff/award-changes/<no>/decision")
@permission("award.decide")
def staff_change_decide(no: str) -> ResponseReturnValue:
    """Decide it: the yen it frees go back to the gifts they came from."""
    try:
        commands.decide_change(
            current_house(),
            by=actor(),
            now=now(),
            change_no=no,
            decision_no=request.form.get("decision_no", ""),
        )
    except Invalid as error:
        return _page(no, request.form, error.fields), 400
    flash(_("変更を決定しました。お金がもどった寄附の人には、メールで知らせます。"), "success")
    return redirect(url_for("grants.staff_change", no=no), 303)


@blueprint.post("/staff/award-changes/<no>/sending-back")
@permission("award.decide")
def staff_change_send_back(no: str) -> ResponseReturnValue:
    """Leave the award as it is and say why."""
    try:
        commands.send_back_change(
            current_house(),
            by=actor(),
            now=now(),
            change_no=no,
            answer=request.form.get("answer", ""),
        )
    except Invalid as error:
        return _page(no, request.form, error.fields), 400
    flash(_("変更の案 %(no)s を差し戻しました。", no=no), "success")
    return redirect(url_for("grants.staff_change", no=no), 303)
