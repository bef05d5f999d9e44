"""``/years`` and ``/years/<fy>``: the accounts of each fiscal year, closed or still open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import Json
from fund.kernel.errors import NotFound
from fund.platform.web.access import public
from fund.platform.web.caching import dated, last_changed
from fund.platform.web.context import current_house, now
from fund.platform.web.drawn import drawn
from fund.platform.web.twins import Column, csv_response, json_response, xlsx_response
from fund.publication import queries as log
from fund.publication.closing import queries
from fund.publication.closing.domain import Account, natural, summed
from fund.publication.closing.queries import Year
from fund.publication.closing.rows import YearAccount, columns
from fund.publication.closing.views.blueprint import blueprint
from fund.publication.closing.wording import states
from fund.publication.lines import context_of
from fund.publication.phrases import gettext as _
from fund.publication.views.entry import account_words
from fund.publication.wording import Context, ledger_url
from fund.registry import queries as registry


@dataclass(frozen=True)
class Accounts:
    """A year's trial balance, its two sides apart, with the words of its accounts."""

    year: Year
    rows: Sequence[Account]
    as_of: dt.datetime
    context: Context

    @property
    def where(self) -> list[Account]:
        """Where the money is."""
        return [one for one in self.rows if not one.held]

    @property
    def whose(self) -> list[Account]:
        """Whose the money is."""
        return [one for one in self.rows if one.held]

    def words(self, account: Account) -> str:
        """An account in words."""
        return account_words(account.name, self.context)


@blueprint.get("/years")
@public
def years() -> ResponseReturnValue:
    """Every fiscal year: closed or open, what came and what is left."""
    with current_house().database.reading() as connection:
        moment = log.as_of(connection)
        today = day_in_japan(now())
        known = queries.years_known(connection, today) if moment else []
        shown = [
            (one, {word.name: word for word in log.six_words(connection, one.fy).words()})
            for one in known
        ]
    page = render_template(
        "closing/years.html",
        years=shown,
        states=states(),
        ledger_url=ledger_url,
        as_of=moment or now(),
    )
    return dated(page, moment or now())


@blueprint.get("/years/<int:fy>")
@public
def year(fy: int) -> ResponseReturnValue:
    """The accounts of a year: what was there, what came and went, what is left on 31 March."""
    with current_house().database.reading() as connection:
        known, moment = _known(connection, fy)
        # Accounts are sums over entries; names are the register's, the state is the year's own.
        marks = (log.last_no(connection), moment, registry.mark(connection), known)
        page = drawn(marks, lambda: _page(_accounts(connection, known, moment)))
    return dated(page, moment)


def _page(found: Accounts) -> str:
    fy = found.year.fy
    return render_template(
        "closing/year.html",
        found=found,
        fy=fy,
        sides=[
            ("where", _("お金のあるところ"), found.where, summed(found.where)),
            ("whose", _("お金のもちぬし・使いみち"), found.whose, summed(found.whose)),
        ],
        natural=natural,
        state=states()[found.year.state],
        has_may=any(one.may is not None for one in found.rows),
        ledger=ledger_url({"fy": str(fy)}),
        account_url=lambda one: ledger_url({"fy": str(fy), "account": one.name}),
        as_of=found.as_of,
    )


@blueprint.get("/years.csv")
@public
def years_csv() -> ResponseReturnValue:
    """The accounts of every year in one file."""
    with current_house().database.reading() as connection:
        today = day_in_japan(now())
        moment = log.as_of(connection)
        known = queries.years_known(connection, today) if moment else []
        rows = [row for one in reversed(known) for row in _year_rows(connection, one, today)]
        listed = _columns(_context(connection, [row.account for row in rows]))
    return last_changed(csv_response("years", listed, rows), moment or now())


@blueprint.get("/years/<int:fy>.<any(csv, xlsx, json):form>")
@public
def year_twin(fy: int, form: str) -> ResponseReturnValue:
    """The same rows as a file: raw yen, debit positive, so that each column sums to zero."""
    with current_house().database.reading() as connection:
        found = _accounts(connection, *_known(connection, fy))
    name, listed = f"accounts-{fy}", _columns(found.context)
    rows = [YearAccount(found.year, one) for one in found.rows]
    if form == "csv":
        return last_changed(csv_response(name, listed, rows), found.as_of)
    if form == "xlsx":
        notes = [
            _("%(year)s年度の決算（残高試算表）", year=fy),
            states()[found.year.state][0],
            _("金額はすべて円です。仕訳は、借方が正、貸方が負の数です。"),
        ]
        return xlsx_response(name, listed, rows, notes)
    told: list[Json] = [{one.name: one.value(row) for one in listed} for row in rows]
    closing = found.year.closed
    closed: Json = None
    if closing is not None:
        closed = {
            "no": closing.no,
            "sha256": closing.sha256,
            "closed_on": closing.closed_on.isoformat(),
        }
    body: Json = {"fy": fy, "state": found.year.state, "closed": closed, "rows": told}
    return last_changed(json_response(body), found.as_of)


def _year_rows(connection: Connection, year: Year, today: dt.date) -> list[YearAccount]:
    return [YearAccount(year, one) for one in queries.trial_balance(connection, year.fy, today)]


def _columns(context: Context) -> list[Column[YearAccount]]:
    return columns(lambda one: account_words(one.account.name, context))


def _known(connection: Connection, fy: int) -> tuple[Year, dt.datetime]:
    """The year and the moment of the last entry.

    Raises:
        NotFound: for a year without books.
    """
    years = {one.fy: one for one in queries.years_known(connection, day_in_japan(now()))}
    moment = log.as_of(connection)
    if moment is None or fy not in years:
        raise NotFound(_unknown(list(years), begun=moment is not None))
    return years[fy], moment


def _accounts(connection: Connection, year: Year, moment: dt.datetime) -> Accounts:
    rows = queries.trial_balance(connection, year.fy, day_in_japan(now()))
    return Accounts(year, rows, moment, _context(connection, rows))


def _context(connection: Connection, rows: Sequence[Account]) -> Context:
    """The names of the groups that the accounts are named after."""
    return context_of(connection, [], {group for one in rows if (group := one.group)})


def _unknown(known: Sequence[int], *, begun: bool) -> str:
    if not begun:
        return _("台帳には、まだ記帳がありません。")
    return _(
        "この年度の決算はありません。%(first)s年度から%(last)s年度までがあります。",
        first=min(known),
        last=max(known),
    )
