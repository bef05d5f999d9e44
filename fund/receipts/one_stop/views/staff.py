"""Officers' pages: the applications of a tax year, marking papers by keyboard, one application."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import queries as giving
from fund.giving.commands import look_at_donor
from fund.giving.domain.one_stop import read_born_on, why_not
from fund.identity.queries import names as people_names
from fund.kernel.calendar import day_in_japan, parse_day
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.ids import read_gift_no
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.locale import translated
from fund.platform.web.query import Query
from fund.receipts.one_stop import commands, printing, queries, wording
from fund.receipts.one_stop.domain import ONE_STOP, notice_deadline, year_of_work
from fund.receipts.one_stop.papers import changed_facts
from fund.receipts.one_stop.views.blueprint import blueprint, pdf_response
from fund.receipts.posting import SHEETS

PAGE = 100
QUICK = ("gift_no", "arrived_on", "born_on")


def today() -> dt.date:
    """The day of the request in Japan."""
    return day_in_japan(now())


def wanted_year(query: Query) -> int:
    """The tax year asked for; without one, that of the work."""
    return query.integer("year", 2000, 2200) or year_of_work(today())


@blueprint.get("/staff/one-stop")
@permission("one_stop.read")
def applications() -> ResponseReturnValue:
    """The applications of a tax year by state, and the line in which papers are marked."""
    on = request.args.get("on", "")[:40]
    typed = dict.fromkeys(QUICK, "") | {"arrived_on": on or today().isoformat()}
    return _list(typed, {})


def _list(typed: dict[str, str], errors: dict[str, str]) -> str:
    query = Query(request.args)
    year = wanted_year(query)
    state = query.choice("state", wording.state_words().keys())
    to_print = query.choice("look", ("print",)) is not None
    after = query.integer("after", 1, 2**53)
    query.check()
    with current_house().database.reading() as connection:
        shown = queries.applications(
            connection, year, state=state, to_print=to_print, after=after, limit=PAGE + 1
        )
        page = shown[:PAGE]
        gifts = giving.gifts_by_no(connection, [one.gift_no for one in page])
        marked = read_gift_no(request.args.get("marked", "")[:20])
        return render_template(
            "receipts/one_stop.html",
            rows=page,
            marked=queries.application_of(connection, marked) if marked else None,
            gifts=gifts,
            following=page[-1].id if len(shown) > PAGE else None,
            counts=queries.counts(connection, year),
            waiting=len(queries.forms_to_print(connection)),
            years=sorted({*queries.years(connection), year}, reverse=True),
            kept={"year": year, "state": state, "look": "print" if to_print else None},
            year=year,
            until=until_of(year),
            notice_by=notice_deadline(year),
            state_words=wording.state_words(),
            reason_texts=wording.reason_texts,
            typed=typed,
            errors=errors,
        )


def until_of(year: int) -> dt.date | None:
    """The last day on which papers of a tax year count."""
    until = current_house().settings.one_stop_until
    return dt.date(year + 1, *until) if until else None


@blueprint.post("/staff/one-stop/mark")
@permission("one_stop.handle")
def mark() -> ResponseReturnValue:
    """Mark that a paper arrived: number, day, Enter; the cursor is back for the next one.

    With the other button the page of the application opens, where what is wrong is ticked.
    """
    typed = {name: request.form.get(name, "")[:60] for name in QUICK}
    number = read_gift_no(typed["gift_no"])
    if number is None:
        errors = {"gift_no": _("寄附番号は「G-」に続く8文字です")}
        return _list(typed, errors), 400
    if request.form.get("act") == "defective":
        return redirect(
            url_for("one_stop.application", no=number, on=typed["arrived_on"], _anchor="defect"),
            303,
        )
    try:
        arrived_on = read_arrived_on(typed["arrived_on"])
        commands.receive(
            current_house(),
            by=current_actor(),
            now=now(),
            gift_no=number,
            arrived_on=arrived_on,
            born_on=_born_on(typed["born_on"]),
        )
    except Invalid as error:
        fields = error.fields or {"gift_no": str(error)}
        return _list(
            typed, {name if name in QUICK else "gift_no": t for name, t in fields.items()}
        ), 400
    except (Conflict, NotFound) as error:
        return _list(typed, {"gift_no": str(error)}), 400
    # What became of it stands beside the field: a message on top would take the cursor away.
    onward = url_for("one_stop.applications", on=arrived_on.isoformat(), marked=number)
    return redirect(onward, 303)


def read_arrived_on(typed: str) -> dt.date:
    """The day on which a paper arrived, as typed.

    Raises:
        Invalid: when it is none.
    """
    try:
        return parse_day(typed)
    except ValueError as error:
        message = _("日付を入力してください（例：2026-04-01）")
        raise Invalid(message, {"arrived_on": message}) from error


def _born_on(typed: str) -> dt.date | None:
    if not typed.strip():
        return None
    try:
        return read_born_on(typed, today())
    except ValueError as error:
        raise Invalid(str(error), {"born_on": translated(str(error))}) from error


def _needed_birth(typed: str) -> dt.date:
    born_on = _born_on(typed)
    if born_on is None:
        raise Invalid("", {"born_on": _("生年月日を入力してください")})
    return born_on


@blueprint.post("/staff/one-stop/print")
@permission("one_stop.handle")
def print_forms() -> ResponseReturnValue:
    """Write down that the ticked forms are printed, and open them as one PDF."""
    printed = printing.note_printed(
        current_house(),
        by=current_actor(),
        now=now(),
        gift_nos=request.form.getlist("gift")[:SHEETS],
    )
    if not printed:
        flash(_("印刷する申請書を選んでください"), "warning")
        return redirect(url_for("one_stop.applications"), 303)
    return redirect(url_for("one_stop.sheets", gift=printed), 303)


@blueprint.get("/staff/one-stop/forms.pdf")
@permission("one_stop.handle")
def sheets() -> Response:
    """The forms of these gifts (``?gift=…``, several), to be printed on one side."""
    gift_nos = request.args.getlist("gift")[:SHEETS]
    pdf = printing.sheets(current_house(), by=current_actor(), now=now(), gift_nos=gift_nos)
    return pdf_response(pdf, f"one-stop-{today():%Y%m%d}")


def _number(no: str) -> str:
    number = read_gift_no(no)
    if number is None:
        raise NotFound(_("寄附が見つかりません"))
    return number


@blueprint.get("/staff/one-stop/<no>")
@permission("one_stop.read")
def application(no: str) -> ResponseReturnValue:
    """One application with its donor; the look is written down."""
    on = request.args.get("on", "")[:40]
    return _one(
        _number(no), {"arrived_on": on or today().isoformat(), "born_on": "", "reasons": []}, {}
    )


def _one(number: str, typed: dict[str, Any], errors: dict[str, str]) -> str:
    house = current_house()
    who = look_at_donor(house, by=current_actor(), now=now(), gift_no=number)
    with house.database.reading() as connection:
        gift = giving.gift(connection, number)
        if gift is None:
            raise NotFound(_("寄附が見つかりません"))
        found = queries.application_of(connection, number)
        steps = queries.steps_of(connection, found.id) if found else []
        people = people_names(connection, {one.person_id for one in steps if one.person_id})
    return render_template(
        "receipts/one_stop_one.html",
        gift=gift,
        donor=who,
        refusal=why_not(who.kind, who.country),
        found=found,
        steps=steps,
        people=people,
        until=commands.last_day(house, gift),
        may_move=lambda after: found is None or ONE_STOP.allows(found.state, after),
        changed=changed_facts(found.facts, who) if found else (),
        state_words=wording.state_words(),
        act_words=wording.act_words(),
        hand_words=wording.hand_words(),
        reason_texts=wording.reason_texts,
        defect_choices=wording.defect_choices(),
        typed=typed,
        errors=errors,
    )


@blueprint.post(
    "/staff/one-stop/<no>/<any(received, defective, changed, birth, unmark, ask, withdraw):act>"
)
@permission("one_stop.handle")
def act(no: str, act: str) -> ResponseReturnValue:
    """What an officer does about one application."""
    number = _number(no)
    typed = {
        "arrived_on": request.form.get("arrived_on", "")[:60],
        "born_on": request.form.get("born_on", "")[:60],
        "reasons": request.form.getlist("reasons"),
    }
    try:
        said = _do(act, number, typed)
    except Invalid as error:
        return _one(number, typed, error.fields or {"": str(error)}), 400
    except Conflict as error:
        return _one(number, typed, {"": str(error)}), 409
    flash(said, "success")
    return redirect(url_for("one_stop.application", no=number), 303)


def _do(act: str, number: str, typed: dict[str, Any]) -> str:
    """Do it, and say what was done."""
    house = current_house()
    hand: dict[str, Any] = {"by": current_actor(), "now": now(), "gift_no": number}
    done = {
        "ask": _("ワンストップ特例の希望を受け付けました"),
        "withdraw": _("取り下げを記録しました"),
        "unmark": _("しるしを取り消しました"),
        "birth": _("生年月日を記録しました"),
        "defective": _("不備を記録し、本人に知らせました"),
        "changed": _("変更届を受け付けました"),
        "received": _("申請書を受け付けました"),
        "late": _("期限を過ぎています。受け付けられないことを、本人に知らせました"),
    }
    if act == "ask":
        commands.ask(house, **hand, born_on=None)
    elif act == "withdraw":
        commands.withdraw(house, **hand)
    elif act == "unmark":
        commands.unmark(house, **hand)
    elif act == "birth":
        commands.note_birth(house, **hand, born_on=_needed_birth(typed["born_on"]))
    else:
        day = read_arrived_on(typed["arrived_on"])
        if act == "defective":
            commands.find_defective(house, **hand, arrived_on=day, reasons=typed["reasons"])
        elif act == "changed":
            commands.receive_change(house, **hand, arrived_on=day)
        elif not commands.receive(house, **hand, arrived_on=day):
            act = "late"
    return str(done[act])
