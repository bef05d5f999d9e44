"""The donor's receipt behind the secret link, and the staff's copy."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import queries as giving
from fund.kernel.actor import donor
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import NotFound
from fund.kernel.ids import read_gift_no
from fund.platform.web.access import permission, public
from fund.platform.web.context import current_actor, current_house, now
from fund.receipts import commands, posting, queries

blueprint = Blueprint("receipts", __name__)


@blueprint.get("/d/<secret>/receipt.pdf")
@public
def donor_copy(secret: str) -> ResponseReturnValue:
    """The donor's own receipt; before the acceptance a page that says when it comes."""
    house = current_house()
    with house.database.reading() as connection:
        gift = giving.gift_by_secret(connection, secret)
    if gift is None:
        raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
    if gift.accepted_on is None:
        raise NotFound(
            _(
                "受領証明書は、区が受け取り（採納）を決めたあとに発行します。"
                "決まりしだい、このアドレスから受け取れます。"
            )
        )
    found, pdf = commands.hand_out(
        house, by=donor(gift.no), now=now(), gift_no=gift.no, way="donor-page"
    )
    return _pdf(pdf, found.no)


@blueprint.get("/staff/gifts/<number>/receipt.pdf")
@permission("gift.read")
def staff_copy(number: str) -> ResponseReturnValue:
    """A copy for the counter; who took it is written down."""
    found, pdf = commands.hand_out(
        current_house(), by=current_actor(), now=now(), gift_no=number, way="staff"
    )
    return _pdf(pdf, found.no)


@blueprint.get("/staff/gifts/<number>/receipts")
@permission("gift.read")
def staff_list(number: str) -> ResponseReturnValue:
    """Every receipt of a gift: which one is valid, which are void, and why."""
    gift_no = read_gift_no(number) or ""
    with current_house().database.reading() as connection:
        if giving.gift(connection, gift_no) is None:
            raise NotFound(_("寄附が見つかりません"))
        found = queries.receipts_of(connection, gift_no)
    return render_template(
        "receipts/staff_receipts.html",
        receipts=found,
        gift_no=gift_no,
        reasons={
            "refund": _("返金のため"),
            "dispute": _("異議による取り消しのため"),
            "refund-failed": _("返金が届かず、金額がもどったため"),
        },
        back=url_for("giving.staff_gift", no=gift_no),
    )


@blueprint.get("/staff/receipts-to-post")
@permission("gift.read")
def to_post() -> ResponseReturnValue:
    """Receipts whose donors want paper, not printed yet."""
    with current_house().database.reading() as connection:
        waiting = posting.to_post(connection)
    return render_template("receipts/to_post.html", waiting=waiting)


@blueprint.post("/staff/receipts-to-post")
@permission("gift.correct")
def print_to_post() -> ResponseReturnValue:
    """Write down that the ticked receipts are printed, and open them as one PDF."""
    printed = posting.note_posted(
        current_house(),
        by=current_actor(),
        now=now(),
        gift_nos=request.form.getlist("gift")[: posting.SHEETS],
    )
    if not printed:
        flash(_("印刷する受領証明書を選んでください"), "warning")
        return redirect(url_for("receipts.to_post"), 303)
    return redirect(url_for("receipts.posted_sheets", gift=printed), 303)


@blueprint.get("/staff/receipts-to-post.pdf")
@permission("gift.correct")
def posted_sheets() -> ResponseReturnValue:
    """The sheets of these gifts (``?gift=…``, several)."""
    pdf = posting.sheets(
        current_house(),
        by=current_actor(),
        now=now(),
        gift_nos=request.args.getlist("gift")[: posting.SHEETS],
    )
    return _pdf(pdf, f"receipts-{day_in_japan(now()):%Y%m%d}")


def _pdf(body: bytes, number: str) -> Response:
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{number}.pdf"'
    return response
