"""Monthly gifts as staff see them: the list with its totals and twins, and acting for a donor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.giving import wording
from fund.giving.commands import pledges as commands_of
from fund.giving.queries import pledges as asked
from fund.giving.queries.pledges import Months, PledgeFilter, PledgeView
from fund.giving.views.blueprint import blueprint
from fund.giving.views.pledges import asked_words, behind_text, state_words
from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import Json
from fund.kernel.errors import NotFound
from fund.kernel.money import Yen
from fund.payments.subscriptions_queries import SubscriptionView, subscriptions_of
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response
from fund.registry import queries as registry

PAGE = 50
ALL = 1_000_000
NOTHING = Months(0, Yen(0), None)


@dataclass(frozen=True)
class Row:
    """One line of the list: the pledge, what its months brought, and what the provider says."""

    pledge: PledgeView
    months: Months
    charge: SubscriptionView | None

    @property
    def next_on(self) -> dt.date | None:
        """The day of the next charge."""
        goes_on = self.pledge.state == "active" and self.charge is not None
        due = self.charge.period_end if goes_on and self.charge else None
        return day_in_japan(due) if due else None


def _rows(
    connection: Connection, wanted: PledgeFilter, before: int | None, limit: int
) -> Sequence[Row]:
    found = asked.pledges(connection, wanted, before=before, limit=limit)
    months = asked.months_counted(connection, [one.id for one in found])
    charges = subscriptions_of(connection, [one.no for one in found])
    return [Row(one, months.get(one.id, NOTHING), charges.get(one.no)) for one in found]


def _wanted(query: Query) -> PledgeFilter:
    state = query.choice("state", state_words().keys())
    look = query.choice("look", ("behind", "asked"))
    return PledgeFilter(state=state, behind=look == "behind", asked=look == "asked")


def _kept(wanted: PledgeFilter) -> Mapping[str, str | None]:
    look = "behind" if wanted.behind else "asked" if wanted.asked else None
    return {"state": wanted.state, "look": look}


@blueprint.get("/staff/pledges")
@permission("gift.read")
def staff_pledges() -> ResponseReturnValue:
    """Monthly gifts by state, the newest first, with the totals of all that the filter finds."""
    query = Query(request.args)
    wanted = _wanted(query)
    after = query.integer("after", 1, 2**53)
    query.check()
    with current_house().database.reading() as connection:
        found = _rows(connection, wanted, after, PAGE + 1)
        return render_template(
            "giving/staff_pledges.html",
            rows=found[:PAGE],
            following=found[PAGE - 1].pledge.id if len(found) > PAGE else None,
            totals=asked.pledge_totals(connection, wanted),
            counts=asked.pledge_counts(connection),
            kept=_kept(wanted),
            names=registry.names(connection),
            state_words=state_words(),
            asked_words=asked_words(),
            behind_text=behind_text,
            wish_text=wording.wish_text,
        )


@blueprint.get("/staff/pledges.<suffix>")
@permission("gift.read")
def staff_pledges_as(suffix: str) -> Response:
    """All rows of the same filter as a file; no person is in it."""
    if suffix not in {"csv", "json", "xlsx"}:
        raise NotFound(_("その形式はありません"))
    query = Query(request.args)
    wanted = _wanted(query)
    query.check()
    with current_house().database.reading() as connection:
        rows = _rows(connection, wanted, None, ALL)
        columns = _columns(registry.names(connection))
    if suffix == "csv":
        return csv_response("monthly-gifts", columns, rows)
    if suffix == "json":
        body: list[Json] = [{one.name: one.value(row) for one in columns} for row in rows]
        return json_response({"monthly_gifts": body})
    word = state_words()[wanted.state][0] if wanted.state else _("すべて")
    notes = [_("毎月の寄附"), _("状態") + "：" + word, str(day_in_japan(now()))]
    return xlsx_response("monthly-gifts", columns, rows, notes)


def _columns(names: registry.Names) -> Sequence[Column[Row]]:
    def wishes(row: Row) -> str:
        return "、".join(wording.wish_text(part.wish, names) for part in row.pledge.parts)

    return [
        Column("no", "番号", lambda row: row.pledge.no),
        Column("state", "状態", lambda row: row.pledge.state),
        Column("yen", "毎月の金額", lambda row: int(row.pledge.yen)),
        Column("wish", "使いみち", wishes),
        Column("months", "支払われた月", lambda row: row.months.count),
        Column("received_yen", "受け取った金額", lambda row: int(row.months.yen)),
        Column("last_on", "さいごの受領日", lambda row: str(row.months.last_on or "")),
        Column("next_on", "つぎの支払い", lambda row: str(row.next_on or "")),
        Column("behind", "支払いの遅れ", lambda row: row.charge.failure_code if row.charge else ""),
        Column("asked", "手続き中", lambda row: row.pledge.asked or ""),
        Column("created_on", "申し込み", lambda row: str(day_in_japan(row.pledge.created_at))),
        Column("ended_by", "おわらせた人", lambda row: row.pledge.ended_by or ""),
        Column("sample", "見本", lambda row: "sample" if row.pledge.sample else ""),
    ]


@blueprint.post("/staff/pledges/<no>/<any(pause, resume, stop):act>")
@permission("gift.correct")
def staff_change_pledge(no: str, act: str) -> ResponseReturnValue:
    """An officer pauses, resumes or stops for a donor who asked by telephone."""
    commands_of.ask(
        current_house(), by=current_actor(), now=now(), pledge_no=no[:20].upper(), act=act
    )
    flash(_("手続きを受け付けました。決済会社に伝えています。"), "success")
    return redirect(url_for("giving.staff_pledges"), 303)
