"""The donor's receipt behind the secret link, and the staff's copy."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import queries as giving
from fund.kernel.actor import donor
from fund.kernel.errors import NotFound
from fund.kernel.ids import read_gift_no
from fund.platform.web.access import permission, public
from fund.platform.web.context import current_actor, current_house, now
from fund.receipts import commands, queries

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


def _pdf(body: bytes, number: str) -> Response:
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{number}.pdf"'
    return response
