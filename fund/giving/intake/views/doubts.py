"""Possible duplicates: both sides shown, a person decides, the decision is kept."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import queries as gifts
from fund.giving.intake import batches as acts
from fund.giving.intake import queries
from fund.giving.intake.views.blueprint import blueprint, words
from fund.kernel.errors import Invalid
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.registry import queries as registry


@blueprint.get("/staff/intake/doubts")
@permission("intake.read")
def doubts() -> ResponseReturnValue:
    """Every pair that waits for a decision."""
    with current_house().database.reading() as connection:
        waiting = queries.open_doubts(connection)
        numbers = [doubt.other_gift_no for doubt in waiting if doubt.other_gift_no]
        return render_template(
            "giving/intake_doubts.html",
            doubts=waiting,
            gifts=gifts.gifts_by_no(connection, numbers),
            donors=gifts.donors_of(connection, numbers),
            names=registry.names(connection),
            **words(),
        )


@blueprint.post("/staff/intake/doubts/<int:doubt_id>")
@permission("intake.enter")
def decide_doubt(doubt_id: int) -> ResponseReturnValue:
    """Take the decision: another gift, or the same one."""
    decision = request.form.get("decision", "")
    if decision not in {"different", "same"}:
        raise Invalid(_("別の寄附か、同じ寄附かを選んでください"))
    acts.decide_doubt(
        current_house(),
        by=current_actor(),
        now=now(),
        doubt_id=doubt_id,
        same=decision == "same",
        note=request.form.get("note", ""),
    )
    done = (
        _("同じ寄附として除外しました。") if decision == "same" else _("別の寄附と判断しました。")
    )
    flash(done, "success")
    back = request.form.get("batch", "")
    address = url_for("intake.batch", no=back) if back else url_for("intake.doubts")
    return redirect(address, 303)
