"""Officers correct a donor's facts, and see who wants a receipt in the corrected words."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, forms, queries
from fund.giving.domain.donor import ANONYMOUS
from fund.giving.views.blueprint import blueprint
from fund.giving.views.my_gift import FACTS, typed_of
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.ids import read_gift_no
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now


@blueprint.route("/staff/gifts/<no>/correct", methods=["GET", "POST"])
@permission("gift.correct")
def staff_correct(no: str) -> ResponseReturnValue:
    """Correct a donor's name, address or mail address; the reason is kept with the old values."""
    number = read_gift_no(no) or ""
    house = current_house()
    who = commands.look_at_donor(house, by=current_actor(), now=now(), gift_no=number)
    if who.kind == ANONYMOUS:
        raise NotFound(_("お名前のない寄附は、ここでは直せません"))
    with house.database.reading() as connection:
        history = queries.corrections_of(connection, number)
    typed = {**typed_of(who), "email": who.email, "reason": ""}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.form.get(name, "") for name in (*FACTS, "email", "reason")}
        try:
            changed = commands.correct_donor(
                house,
                by=current_actor(),
                now=now(),
                gift_no=number,
                facts=forms.read_donor(typed, who.kind, mail_needed=False),
                reason=typed["reason"],
            )
        except Invalid as error:
            errors = error.fields or {"": str(error)}
        else:
            flash(
                _("直した内容を記録しました") if changed else _("変わった所はありません"), "success"
            )
            return redirect(url_for("giving.staff_gift", no=number), 303)
    page = render_template(
        "giving/staff_correct.html",
        no=number,
        typed=typed,
        errors=errors,
        kind=who.kind,
        style=typed["name_style"],
        where=typed["where"],
        history=history,
        fact_words=fact_words(),
    )
    return page, 400 if errors else 200


def fact_words() -> dict[str, str]:
    """The facts of a donor by their names."""
    return {
        "kind": _("区分"),
        "family_name": _("姓"),
        "given_name": _("名"),
        "single_name": _("お名前（全部）"),
        "kana": _("フリガナ"),
        "contact_person": _("ご担当者"),
        "country": _("国・地域"),
        "postal_code": _("郵便番号"),
        "address1": _("ご住所"),
        "address2": _("建物の名前・部屋番号"),
        "phone": _("電話番号"),
        "email": _("メールアドレス"),
    }


@blueprint.get("/staff/receipt-requests")
@permission("gift.read")
def staff_receipt_requests() -> ResponseReturnValue:
    """Donors who want a receipt in corrected words, the oldest first."""
    with current_house().database.reading() as connection:
        waiting = queries.receipt_requests(connection)
    return render_template("giving/staff_receipt_requests.html", waiting=waiting)


@blueprint.post("/staff/receipt-requests/<int:request_id>")
@permission("gift.correct")
def staff_close_receipt_request(request_id: int) -> ResponseReturnValue:
    """Note that the wish is dealt with."""
    number = commands.close_receipt_request(
        current_house(), by=current_actor(), now=now(), request_id=request_id
    )
    flash(_("%(no)sの依頼を終わりにしました", no=number), "success")
    return redirect(url_for("giving.staff_receipt_requests"), 303)
