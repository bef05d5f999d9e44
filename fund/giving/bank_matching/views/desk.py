"""The matching desk: open lines with their likeliest facts, one submit for many; one line."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.giving.bank_matching import commands, queries
from fund.giving.bank_matching.acts import BOOKABLE
from fund.giving.bank_matching.commands import Choice
from fund.giving.bank_matching.queries import Expected
from fund.giving.bank_matching.views import wording
from fund.giving.bank_matching.views.blueprint import blueprint
from fund.giving.bank_matching.views.files import line_columns
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.japanese import parse_amount
from fund.ledger import accounts
from fund.ledger import queries as ledger
from fund.payments.bank import queries as bank
from fund.payments.bank.queries import LineView
from fund.platform.web.access import permission
from fund.platform.web.context import current_actor, current_house, now
from fund.platform.web.locale import translated
from fund.platform.web.query import Query
from fund.platform.web.twins import Column, csv_response, xlsx_response

PAGE = 30


@blueprint.get("/staff/bank")
@permission("reconciliation.read")
def desk() -> ResponseReturnValue:
    """Books = bank, and the lines nobody could be sure about, with what they may be."""
    return _desk({})


def _desk(refused: dict[int, str]) -> str:
    query = Query(request.args)
    after = query.integer("after", 0, 2**53) or 0
    way = query.choice("way", ("in", "out"))
    query.check()
    incoming = None if way is None else way == "in"
    with current_house().database.reading() as connection:
        found = bank.open_lines(connection, after=after, incoming=incoming, limit=PAGE + 1)
        match = bank.bank_matched(connection)
        return render_template(
            "bank/desk.html",
            lines=found[:PAGE],
            offers=queries.offers(connection, found[:PAGE]),
            following=found[PAGE - 1].id if len(found) > PAGE else None,
            match=match,
            counted=bank.open_count(connection),
            waiting=bank.open_entries(connection, last=match.as_of) if match else [],
            refused=refused,
            chosen=request.form,
            way=way,
            what_words=wording.what_words(),
            why_words=wording.why_words(),
        )


@blueprint.post("/staff/bank")
@permission("bank.match")
def confirm() -> ResponseReturnValue:
    """Match every line whose proposal was chosen; what is refused stays open and says why."""
    choices = []
    for name, value in request.form.items():
        number = name.removeprefix("line-")
        fact = queries.read_form_value(value)
        known = name.startswith("line-") and number.isascii() and number.isdigit()
        if fact is not None and known and len(number) < 19:
            choices.append(Choice(int(number), fact))
    refused = commands.confirm(current_house(), by=current_actor(), now=now(), choices=choices)
    done = len(choices) - len(refused)
    if not choices:
        flash(_("照合する行の候補を選んでください。"), "error")
        return _desk({}), 400
    if refused:
        return _desk({line: translated(why) for line, why in refused.items()}), 409
    flash(_("%(n)s件を照合しました。", n=done), "success")
    return redirect(url_for("bank.desk", after=request.args.get("after")), 303)


@blueprint.get("/staff/bank/open.<suffix>")
@permission("reconciliation.read")
def open_twin(suffix: str) -> Response:
    """Every open line as CSV or a workbook."""
    with current_house().database.reading() as connection:
        found = bank.open_lines(connection)
    if suffix == "xlsx":
        return xlsx_response("bank-open-lines", line_columns(), found, ["まだ照合していない行"])
    if suffix != "csv":
        raise NotFound(_("ページが見つかりません"))
    return csv_response("bank-open-lines", line_columns(), found)


@blueprint.get("/staff/bank/expected.csv")
@permission("reconciliation.read")
def expected_twin() -> Response:
    """Everything the bank has not shown yet: booked entries and gifts that wait."""
    with current_house().database.reading() as connection:
        found = queries.expected(connection)
    columns: list[Column[Expected]] = [
        Column("what", "内容", lambda item: item.fact.what),
        Column("day", "日付", lambda item: str(item.fact.day)),
        Column("yen", "まだ照合していない金額", lambda item: item.fact.yen),
        Column("no", "番号", lambda item: item.gift_no or item.award_no or item.fact_no),
        Column("booked", "記帳", lambda item: "no" if item.fact.waits else "yes"),
    ]
    return csv_response("bank-expected", columns, found)


def _line(statement_no: str, row: int) -> LineView:
    with current_house().database.reading() as connection:
        found = bank.line(connection, statement_no, row)
    if found is None:
        raise NotFound(_("明細の行が見つかりません"))
    return found


@blueprint.get("/staff/bank/lines/<statement_no>/<int:row>")
@permission("reconciliation.read")
def line(statement_no: str, row: int) -> ResponseReturnValue:
    """One line: what it is, what became of it, and every way to match it."""
    return _line_page(_line(statement_no, row), {})


def _line_page(shown: LineView, problems: dict[str, str]) -> str:
    words = request.args.get("q", "")[:100]
    with current_house().database.reading() as connection:
        offered = queries.offers(connection, [shown]).get(shown.id, []) if shown.open else []
        searched = queries.search(connection, shown, words) if words and shown.open else []
        known = {offer.expected.form_value for offer in offered}
        standing = {
            "counter": ledger.balance(connection, accounts.CLEARING_COUNTER),
            "fee_reimbursed": ledger.balance(connection, accounts.DUE_FROM_WARD),
        }
        return render_template(
            "bank/line.html",
            line=shown,
            offers=offered
            + [offer for offer in searched if offer.expected.form_value not in known],
            kin=queries.kin(connection, shown) if shown.open else [],
            matches=bank.matches_of(connection, shown.id),
            sightings=bank.sightings_of(connection, shown.id),
            bookable=[what for what in BOOKABLE if (what == "fee") == (shown.open < 0)],
            standing=standing,
            words=words,
            searched=bool(searched),
            typed=request.form,
            errors=problems,
            what_words=wording.what_words(),
            why_words=wording.why_words(),
            level_words=wording.level_words(),
        )


@blueprint.post("/staff/bank/lines/<statement_no>/<int:row>")
@permission("bank.match")
def act(statement_no: str, row: int) -> ResponseReturnValue:
    """Match, book, set aside or take back; the page comes back with what was typed."""
    shown = _line(statement_no, row)
    try:
        _act(shown)
    except Invalid as error:
        return _line_page(shown, error.fields or {"act": str(error)}), 400
    except (Conflict, NotFound) as error:
        return _line_page(_line(statement_no, row), {"act": str(error)}), 409
    flash(_("記録しました。"), "success")
    return redirect(url_for("bank.line", statement_no=statement_no, row=row), 303)


def _act(shown: LineView) -> None:
    house, by, moment = current_house(), current_actor(), now()
    name, form = request.form.get("act", ""), request.form
    if name == "match":
        fact = queries.read_form_value(form.get("fact", ""))
        if fact is None:
            raise _refuse("fact", "照合する相手を選んでください")
        others = [_number(value) for value in form.getlist("with")] if fact[0] == "gift" else []
        commands.match_by_hand(
            house, by=by, now=moment, line_ids=[shown.id, *others], fact=fact, yen=_yen("yen")
        )
    elif name == "book":
        what = form.get("what", "")
        if what not in BOOKABLE:
            raise _refuse("what", "記帳する内容を選んでください")
        commands.book_line(
            house, by=by, now=moment, line_id=shown.id, what=what, yen=_yen("book_yen")
        )
    elif name == "ignore":
        commands.ignore_line(
            house, by=by, now=moment, line_id=shown.id, reason=form.get("reason", "")
        )
    elif name == "undo":
        commands.unmatch(
            house,
            by=by,
            now=moment,
            match_id=_number(form.get("match", "")),
            reason=form.get("reason", ""),
        )
    else:
        raise NotFound("ページが見つかりません")


def _refuse(field: str, message: str) -> Invalid:
    return Invalid(message, {field: message})


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("明細の行が見つかりません")
    return int(text)


def _yen(field: str) -> int | None:
    """A typed part, None when the field was left empty."""
    typed = request.form.get(field, "").strip()
    if not typed:
        return None
    try:
        return int(parse_amount(typed))
    except ValueError:
        message = "金額を数字で入力してください（例：10000）"
        raise Invalid(message, {field: message}) from None
