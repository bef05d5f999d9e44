"""Acceptance (採納): propose what was received, decide what somebody else proposed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, queries
from fund.giving.domain import CHECKLIST
from fund.giving.views.blueprint import blueprint
from fund.giving.views.staff import words
from fund.identity.queries import names as people_names
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.money import Yen
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, locale, now
from fund.registry import queries as registry

HISTORY = 30


def _checklist() -> list[tuple[str, str]]:
    return [(item.code, item.en if locale() == "en" else item.ja) for item in CHECKLIST]


def _board(problems: dict[str, str]) -> str:
    """What waits, what is proposed, what was decided; with what was ticked, if anything."""
    with current_house().database.reading() as connection:
        proposed = queries.batches(connection, proposed=True)
        decided = queries.batches(connection, proposed=False, limit=HISTORY)
        people = {batch.proposed_by for batch in proposed + decided}
        people |= {batch.decided_by for batch in decided if batch.decided_by}
        return render_template(
            "giving/staff_acceptance.html",
            waiting=queries.waiting_gifts(connection),
            proposed=proposed,
            decided=decided,
            people=people_names(connection, people),
            checklist=_checklist(),
            ticked=set(request.form.getlist("checklist")),
            chosen=set(request.form.getlist("gift")),
            note=request.form.get("note", ""),
            errors=problems,
            me=current_actor().person_id,
            names=registry.names(connection),
            **words(),
        )


@blueprint.get("/staff/acceptance")
@permission("gift.read")
def staff_acceptance() -> ResponseReturnValue:
    """Received gifts that wait, batches to decide, and the history."""
    return _board({})


@blueprint.post("/staff/acceptance")
@permission("acceptance.propose")
def staff_propose() -> ResponseReturnValue:
    """Propose the ticked gifts as one batch."""
    try:
        number = commands.propose_acceptance(
            current_house(),
            by=current_actor(),
            now=now(),
            gift_nos=request.form.getlist("gift"),
            checklist=request.form.getlist("checklist"),
            note=request.form.get("note", ""),
        )
    except Invalid as error:
        return _board(error.fields or {"gifts": str(error)}), 400
    flash(_("%(no)s を起案しました。ほかの職員が決定します。", no=number), "success")
    return redirect(url_for("giving.staff_batch", no=number), 303)


def _batch_page(number: str, problems: dict[str, str]) -> str:
    with current_house().database.reading() as connection:
        batch = queries.batch(connection, number)
        if batch is None:
            raise NotFound(_("起案が見つかりません"))
        gifts = queries.gifts_of_batch(connection, batch.id)
        people = {batch.proposed_by, *([batch.decided_by] if batch.decided_by else [])}
        return render_template(
            "giving/staff_batch.html",
            batch=batch,
            gifts=gifts,
            donors=queries.donors_of(connection, [gift.no for gift in gifts]),
            people=people_names(connection, people),
            checklist=_checklist(),
            note=request.form.get("note", ""),
            decision=request.form.get("decision", ""),
            errors=problems,
            mine=batch.proposed_by == current_actor().person_id,
            names=registry.names(connection),
            **words(),
        )


@blueprint.get("/staff/acceptance/<no>")
@permission("gift.read")
def staff_batch(no: str) -> ResponseReturnValue:
    """One batch: its gifts, who checked what, and the decision."""
    page = _batch_page(no, {})
    commands.note_batch_viewed(current_house(), by=current_actor(), now=now(), batch_no=no)
    return page


@blueprint.post("/staff/acceptance/<no>")
@permission("acceptance.decide")
def staff_decide(no: str) -> ResponseReturnValue:
    """Accept the batch or send it back; never by the person who proposed it."""
    decision = request.form.get("decision", "")
    if decision not in {"accept", "send_back"}:
        return _batch_page(no, {"decision": _("採納するか、差し戻すかを選んでください")}), 400
    try:
        commands.decide_acceptance(
            current_house(),
            by=current_actor(),
            now=now(),
            batch_no=no,
            accept=decision == "accept",
            note=request.form.get("note", ""),
            seen=_seen(request.form.get("seen", "")),
        )
    except Invalid as error:
        return _batch_page(no, error.fields or {"note": str(error)}), 400
    done = _("採納しました。") if decision == "accept" else _("差し戻しました。")
    flash(done, "success")
    return redirect(url_for("giving.staff_batch", no=no), 303)


def _seen(text: str) -> Yen | None:
    """The sum that the page showed, if it says one."""
    return Yen(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
