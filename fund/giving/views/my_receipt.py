"""How the receipt comes: the donor's choice on the own page, and an officer's for the donor."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands
from fund.giving.views.blueprint import blueprint
from fund.giving.views.my_gift import back, gift_behind
from fund.kernel.actor import Actor
from fund.kernel.actor import donor as donor_hand
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.ids import read_gift_no
from fund.platform.web.access import permission, public
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.locale import translated


@blueprint.post("/d/<secret>/receipt-way")
@public
def change_receipt_way(secret: str) -> ResponseReturnValue:
    """Let the receipt come another way."""
    gift = gift_behind(secret)
    _change(donor_hand(gift.no), gift.no)
    return back(secret, "receipt")


@blueprint.post("/staff/gifts/<no>/receipt-way")
@permission("gift.correct")
def staff_receipt_way(no: str) -> ResponseReturnValue:
    """The same for a donor who asked by telephone or by letter."""
    number = read_gift_no(no)
    if number is None:
        raise NotFound(_("寄附が見つかりません"))
    _change(current_actor(), number)
    return redirect(url_for("giving.staff_gift", no=number), 303)


def _change(by: Actor, gift_no: str) -> None:
    way = request.form.get("receipt_way", "")
    try:
        changed = commands.change_receipt_way(
            current_house(), by=by, now=now(), gift_no=gift_no, way=way
        )
    except Invalid as error:
        flash(translated(str(error)), "error")
        return
    if changed:
        flash(_("領収書の受け取り方を変えました"), "success")
