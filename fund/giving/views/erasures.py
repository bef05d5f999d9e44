"""Forgetting a person, as staff see it: propose, decide, the list."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands
from fund.giving.queries import erasures as queries
from fund.giving.queries.erasures import ErasureView
from fund.giving.views.blueprint import blueprint
from fund.identity.queries import names as people_names
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.ids import read_gift_no
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response


def _words() -> dict[str, dict[str, str]]:
    return {
        "grounds": {
            "asked": _("本人からの求め"),
            "retention-ended": _("書類の保存期間の終わり"),
        },
        "states": {
            "proposed": _("決定待ち"),
            "erased": _("消去した"),
            "sent_back": _("差し戻し"),
        },
        "tones": {"proposed": "attention", "erased": "neutral", "sent_back": "neutral"},
    }


@blueprint.get("/staff/erasures")
@permission("gift.read")
def staff_erasures() -> ResponseReturnValue:
    """Every erasure, the newest first; it names gifts, never people."""
    with current_house().database.reading() as connection:
        found = queries.erasures(connection)
        hands = {one.proposed_by for one in found}
        hands |= {one.decided_by for one in found if one.decided_by}
        people = people_names(connection, hands)
    return render_template("giving/staff_erasures.html", erasures=found, people=people, **_words())


@blueprint.get("/staff/erasures.<any(csv, json, xlsx):form>")
@permission("gift.read")
def staff_erasures_twin(form: str) -> ResponseReturnValue:
    """The same list for a file."""
    with current_house().database.reading() as connection:
        found = queries.erasures(connection)
    columns: list[Column[ErasureView]] = [
        Column("gift", _("寄附"), lambda one: one.gift_no),
        Column("gifts", _("寄附の数"), lambda one: one.gifts),
        Column("ground", _("理由"), lambda one: one.ground),
        Column("state", _("状態"), lambda one: one.state),
        Column("proposed_at", _("起案"), lambda one: one.proposed_at.isoformat()),
        Column(
            "decided_at", _("決定"), lambda o: o.decided_at.isoformat() if o.decided_at else None
        ),
    ]
    if form == "json":
        rows = [{column.name: column.value(one) for column in columns} for one in found]
        return json_response({"rows": rows})
    if form == "xlsx":
        return xlsx_response("erasures", columns, found, [_("個人情報の消去")])
    return csv_response("erasures", columns, found)


@blueprint.get("/staff/gifts/<no>/erasure")
@permission("gift.read")
def staff_erasure(no: str) -> ResponseReturnValue:
    """What would be erased, from when, and who decides."""
    return _page(no, "")


@blueprint.post("/staff/gifts/<no>/erasure")
@permission("erasure.propose")
def staff_erasure_propose(no: str) -> ResponseReturnValue:
    """Propose it."""
    number = read_gift_no(no) or ""
    try:
        commands.propose_erasure(
            current_house(),
            by=current_actor(),
            now=now(),
            gift_no=number,
            ground=request.form.get("ground", ""),
        )
    except Invalid as refusal:
        return _page(no, str(refusal)), 400
    except Conflict as refusal:
        return _page(no, str(refusal)), 409
    flash(_("消去を起案しました。別の人が決定します。"), "success")
    return redirect(url_for("giving.staff_erasure", no=number), 303)


@blueprint.post("/staff/gifts/<no>/erasure/decision")
@permission("erasure.decide")
def staff_erasure_decide(no: str) -> ResponseReturnValue:
    """Forget the person for good, or send the proposal back."""
    number = read_gift_no(no) or ""
    erase = request.form.get("decision") == "erase"
    if erase and request.form.get("sure") != "y":
        return _page(no, _("元にもどせないことを確かめて、チェックを入れてください")), 400
    try:
        commands.decide_erasure(
            current_house(), by=current_actor(), now=now(), gift_no=number, erase=erase
        )
    except Conflict as refusal:
        return _page(no, str(refusal)), 409
    flash(_("消去しました。") if erase else _("起案を差し戻しました。"), "success")
    return redirect(url_for("giving.staff_erasure", no=number), 303)


def _page(no: str, refusal: str) -> str:
    number, house = read_gift_no(no) or "", current_house()
    with house.database.reading() as connection:
        standing = queries.standing_of(connection, number, house.settings.retention_years)
        if standing is None:
            raise NotFound(_("寄附が見つかりません"))
        found = queries.erasure_of(connection, number)
        hands = {found.proposed_by} if found else set()
        people = people_names(connection, hands)
    return render_template(
        "giving/staff_erasure.html",
        no=number,
        item=found,
        standing=standing,
        due=day_in_japan(now()) >= standing.kept_until and not standing.open,
        people=people,
        mine=found is not None and found.proposed_by == current_actor().person_id,
        refusal=refusal,
        back=url_for("giving.staff_gift", no=number),
        **_words(),
    )
