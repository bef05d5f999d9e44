"""The way to the hosted payment page, the first time and again."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from fund.giving import commands, methods, queries
from fund.giving.domain import RETRYABLE
from fund.giving.domain.offer import ONLINE
from fund.giving.views import patience
from fund.giving.views.blueprint import blueprint
from fund.kernel.actor import donor
from fund.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
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
    if gift.method not in ONLINE:
        return redirect(link(secret, gift.locale), 303)
    try:
        address = open_checkout(
            house,
            by=donor(gift_no),
            now=now(),
            payment_no=payment_no,
            wording=wording(gift, who.email, secret),
        )
    except Unavailable:
        return _later(gift, secret)
    except Invalid as error:
        return _choose(gift, secret, {"method": str(error)}), 400
    except Conflict:
        return redirect(link(secret, gift.locale), 303)
    return redirect(address, 303)


def _later(gift: queries.GiftView, secret: str) -> ResponseReturnValue:
    page = render_template("giving/pay_later.html", gift=gift, secret=secret)
    return page, 503, {"Retry-After": "60"}


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
        payment_no = commands.retry_payment(
            house, by=donor(gift.no), now=now(), gift_no=gift.no, visitor=patience.visitor()
        )
    except TooMany as refusal:
        return patience.slow_down(refusal)
    except Conflict as error:
        if gift.paid_at is not None:
            return redirect(f"{request.script_root}/d/{secret}", 303)
        raise error from error
    return to_payment_page(gift.no, payment_no)


def _choose(gift: queries.GiftView, secret: str, errors: dict[str, str], chosen: str = "") -> str:
    return render_template(
        "giving/method.html",
        gift=gift,
        secret=secret,
        errors=errors,
        typed={"method": chosen},
        method_choices=methods.choices(gift.yen),
        method_hints=methods.hints(),
        method_refusals=methods.refusals(gift.yen),
    )


def _unpaid(secret: str) -> queries.GiftView:
    """The gift of a link, if it is to be paid online."""
    with current_house().database.reading() as connection:
        gift = queries.gift_by_secret(connection, secret[:64])
    if gift is None or gift.method not in ONLINE:
        raise NotFound(_("寄附が見つかりません"))
    return gift


@blueprint.get("/d/<secret>/method")
@public
def method(secret: str) -> ResponseReturnValue:
    """Choose another way to pay; everything else stays as it was typed."""
    gift = _unpaid(secret)
    if gift.state not in RETRYABLE:
        return redirect(f"{request.script_root}/d/{secret}", 303)
    return _choose(gift, secret, {})


@blueprint.post("/d/<secret>/method")
@public
def method_submit(secret: str) -> ResponseReturnValue:
    """Close the page of the former method, where it can be closed, and open the new one's."""
    gift = _unpaid(secret)
    chosen = request.form.get("method", "")
    try:
        payment_no = commands.retry_payment(
            current_house(),
            by=donor(gift.no),
            now=now(),
            gift_no=gift.no,
            method=methods.read_method(chosen, gift.yen),
            visitor=patience.visitor(),
        )
    except TooMany as refusal:
        return patience.slow_down(refusal)
    except Invalid as error:
        return _choose(gift, secret, error.fields, chosen), 400
    except Unavailable:
        return _later(gift, secret)
    except Conflict as error:
        with current_house().database.reading() as connection:
            gift = queries.gift(connection, gift.no) or gift
        if gift.paid_at is not None:
            return redirect(f"{request.script_root}/d/{secret}", 303)
        raise error from error
    return to_payment_page(gift.no, payment_no)
