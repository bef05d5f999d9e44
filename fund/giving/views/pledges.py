"""A monthly gift's own page: the months so far, and pausing, going on and stopping."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving import commands, wording
from fund.giving.commands import pledges as commands_of
from fund.giving.queries import pledges as asked
from fund.giving.queries.pledges import PledgeView
from fund.giving.views.blueprint import blueprint
from fund.kernel.actor import donor as donor_hand
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import NotFound
from fund.payments.subscriptions_queries import subscription_of
from fund.platform.web.access import permission, public
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response
from fund.registry import queries as registry

PAGE = 50


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
        behind=known.failure_code if known else None,
        retry_day=day_in_japan(known.next_attempt_at) if known and known.next_attempt_at else None,
        names=names,
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


def _to(secret: str) -> Response:
    response = redirect(f"{request.script_root}/m/{secret}", 303)
    if not isinstance(response, Response):
        raise TypeError("a redirect is a response of Flask")
    return response


@blueprint.get("/staff/pledges")
@permission("gift.read")
def staff_pledges() -> ResponseReturnValue:
    """Monthly gifts by state, the newest first."""
    query = Query(request.args)
    state = query.choice("state", state_words().keys())
    after = query.integer("after", 1, 2**53)
    query.check()
    with current_house().database.reading() as connection:
        found = asked.pledges(connection, state=state, before=after, limit=PAGE + 1)
        counted = asked.months_counted(connection, [one.id for one in found])
        return render_template(
            "giving/staff_pledges.html",
            pledges=found[:PAGE],
            following=found[PAGE - 1].id if len(found) > PAGE else None,
            months=counted,
            counts=asked.pledge_counts(connection),
            state=state,
            names=registry.names(connection),
            state_words=state_words(),
            asked_words=asked_words(),
            wish_text=wording.wish_text,
            may_stop=current_actor().is_person(),
        )


@blueprint.get("/staff/pledges.csv")
@permission("gift.read")
def staff_pledges_csv() -> Response:
    """The same rows as a file; no person is in it."""
    with current_house().database.reading() as connection:
        found = asked.pledges(connection, state=None, before=None, limit=1_000_000)
        counted = asked.months_counted(connection, [one.id for one in found])
    columns: list[Column[PledgeView]] = [
        Column("no", "番号", lambda one: one.no),
        Column("state", "状態", lambda one: one.state),
        Column("yen", "毎月の金額", lambda one: int(one.yen)),
        Column("months", "支払われた月", lambda one: counted.get(one.id, 0)),
        Column("created_on", "申し込み", lambda one: str(day_in_japan(one.created_at))),
        Column("ended_by", "おわらせた人", lambda one: one.ended_by),
    ]
    return csv_response("monthly-gifts", columns, found)


@blueprint.post("/staff/pledges/<no>/<any(pause, resume, stop):act>")
@permission("gift.correct")
def staff_change_pledge(no: str, act: str) -> ResponseReturnValue:
    """An officer pauses, resumes or stops for a donor who asked by telephone."""
    commands_of.ask(
        current_house(), by=current_actor(), now=now(), pledge_no=no[:20].upper(), act=act
    )
    flash(_("手続きを受け付けました。決済会社に伝えています。"), "success")
    return redirect(url_for("giving.staff_pledges"), 303)
