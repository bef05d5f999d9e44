"""The mail room: what waits, what went, what failed and why, and which addresses take no mail."""

from __future__ import annotations

import datetime as dt

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.desk import mailroom
from fund.desk.views.blueprint import blueprint
from fund.giving.domain.donor import read_email
from fund.kernel.errors import Invalid
from fund.platform import attempts, bounces, outbox
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.locale import translated
from fund.platform.web.query import Query

PAGE = 50
SLOWED = "slowed"


def state_words() -> dict[str, str]:
    """Every state of a mail."""
    return {"queued": _("送信待ち"), "sent": _("送信済み"), "failed": _("届かず")}


@blueprint.get("/staff/mail")
@permission("mail.read")
def mail() -> ResponseReturnValue:
    """The outbox by state, the bounce list, and how often visitors were asked to wait."""
    query = Query(request.args)
    state = query.choice("state", state_words().keys())
    after = query.integer("after", 1, 2**53)
    query.check()
    with current_house().database.reading() as connection:
        shown = outbox.mails(connection, state, after, PAGE + 1)
        return render_template(
            "desk/mail.html",
            mails=shown[:PAGE],
            following=shown[PAGE - 1].id if len(shown) > PAGE else None,
            counts=outbox.mail_counts(connection),
            state=state,
            state_words=state_words(),
            reason_words={
                "refused": _("サーバーが受け取らなかった"),
                "reported": _("届かないとの知らせ"),
                "manual": _("職員が止めた"),
            },
            occasion_words=occasion_words(),
            suppressed=bounces.suppressed(connection),
            slowed=attempts.total(connection, SLOWED, now() - dt.timedelta(days=1)),
        )


def occasion_words() -> dict[str, str]:
    """What mails are about: a word for every kind there is."""
    return {
        "gift.offered": _("申し込みの受け付け"),
        "gift.waiting": _("支払いかたの案内"),
        "gift.reminder": _("支払い期限の前日"),
        "gift.received": _("入金の確認"),
        "gift.part-arrived": _("振込の一部"),
        "gift.exceeded": _("多すぎる振込"),
        "gift.paid-again": _("重ねての支払い"),
        "gift.accepted": _("採納と受領証明書"),
        "gift.declined": _("不採納"),
        "gift.allocated": _("使いみちの決定"),
        "gift.settled": _("事業の終わり"),
        "gift.redirected": _("希望の期限切れ"),
        "gift.walked-back": _("助成の減額・取り消し"),
        "gift.filled-in": _("返金の穴うめ"),
        "gift.refunded": _("返金"),
        "gift.refund-failed": _("届かなかった返金"),
        "gift.disputed": _("異議の始まり"),
        "gift.dispute-won": _("異議の終わり（有効）"),
        "gift.dispute-lost": _("異議の終わり（取り消し）"),
        "gift.choose_use": _("使いみちの案内"),
        "use.chosen": _("選んだ使いみち"),
        "one-stop.form": _("ワンストップ特例の申請書"),
        "one-stop.received": _("ワンストップ特例の受け付け"),
        "one-stop.defective": _("ワンストップ特例の不備"),
        "one-stop.late": _("ワンストップ特例の期限切れ"),
        "monthly.started": _("毎月の寄附の始まり"),
        "monthly.card": _("毎月の寄附のカード"),
        "monthly.failed": _("毎月の寄附の支払い失敗"),
        "monthly.wish": _("毎月の寄附の使いみち"),
        "monthly.ended": _("毎月の寄附の終わり"),
        "gift.link": _("専用ページのアドレス"),
        "gift.email": _("メールアドレスの確認"),
        "draft.resume": _("入力の続き"),
        "draft.reminder": _("入力の期限"),
        "wish.term-near": _("希望の期限（職員あて）"),
    }


@blueprint.post("/staff/mail/<int:mail_id>/resend")
@permission("gift.correct")
def resend_mail(mail_id: int) -> ResponseReturnValue:
    """Send a failed mail once more."""
    mailroom.resend(current_house(), by=current_actor(), now=now(), mail_id=mail_id)
    flash(_("もう一度送ります"), "success")
    return redirect(url_for("desk.mail"), 303)


@blueprint.post("/staff/mail/stop")
@permission("gift.correct")
def stop_address() -> ResponseReturnValue:
    """Put an address, or those of a delivery report, on the bounce list."""
    house, by = current_house(), current_actor()
    report = request.files.get("report")
    try:
        if report is not None and report.filename:
            raw = report.read(bounces.LONGEST_REPORT + 1)
            count = mailroom.take_report(house, by=by, now=now(), raw=raw)
            flash(_("%(n)s件のアドレスを止めました", n=count), "success")
        else:
            mailroom.suppress(house, by=by, now=now(), address=_address())
            flash(_("このアドレスには送りません"), "success")
    except Invalid as error:
        flash(translated(str(error)), "error")
    return redirect(url_for("desk.mail", _anchor="stopped"), 303)


def _address() -> str:
    message = _("メールアドレスを入力するか、知らせのメールを選んでください")
    try:
        address = read_email(request.form.get("address", ""))
    except ValueError as error:
        raise Invalid(str(error)) from error
    if not address:
        raise Invalid(message)
    return address


@blueprint.post("/staff/mail/stop/<int:suppression_id>/lift")
@permission("gift.correct")
def lift_address(suppression_id: int) -> ResponseReturnValue:
    """Take an address off the bounce list."""
    mailroom.lift(current_house(), by=current_actor(), now=now(), suppression_id=suppression_id)
    flash(_("このアドレスに、また送ります"), "success")
    return redirect(url_for("desk.mail", _anchor="stopped"), 303)
