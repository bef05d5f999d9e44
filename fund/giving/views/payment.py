"""The way to the hosted payment page, the first time and again."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from fund.giving import commands, queries
from fund.giving.domain.offer import ONLINE
from fund.giving.views.blueprint import blueprint
from fund.kernel.actor import donor
from fund.kernel.errors import Conflict, NotFound, Unavailable
from fund.payments.commands import CheckoutWording, open_checkout
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now


def link(secret: str, locale: str) -> str:
    """The absolute address of a donor's page in the donor's language."""
    prefix = "" if locale == "ja" else f"/{locale}"
    return f"{current_house().settings.base_url}{prefix}/d/{secret}"


def wording(gift: queries.GiftView, email: str, secret: str) -> CheckoutWording:
    """What the hosted page says: made of the stored gift only, so that it never differs."""
    ours = current_house().settings.municipality
    address = link(secret, gift.locale)
    with force_locale(gift.locale):
        fund = ours.fund_name_en if gift.locale == "en" else ours.fund_name
        description = _("%(fund)sへの寄附 %(no)s", fund=fund, no=gift.no)
    return CheckoutWording(
        description=description,
        success_url=f"{address}?returned=success",
        cancel_url=f"{address}?returned=cancel",
        email=email,
        locale=gift.locale,
    )


def to_payment_page(gift_no: str, payment_no: str) -> ResponseReturnValue:
    """Send the donor to the hosted page; when it cannot be opened, nothing is lost."""
    house = current_house()
    secret = commands.secret_of(house, gift_no)
    with house.database.reading() as connection:
        gift = queries.gift(connection, gift_no)
        who = queries.donor_of(connection, gift_no)
    if gift is None or who is None:
        raise NotFound(_("寄附が見つかりません"))
    try:
        address = open_checkout(
            house,
            by=donor(gift_no),
            now=now(),
            payment_no=payment_no,
            wording=wording(gift, who.email, secret),
        )
    except Unavailable:
        page = render_template("giving/pay_later.html", gift=gift, secret=secret)
        return page, 503, {"Retry-After": "60"}
    except Conflict:
        return redirect(link(secret, gift.locale), 303)
    return redirect(address, 303)


@blueprint.post("/d/<secret>/pay")
@public
def pay(secret: str) -> ResponseReturnValue:
    """Go on to the payment page, or try again after a failure; one tap, nothing retyped."""
    house = current_house()
    with house.database.reading() as connection:
        gift = queries.gift_by_secret(connection, secret[:64])
    if gift is None or gift.method not in ONLINE:
        raise NotFound(_("寄附が見つかりません"))
    try:
        payment_no = commands.retry_payment(house, by=donor(gift.no), now=now(), gift_no=gift.no)
    except Conflict as error:
        if gift.paid_at is not None:
            return redirect(f"{request.script_root}/d/{secret}", 303)
        raise error from error
    return to_payment_page(gift.no, payment_no)
