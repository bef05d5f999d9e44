"""Gifts in kind: their own list, never in the sums of money."""

from __future__ import annotations

import datetime as dt

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving.domain import donor as reading
from fund.giving.intake import goods as acts
from fund.giving.intake import queries
from fund.giving.intake.goods import Goods
from fund.giving.intake.queries import InKindView
from fund.giving.intake.reading import read_day
from fund.giving.intake.views.blueprint import blueprint, today, twin, words
from fund.identity.queries import names as people_names
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.ids import new_secret
from fund.kernel.japanese import parse_amount
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.twins import Column

FIELDS = (
    "received_on",
    "description",
    "quantity",
    "estimated_yen",
    "donor_name",
    "donor_address",
    "donor_phone",
    "wish",
)
_LONGEST = {"description": 300, "donor_address": 300}
_COLUMNS: tuple[Column[InKindView], ...] = (
    Column("no", "番号", lambda row: row.no),
    Column("state", "状態", lambda row: row.state),
    Column("received_on", "受領日", lambda row: row.received_on.isoformat()),
    Column("description", "品物", lambda row: row.description),
    Column("quantity", "数量", lambda row: row.quantity),
    Column("estimated_yen", "見積額（参考）", lambda row: row.estimated_yen),
    Column("donor_name", "氏名・名称", lambda row: row.donor_name),
    Column("donor_address", "住所", lambda row: row.donor_address),
    Column("donor_phone", "電話番号", lambda row: row.donor_phone),
    Column("wish", "使いみちの希望", lambda row: row.wish),
    Column("decided_at", "決定", lambda r: r.decided_at.isoformat() if r.decided_at else ""),
    Column("note", "メモ", lambda row: row.note),
)


def goods_words() -> dict[str, str]:
    """Every state of a gift in kind."""
    return {
        "registered": _("決定待ち"),
        "accepted": _("受け入れ"),
        "declined": _("お断り"),
    }


def _list(typed: dict[str, str], key: str, problems: dict[str, str]) -> str:
    with current_house().database.reading() as connection:
        shown = queries.gifts_in_kind(connection)
    return render_template(
        "giving/intake_goods.html",
        goods=shown,
        goods_words=goods_words(),
        typed=typed,
        form_key=key,
        errors=problems,
        **words(),
    )


@blueprint.get("/staff/intake/goods")
@permission("intake.read")
def goods() -> ResponseReturnValue:
    """The list and the form of the next one."""
    blank = dict.fromkeys(FIELDS, "") | {"received_on": today().isoformat()}
    return _list(blank, new_secret(), {})


@blueprint.get("/staff/intake/goods.<suffix>")
@permission("intake.read")
def goods_twin(suffix: str) -> Response:
    """The list for machines."""
    with current_house().database.reading() as connection:
        return twin(suffix, "goods", _COLUMNS, queries.gifts_in_kind(connection, limit=10_000))


def _read(typed: dict[str, str], key: str) -> Goods:
    problems: dict[str, str] = {}
    said: dict[str, str] = {}
    for name in ("description", "quantity", "donor_name", "donor_address", "donor_phone", "wish"):
        try:
            said[name] = reading.read_name(typed[name], _LONGEST.get(name, 100))
        except ValueError as error:
            problems[name] = str(error)
    day = _day(typed["received_on"], problems)
    estimate = None
    if typed["estimated_yen"].strip():
        try:
            estimate = parse_amount(typed["estimated_yen"][:40])
        except ValueError:
            problems["estimated_yen"] = _("見積額を数字で書いてください（例：10000）")
    if problems:
        raise Invalid(_("物品の寄附の内容を確認してください"), problems)
    return Goods(form_key=key, received_on=day, estimated_yen=estimate, **said)


def _day(text: str, problems: dict[str, str]) -> dt.date:
    try:
        return read_day(text[:60])
    except ValueError:
        problems["received_on"] = _("日付を入力してください（例：2026-04-01）")
        return today()


@blueprint.post("/staff/intake/goods")
@permission("intake.enter")
def register_goods() -> ResponseReturnValue:
    """Register a gift in kind."""
    typed = {name: request.form.get(name, "") for name in FIELDS}
    key = request.form.get("form_key", "")
    try:
        number = acts.register_goods(
            current_house(), by=current_actor(), now=now(), goods=_read(typed, key)
        )
    except Invalid as error:
        return _list(typed, key, error.fields or {"description": str(error)}), 400
    flash(_("%(no)s を登録しました。ほかの職員が受け入れを決定します。", no=number), "success")
    return redirect(url_for("intake.one_of_goods", no=number), 303)


def _one(no: str, problems: dict[str, str]) -> str:
    with current_house().database.reading() as connection:
        found = queries.gifts_in_kind(connection, number=no)
        if not found:
            raise NotFound(_("物品の寄附が見つかりません"))
        people = {one for one in (found[0].registered_by, found[0].decided_by) if one}
        return render_template(
            "giving/intake_one_of_goods.html",
            one=found[0],
            goods_words=goods_words(),
            people=people_names(connection, people),
            mine=found[0].registered_by == current_actor().person_id,
            note=request.form.get("note", ""),
            errors=problems,
            **words(),
        )


@blueprint.get("/staff/intake/goods/<no>")
@permission("intake.read")
def one_of_goods(no: str) -> ResponseReturnValue:
    """One gift in kind, as a page to print."""
    return _one(no, {})


@blueprint.post("/staff/intake/goods/<no>")
@permission("intake.enter")
def decide_goods(no: str) -> ResponseReturnValue:
    """Accept it or decline it; never by who registered it."""
    decision = request.form.get("decision", "")
    if decision not in {"accept", "decline"}:
        return _one(no, {"decision": _("受け入れるか、お断りするかを選んでください")}), 400
    try:
        acts.decide_goods(
            current_house(),
            by=current_actor(),
            now=now(),
            number=no,
            accept=decision == "accept",
            note=request.form.get("note", ""),
        )
    except Invalid as error:
        return _one(no, error.fields), 400
    flash(_("決定を記録しました。"), "success")
    return redirect(url_for("intake.one_of_goods", no=no), 303)
