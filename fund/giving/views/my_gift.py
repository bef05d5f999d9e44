"""What a donor does on the own page: corrects, gives and withdraws consents, keeps the link."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, forms, queries
from fund.giving.domain import Donor
from fund.giving.domain.consents import FREE, PUBLISH_NAME
from fund.giving.domain.donor import ANONYMOUS, read_email
from fund.giving.views.blueprint import blueprint
from fund.kernel.actor import donor as donor_hand
from fund.kernel.errors import Invalid, NotFound
from fund.platform.web.access import public
from fund.platform.web.context import client_address, current_house, now
from fund.platform.web.locale import translated

FACTS = tuple(name for name in forms.FIELDS["donor"] if name != "email")


def gift_behind(secret: str) -> queries.GiftView:
    """The gift of a secret link.

    Raises:
        NotFound: when there is none (any more).
    """
    with current_house().database.reading() as connection:
        gift = queries.gift_by_secret(connection, secret[:64])
    if gift is None:
        raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
    return gift


def back(secret: str, anchor: str = "mine") -> Response:
    """Back to the donor's page, where the change is seen."""
    response = redirect(f"{request.script_root}/d/{secret}#{anchor}", 303)
    if not isinstance(response, Response):
        raise TypeError("a redirect is a response of Flask")
    return response


@blueprint.post("/d/<secret>/consent")
@public
def change_consent(secret: str) -> ResponseReturnValue:
    """Give or withdraw one consent with one tap."""
    gift = gift_behind(secret)
    given = request.form.get("given") == "1"
    purpose = request.form.get("purpose", "")
    try:
        changed = commands.change_consent(
            current_house(),
            by=donor_hand(gift.no),
            now=now(),
            gift_no=gift.no,
            purpose=purpose if purpose in FREE else "",
            given=given,
            name=_read_display_name() if given and purpose == PUBLISH_NAME else "",
        )
    except Invalid as error:
        flash(translated(next(iter(error.fields.values()), str(error))), "error")
        return back(secret)
    if changed:
        said = _("同意を記録しました") if given else _("同意を取り消しました。記録は残ります")
        flash(said, "success")
    return back(secret)


def _read_display_name() -> str:
    try:
        return forms.read_display_name(request.form.get("display_name", ""))
    except ValueError as error:
        raise Invalid(str(error)) from error


@blueprint.post("/d/<secret>/mail")
@public
def mail_link(secret: str) -> ResponseReturnValue:
    """Send the address of this page to the donor's own mail address."""
    gift = gift_behind(secret)
    commands.mail_own_link(current_house(), by=donor_hand(gift.no), now=now(), gift_no=gift.no)
    flash(_("このページのアドレスを、登録のメールアドレスへお送りします"), "success")
    return back(secret)


@blueprint.route("/d/<secret>/renew", methods=["GET", "POST"])
@public
def renew_link(secret: str) -> ResponseReturnValue:
    """Make a new address for this page; the old one opens nothing any more."""
    gift = gift_behind(secret)
    if request.method == "GET":
        return render_template("giving/renew.html", gift=gift, secret=secret)
    fresh = commands.renew_link(current_house(), by=donor_hand(gift.no), now=now(), gift_no=gift.no)
    flash(_("新しいアドレスに変わりました。この画面を保存してください"), "success")
    return back(fresh)


def typed_of(who: queries.DonorView) -> dict[str, str]:
    """A donor's facts as the form of step 3 would hold them."""
    abroad = who.country != "JP"
    lines = [line for line in who.address_lines if not (abroad and line == who.country)]
    return {
        "name_style": "single" if who.single_name else "split",
        "family_name": who.family_name,
        "given_name": who.given_name,
        "single_name": who.single_name,
        "organisation": who.single_name,
        "contact_person": who.contact_person,
        "kana": who.kana,
        "where": "abroad" if abroad else "japan",
        "postal_code": who.postal_code,
        "address1": lines[0] if lines and not abroad else "",
        "address2": lines[1] if len(lines) > 1 and not abroad else "",
        "country": who.country if abroad else "",
        "foreign_address": lines[0] if lines and abroad else "",
        "phone": who.phone,
    }


def read_facts(who: queries.DonorView) -> tuple[Donor, dict[str, str]]:
    """The corrected facts as posted, with what was typed; the mail address stays as it is.

    Raises:
        Invalid: with everything that must change.
    """
    typed = {name: request.form.get(name, "") for name in FACTS}
    # A gift on paper may have no mail address; none is asked for here.
    facts = forms.read_donor({**typed, "email": who.email}, who.kind, mail_needed=False)
    return facts, typed


@blueprint.route("/d/<secret>/correct", methods=["GET", "POST"])
@public
def correct(secret: str) -> ResponseReturnValue:
    """Correct name and address; what stood there is kept, issued receipts stay as they are."""
    gift = gift_behind(secret)
    who = _named_donor(gift)
    if request.method == "GET":
        return _correct_page(secret, gift, who, typed_of(who), {})
    try:
        facts, _typed = read_facts(who)
        changed = commands.correct_donor(
            current_house(), by=donor_hand(gift.no), now=now(), gift_no=gift.no, facts=facts
        )
    except Invalid as error:
        typed = {name: request.form.get(name, "") for name in FACTS}
        return _correct_page(secret, gift, who, typed, error.fields or {"": str(error)}), 400
    flash(_("直した内容を記録しました") if changed else _("変わった所はありません"), "success")
    return redirect(url_for("giving.correct", secret=secret), 303)


def _named_donor(gift: queries.GiftView) -> queries.DonorView:
    with current_house().database.reading() as connection:
        who = queries.donor_of(connection, gift.no)
    if who is None or who.kind == ANONYMOUS:
        raise NotFound(_("お名前のない寄附は、ここでは直せません"))
    return who


def _correct_page(
    secret: str,
    gift: queries.GiftView,
    who: queries.DonorView,
    typed: dict[str, str],
    errors: dict[str, str],
) -> str:
    with current_house().database.reading() as connection:
        asked = queries.receipt_requests(connection, gift.no)
        waiting = queries.waiting_email(connection, gift.no, now() - commands.EMAIL_CHANGE_LIFE)
    return render_template(
        "giving/correct.html",
        gift=gift,
        secret=secret,
        who=who,
        typed=typed,
        errors=errors,
        kind=who.kind,
        style=typed["name_style"],
        where=typed["where"],
        note=request.form.get("note", ""),
        open_request=any(one.done_at is None for one in asked),
        waiting=waiting,
        back=f"{request.script_root}/d/{secret}",
    )


@blueprint.post("/d/<secret>/email")
@public
def change_email(secret: str) -> ResponseReturnValue:
    """Ask for a new mail address; it counts once the link mailed to it was opened."""
    gift = gift_behind(secret)
    try:
        email = read_email(request.form.get("email", ""))
    except ValueError as error:
        flash(translated(str(error)), "error")
        return redirect(url_for("giving.correct", secret=secret, _anchor="email"), 303)
    if not email:
        flash(_("メールアドレスを入力してください"), "error")
        return redirect(url_for("giving.correct", secret=secret, _anchor="email"), 303)
    commands.ask_email_change(
        current_house(), by=donor_hand(gift.no), now=now(), gift_no=gift.no, email=email
    )
    flash(
        _("新しいアドレスへ確認のメールを送ります。メールの中のボタンを押すと変わります"), "success"
    )
    return redirect(url_for("giving.correct", secret=secret), 303)


@blueprint.route("/email/<token>", methods=["GET", "POST"])
@public
def confirm_email(token: str) -> ResponseReturnValue:
    """Confirm a new mail address; opening the page changes nothing, its button does."""
    if request.method == "GET":
        return render_template("giving/confirm_email.html", token=token[:64], done=False)
    commands.confirm_email_change(
        current_house(), by=donor_hand("email"), now=now(), token=token[:64]
    )
    return render_template("giving/confirm_email.html", token="", done=True)


@blueprint.post("/d/<secret>/receipt-request")
@public
def ask_receipt(secret: str) -> ResponseReturnValue:
    """Ask for a receipt in the corrected words; officers see the wish."""
    gift = gift_behind(secret)
    try:
        added = commands.ask_corrected_receipt(
            current_house(),
            by=donor_hand(gift.no),
            now=now(),
            gift_no=gift.no,
            note=request.form.get("note", ""),
        )
    except Invalid as error:
        who = _named_donor(gift)
        return _correct_page(secret, gift, who, typed_of(who), error.fields), 400
    flash(
        _("訂正した受領証明書の依頼を受け付けました。担当が確かめてお送りします")
        if added
        else _("依頼は、すでに受け付けています"),
        "success",
    )
    return redirect(url_for("giving.correct", secret=secret), 303)


@blueprint.route("/stop/<no>/<key>", methods=["GET", "POST"])
@public
def stop_mail(no: str, key: str) -> ResponseReturnValue:
    """Stop report mails: one button for people, one POST for their mail programs (RFC 8058).

    Opening the page changes nothing, because mail scanners open every address.
    """
    house = current_house()
    commands.check_stop_key(house, no, key)
    done = False
    if request.method == "POST":
        again = request.form.get("again") == "1"
        commands.change_consent(
            house,
            by=donor_hand(no),
            now=now(),
            gift_no=no,
            purpose="report_mail",
            given=again,
        )
        done = not again
    with house.database.reading() as connection:
        gift = queries.gift(connection, no)
    if gift is None:
        raise NotFound(_("このアドレスは見つかりません"))
    return render_template(
        "giving/stop.html", gift=gift, key=key, done=done, stopped=not gift.report_mail
    )


@blueprint.route("/d/find", methods=["GET", "POST"])
@public
def find() -> ResponseReturnValue:
    """The lost link: the same answer, and the same work, whether there is such a gift or not."""
    typed = {name: request.form.get(name, "")[:300] for name in ("number", "contact")}
    errors: dict[str, str] = {}
    contact = ""
    if request.method == "POST":
        try:
            contact = commands.read_contact(typed["contact"])
        except Invalid as error:
            errors |= error.fields
        if not typed["number"].strip():
            errors["number"] = _("受付番号を入力してください（例：G-7K3F92QX）")
        if not errors:
            commands.ask_link(
                current_house(),
                by=donor_hand("find"),
                now=now(),
                number=typed["number"],
                contact=contact,
                origin=client_address(),
            )
            return redirect(url_for("giving.found"), 303)
    page = render_template("giving/find.html", typed=typed, errors=errors)
    return page, 400 if errors else 200


@blueprint.get("/d/find/sent")
@public
def found() -> ResponseReturnValue:
    """What is answered to every lookup."""
    return render_template("giving/find_sent.html")
