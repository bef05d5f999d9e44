"""What a donor does about the exception on the own page: ask, print the papers, take it back."""

from __future__ import annotations

import datetime as dt

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import queries as giving
from fund.giving.domain.one_stop import read_born_on, why_not
from fund.giving.queries import GiftView
from fund.kernel.actor import donor as donor_hand
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now
from fund.platform.web.locale import translated
from fund.receipts.one_stop import commands, printing, queries
from fund.receipts.one_stop.domain import OPEN
from fund.receipts.one_stop.views.blueprint import blueprint, pdf_response


def _gift_behind(secret: str) -> GiftView:
    with current_house().database.reading() as connection:
        gift = giving.gift_by_secret(connection, secret[:64])
    if gift is None:
        raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
    return gift


def _back(secret: str) -> ResponseReturnValue:
    return redirect(f"{request.script_root}/d/{secret}#one-stop", 303)


@blueprint.route("/d/<secret>/one-stop", methods=["GET", "POST"])
@public
def ask(secret: str) -> ResponseReturnValue:
    """Ask for the exception with the day of birth that its form needs; or say it anew."""
    gift = _gift_behind(secret)
    house = current_house()
    with house.database.reading() as connection:
        who = giving.donor_of(connection, gift.no)
        found = queries.application_of(connection, gift.no)
    if who is None or why_not(who.kind, who.country):
        raise NotFound(_("ワンストップ特例は、日本国内にご住所のある個人の方だけが使えます"))
    until = commands.last_day(house, gift)
    known = found.born_on.isoformat() if found is not None and found.born_on else ""
    typed = request.form.get("born_on", known)[:60]
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            born_on = _read_born_on(typed)
            commands.ask(house, by=donor_hand(gift.no), now=now(), gift_no=gift.no, born_on=born_on)
        except Invalid as error:
            errors = error.fields or {"": str(error)}
        except Conflict as error:
            errors = {"": str(error)}
        else:
            flash(_("ワンストップ特例の希望を受け付けました"), "success")
            return _back(secret)
    page = render_template(
        "receipts/one_stop_ask.html",
        gift=gift,
        who=who,
        secret=secret,
        until=until,
        again=found is not None and found.state in OPEN,
        typed=typed,
        errors=errors,
        back=f"{request.script_root}/d/{secret}",
    )
    return page, 400 if errors else 200


def _read_born_on(typed: str) -> dt.date:
    if not typed.strip():
        raise Invalid("", {"born_on": _("生年月日を入力してください")})
    try:
        return read_born_on(typed, day_in_japan(now()))
    except ValueError as error:
        raise Invalid(str(error), {"born_on": translated(str(error))}) from error


@blueprint.post("/d/<secret>/one-stop/withdraw")
@public
def withdraw(secret: str) -> ResponseReturnValue:
    """Take the wish back; the day of birth is forgotten."""
    gift = _gift_behind(secret)
    commands.withdraw(current_house(), by=donor_hand(gift.no), now=now(), gift_no=gift.no)
    flash(_("ワンストップ特例の希望を取り下げました。生年月日は消しました"), "success")
    return _back(secret)


@blueprint.get("/d/<secret>/one-stop.pdf")
@public
def form(secret: str) -> Response:
    """The application form of this gift, without the My Number."""
    gift = _gift_behind(secret)
    pdf = printing.own_paper(current_house(), by=donor_hand(gift.no), now=now(), gift_no=gift.no)
    return pdf_response(pdf, f"one-stop-{gift.no}")


@blueprint.get("/d/<secret>/one-stop-change.pdf")
@public
def change_form(secret: str) -> Response:
    """The change form, when name or address are others than on the paper that arrived."""
    gift = _gift_behind(secret)
    pdf = printing.own_paper(
        current_house(), by=donor_hand(gift.no), now=now(), gift_no=gift.no, change=True
    )
    return pdf_response(pdf, f"one-stop-change-{gift.no}")
