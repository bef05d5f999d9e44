"""A monthly gift's own page: the months so far, and pausing, going on and stopping."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, wording
from fund.giving.commands import pledges as commands_of
from fund.giving.pledge_letters import page_of
from fund.giving.pledges_store import pledge_secret
from fund.giving.queries import pledges as asked
from fund.giving.queries.pledges import PledgeView
from fund.giving.views.blueprint import blueprint
from fund.kernel.actor import donor as donor_hand
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import NotFound, Unavailable
from fund.payments.cards import open_card_page
from fund.payments.commands import CheckoutWording
from fund.payments.subscriptions_queries import SubscriptionView, subscription_of
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now
from fund.registry import queries as registry


def state_words() -> dict[str, tuple[str, str]]:
    """Every state of a pledge: its word and the tone of its chip."""
    return {
        "pending": (_("はじめの支払い待ち"), "warning"),
        "active": (_("つづいています"), "success"),
        "paused": (_("お休み中"), "info"),
        "ended": (_("おわりました"), "neutral"),
    }


def asked_words() -> dict[str, str]:
    """What waits to be done at the provider."""
    return {
        "pause": _("お休みにする手続きをしています"),
        "resume": _("つづける手続きをしています"),
        "stop": _("おわりにする手続きをしています"),
    }


def _behind(secret: str) -> PledgeView:
    with current_house().database.reading() as connection:
        found = asked.pledge_by_secret(connection, secret[:64])
    if found is None:
        raise NotFound(_("このページは見つかりません。アドレスをご確認ください"))
    return found


@blueprint.get("/m/<secret>")
@public
def monthly(secret: str) -> ResponseReturnValue:
    """The months so far, the next charge, and what the donor may do."""
    house, pledge = current_house(), _behind(secret)
    with house.database.reading() as connection:
        months = asked.months_of(connection, pledge.id)
        known = subscription_of(connection, pledge.no)
        names = registry.names(connection)
    charged = known.period_end if known and pledge.state == "active" else None
    return render_template(
        "giving/monthly.html",
        secret=secret,
        pledge=pledge,
        months=[(month, commands.secret_of(house, month.gift_no)) for month in months],
        next_day=day_in_japan(charged) if charged else None,
        behind=behind_text(known.failure_code) if known and known.failure_code else None,
        retry_day=day_in_japan(known.next_attempt_at) if known and known.next_attempt_at else None,
        names=names,
        as_of=now(),
        card_day=day_in_japan(known.card_as_of) if known and known.card_as_of else None,
        card_pending=known.card_session is not None if known else False,
        refresh=_again(secret, known),
        state_words=state_words(),
        asked_words=asked_words(),
        gift_words=wording.state_words(),
        gift_tones=wording.state_tones(),
        wish_text=wording.wish_text,
        stopping=request.args.get("stop") == "1",
    )


@blueprint.post("/m/<secret>/<any(pause, resume, stop):act>")
@public
def change_monthly(secret: str, act: str) -> ResponseReturnValue:
    """Ask for it; the provider is told at once after this."""
    pledge = _behind(secret)
    hand = donor_hand(pledge.no)
    commands_of.ask(current_house(), by=hand, now=now(), pledge_no=pledge.no, act=act)
    said = {
        "pause": _("お休みを受け付けました。つぎの支払いはありません。いつでもつづけられます。"),
        "resume": _("毎月の寄附をつづけます。ありがとうございます。"),
        "stop": _("毎月の寄附をおわりにします。これまでの寄附のページは、そのまま残ります。"),
    }
    flash(said[act], "success")
    return _to(secret)


def _to(secret: str) -> ResponseReturnValue:
    return redirect(f"{request.script_root}/m/{secret}", 303)


@blueprint.post("/m/<secret>/card")
@public
def change_card(secret: str) -> ResponseReturnValue:
    """Go on to the hosted page on which another card is given; nothing is charged there."""
    house, pledge = current_house(), _behind(secret)
    ours = house.settings.municipality
    address = page_of(house.settings, pledge.no, pledge.link_version, pledge.locale)
    wording_of = CheckoutWording(
        description=ours.fund_name_en if pledge.locale == "en" else ours.fund_name,
        success_url=f"{address}?card=given",
        cancel_url=f"{address}?card=kept",
        email="",
        locale=pledge.locale,
    )
    hand = donor_hand(pledge.no)
    try:
        page = open_card_page(house, by=hand, now=now(), pledge_no=pledge.no, wording=wording_of)
    except Unavailable:
        flash(
            _("決済会社に接続できません。何も変わっていません。少し待ってからお試しください。"),
            "error",
        )
        return _to(secret)
    return redirect(page, 303)


@blueprint.route("/m/<secret>/renew", methods=["GET", "POST"])
@public
def renew_monthly(secret: str) -> ResponseReturnValue:
    """New addresses for this page and for the pages of its months; the old ones open nothing."""
    house, pledge = current_house(), _behind(secret)
    if request.method == "GET":
        return render_template("giving/renew_monthly.html", pledge=pledge, secret=secret)
    with house.database.reading() as connection:
        newest = asked.months_of(connection, pledge.id)[0].gift_no
    commands.renew_link(house, by=donor_hand(pledge.no), now=now(), gift_no=newest)
    with house.database.reading() as connection:
        fresh = asked.pledge_by_no(connection, pledge.no) or pledge
    flash(_("新しいアドレスに変わりました。この画面を保存してください"), "success")
    return _to(pledge_secret(house.settings.secret_key, fresh.no, fresh.link_version))


def behind_text(code: str) -> str:
    """Why a month's charge failed, as far as it helps the donor to put it right."""
    texts: dict[str, str] = {
        "insufficient_funds": _("カードの残高や利用枠が足りないようです。"),
        "card_velocity_exceeded": _("カードの残高や利用枠が足りないようです。"),
        "expired_card": _("カードの有効期限が切れているようです。"),
        "authentication_required": _("カード会社が、ご本人の確認を求めています。"),
    }
    refused: str = _("カード会社に承認されませんでした。理由は、カード会社だけがお答えできます。")
    return texts.get(code, refused)


def _again(secret: str, known: SubscriptionView | None) -> str | None:
    """Where to look again while a card that was just given is not charged yet; six times."""
    turn = request.args.get("turn", "0")
    given = request.args.get("card") == "given" and known is not None and known.card_session
    if not given or not turn.isascii() or not turn.isdigit() or len(turn) > 1 or int(turn) > 5:
        return None
    return url_for("giving.monthly", secret=secret, card="given", turn=int(turn) + 1)
