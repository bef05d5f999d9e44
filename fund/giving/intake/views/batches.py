"""Batches: open one, type it with the keyboard alone, hand it in; another person checks it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving.commands import note_batch_viewed
from fund.giving.intake import batches as acts
from fund.giving.intake import queries
from fund.giving.intake.forms import FIELDS, with_dittos
from fund.giving.intake.queries import BatchView, RowView
from fund.giving.intake.reading import Setting, read_day, read_row
from fund.giving.intake.uses import open_uses
from fund.giving.intake.views.blueprint import blueprint, today, twin, words
from fund.identity.queries import names as people_names
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.japanese import narrow, parse_amount
from fund.kernel.money import Yen
from fund.manual.queries import rules_on
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Column
from fund.registry import queries as registry

PAGE = 50
_OPENING = ("kind", "day", "place", "expected_count", "expected_yen")
_COLUMNS: tuple[Column[BatchView], ...] = (
    Column("no", "番号", lambda batch: batch.no),
    Column("kind", "種類", lambda batch: batch.kind),
    Column("origin", "入力・ファイル", lambda batch: batch.origin),
    Column("state", "状態", lambda batch: batch.state),
    Column("day", "日", lambda batch: batch.day.isoformat()),
    Column("place", "場所・サイト", lambda batch: batch.place),
    Column("expected_count", "控えの件数", lambda batch: batch.totals.expected_count),
    Column("expected_yen", "控えの合計", lambda batch: batch.totals.expected_yen),
    Column("count", "件数", lambda batch: batch.totals.count),
    Column("yen", "合計", lambda batch: batch.totals.yen),
    Column("left_out", "除外", lambda batch: batch.left_out),
    Column("booked", "記帳済み", lambda batch: batch.booked),
    Column("difference_reason", "差の理由", lambda batch: batch.difference_reason),
)


def _list(typed: Mapping[str, str], problems: dict[str, str]) -> str:
    query = Query(request.args)
    after = query.integer("after", 1, 2**53)
    query.check()
    with current_house().database.reading() as connection:
        shown = queries.batches(connection, after=after, limit=PAGE + 1)
        people = {batch.opened_by for batch in shown if batch.opened_by}
        return render_template(
            "giving/intake_batches.html",
            batches=shown[:PAGE],
            following=shown[PAGE - 1].id if len(shown) > PAGE else None,
            people=people_names(connection, people),
            typed=typed,
            errors=problems,
            me=current_actor().person_id,
            **words(),
        )


@blueprint.get("/staff/intake")
@permission("intake.read")
def batches() -> ResponseReturnValue:
    """The batches and the form that begins one."""
    return _list(dict.fromkeys(_OPENING, "") | {"day": today().isoformat()}, {})


@blueprint.get("/staff/intake.<suffix>")
@permission("intake.read")
def batches_twin(suffix: str) -> Response:
    """The batches for machines."""
    with current_house().database.reading() as connection:
        return twin(suffix, "intake", _COLUMNS, queries.batches(connection, limit=10_000))


@blueprint.post("/staff/intake")
@permission("intake.enter")
def open_batch() -> ResponseReturnValue:
    """Begin a batch with its control total."""
    typed = {name: request.form.get(name, "") for name in _OPENING}
    problems: dict[str, str] = {}
    try:
        day = read_day(typed["day"][:60])
    except ValueError:
        day = today()
        problems["day"] = _("日付を入力してください（例：2026-04-01）")
    plain = narrow(typed["expected_count"]).strip().removesuffix("件")
    count = int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 7 else 0
    try:
        yen = parse_amount(typed["expected_yen"][:40])
    except ValueError:
        yen = Yen(0)
    if problems:
        return _list(typed, problems), 400
    try:
        number = acts.open_batch(
            current_house(),
            by=current_actor(),
            now=now(),
            kind=typed["kind"],
            day=day,
            place=typed["place"].strip()[:80],
            expected=(count, yen),
        )
    except Invalid as error:
        return _list(typed, error.fields), 400
    return redirect(url_for("intake.batch", no=number), 303)


def _page(number: str, typed: Mapping[str, str] | None, problems: dict[str, str]) -> str:
    """A batch: the row form while it is open, the check when it was handed in."""
    edited = request.values.get("row", type=int)
    with current_house().database.reading() as connection:
        batch = queries.batch(connection, number)
        if batch is None:
            raise NotFound(_("束が見つかりません"))
        listed = queries.rows(connection, batch.id)
        people: set[int] = {
            one for one in (batch.opened_by, batch.handed_in_by, batch.checked_by) if one
        } | {row.entered_by for row in listed if row.entered_by}
        fields = FIELDS[batch.kind]
        chosen = next((row for row in listed if row.position == edited), None)
        me = current_actor().person_id
        return render_template(
            "giving/intake_batch.html",
            batch=batch,
            rows=listed,
            fields=fields,
            typed=typed or _blank(fields, chosen),
            edited=chosen.position if chosen else None,
            before=listed[-1] if listed else None,
            people=people_names(connection, people),
            doubts=queries.open_doubts(connection, batch.id),
            mine=me in {batch.opened_by, batch.handed_in_by, *(r.entered_by for r in listed)},
            reason=request.form.get("reason", ""),
            note=request.form.get("note", ""),
            errors=problems,
            names=registry.names(connection),
            **words(),
        )


def _blank(fields: tuple[str, ...], chosen: RowView | None) -> dict[str, str]:
    return {name: (chosen.typed.get(name, "") if chosen else "") for name in fields}


@blueprint.get("/staff/intake/<no>")
@permission("intake.read")
def batch(no: str) -> ResponseReturnValue:
    """One batch; that its donors' names were seen is written down."""
    page = _page(no, None, {})
    note_batch_viewed(current_house(), by=current_actor(), now=now(), batch_no=no)
    return page


@blueprint.post("/staff/intake/<no>/rows")
@permission("intake.enter")
def put_row(no: str) -> ResponseReturnValue:
    """Take one row; the next one begins at once, or the row comes back with what to change."""
    position = request.form.get("row", type=int)
    with current_house().database.reading() as connection:
        batch = queries.batch(connection, no)
        if batch is None:
            raise NotFound(_("束が見つかりません"))
        typed = {name: request.form.get(name, "") for name in FIELDS[batch.kind]}
        earlier = [row for row in queries.rows(connection, batch.id) if row.position != position]
        order = rules_on(connection, today()).text("fallback.order")
        uses = open_uses(connection, today(), order)
    said = with_dittos(typed, earlier[-1].typed if earlier else {})
    setting = Setting(today(), batch.kind, batch.day, note=batch.place)
    try:
        alike = acts.put_row(
            current_house(),
            by=current_actor(),
            now=now(),
            number=no,
            facts=read_row(said, uses, setting),
            typed=said,
            position=position,
        )
    except Invalid as error:
        return _page(no, typed, error.fields), 400
    if alike:
        flash(
            _("同じ寄附がすでにあるかもしれません。下の「重なり」を判断してください。"), "warning"
        )
    # without a fragment: a page that is opened at a place ignores autofocus
    return redirect(url_for("intake.batch", no=no), 303)


@blueprint.post("/staff/intake/<no>/rows/<int:position>/remove")
@permission("intake.enter")
def remove_row(no: str, position: int) -> ResponseReturnValue:
    """Take a row out of an open batch."""
    acts.remove_row(current_house(), by=current_actor(), now=now(), number=no, position=position)
    flash(_("%(n)s行めを消しました。", n=position), "success")
    return redirect(url_for("intake.batch", no=no), 303)


@blueprint.post("/staff/intake/<no>/hand-in")
@permission("intake.enter")
def hand_in(no: str) -> ResponseReturnValue:
    """Give the batch to another person."""
    reason = request.form.get("reason", "")
    try:
        acts.hand_in(current_house(), by=current_actor(), now=now(), number=no, reason=reason)
    except Invalid as error:
        return _page(no, None, error.fields), 400
    flash(_("%(no)s を渡しました。ほかの職員が確認します。", no=no), "success")
    return redirect(url_for("intake.batch", no=no), 303)


@blueprint.post("/staff/intake/<no>/check")
@permission("intake.enter")
def check(no: str) -> ResponseReturnValue:
    """Confirm what another person typed, or send it back with a note."""
    decision = request.form.get("decision", "")
    if decision not in {"confirm", "send_back"}:
        return _page(no, None, {"decision": _("確認したか、差し戻すかを選んでください")}), 400
    try:
        booked = acts.check_batch(
            current_house(),
            by=current_actor(),
            now=now(),
            number=no,
            confirm=decision == "confirm",
            note=request.form.get("note", ""),
        )
    except Invalid as error:
        return _page(no, None, error.fields), 400
    if booked:
        flash(_("%(n)s件を記帳しました。次は採納の起案です。", n=len(booked)), "success")
    else:
        flash(_("差し戻しました。"), "success")
    return redirect(url_for("intake.batch", no=no), 303)


@blueprint.post("/staff/intake/<no>/drop")
@permission("intake.enter")
def drop(no: str) -> ResponseReturnValue:
    """End an open batch without booking it."""
    acts.drop_batch(current_house(), by=current_actor(), now=now(), number=no)
    flash(_("%(no)s を取りやめました。", no=no), "success")
    return redirect(url_for("intake.batches"), 303)
