"""The half-filled form: taken along to another device by mail, or deleted at once."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands
from fund.giving.domain.donor import read_email
from fund.giving.views import drafts
from fund.giving.views.blueprint import blueprint
from fund.giving.views.steps import see_other, sent_already
from fund.platform.web.access import public
from fund.platform.web.context import current_actor, current_house, locale, now
from fund.platform.web.locale import translated


@blueprint.route("/give/keep", methods=["GET", "POST"])
@public
def keep() -> ResponseReturnValue:
    """Send the link of the form by mail; a reminder only with a tick."""
    with current_house().database.reading() as connection:
        draft = drafts.load(connection)
    if draft is None or not draft.steps:
        return redirect(url_for("giving.landing"), 303)
    if draft.gift_no is not None:
        return sent_already(draft)
    typed = request.form.get("email", draft.steps.get("donor", {}).get("email", ""))[:300]
    remind = bool(request.form.get("remind"))
    errors: dict[str, str] = {}
    email = ""
    if request.method == "POST":
        try:
            email = read_email(typed)
            if not email:
                errors["email"] = _("メールアドレスを入力してください")
        except ValueError as error:
            errors["email"] = translated(str(error))
        if not errors:
            commands.mail_draft(
                current_house(),
                by=current_actor(),
                now=now(),
                token=drafts.token(),
                email=email,
                locale=locale(),
                remind=remind,
                life=commands.DRAFT_LIFE,
            )
            flash(_("続きから始めるリンクを、メールでお送りします"), "success")
            return redirect(url_for("giving.keep"), 303)
    page = render_template(
        "giving/keep.html",
        email=typed,
        remind=remind,
        errors=errors,
        onward=url_for("giving.check"),
        days=commands.DRAFT_LIFE.days,
    )
    return page, 400 if errors else 200


@blueprint.post("/give/forget")
@public
def forget() -> ResponseReturnValue:
    """Delete everything typed so far, and the cookie with it."""
    commands.forget_draft(current_house(), by=current_actor(), now=now(), token=drafts.token())
    flash(_("入力した内容を消しました"), "success")
    return drafts.leave(see_other(url_for("giving.landing")))


@blueprint.route("/give/resume/<secret>", methods=["GET", "POST"])
@public
def resume(secret: str) -> ResponseReturnValue | Response:
    """Take a form up on this device; opening the page alone moves nothing."""
    if request.method == "GET":
        return render_template("giving/resume.html", secret=secret[:64])
    token = commands.take_up_draft(
        current_house(),
        by=current_actor(),
        now=now(),
        resume=secret[:64],
        life=commands.DRAFT_LIFE,
    )
    return drafts.remember(see_other(url_for("giving.check")), token)
