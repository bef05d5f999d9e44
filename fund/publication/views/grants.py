"""``/grants`` and ``/grants/<no>``: who received what, from which money, decided by whom."""

from __future__ import annotations

import datetime as dt

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from fund.grants import queries as grants
from fund.grants.changes_store import changes_of_award
from fund.grants.queries import AwardSums
from fund.kernel.calendar import day_in_japan
from fund.kernel.canonical import Json
from fund.kernel.errors import Invalid, NotFound
from fund.kernel.money import Yen
from fund.ledger.reasons import reason_words
from fund.platform.web.access import public
from fund.platform.web.context import current_house, locale, now
from fund.platform.web.query import Query
from fund.platform.web.twins import csv_response, json_response
from fund.publication import linked, queries
from fund.publication.breakdowns import ShownOrigin
from fund.publication.breakdowns import origin as origin_of
from fund.publication.forms import read_grants
from fund.publication.grant_rows import (
    COLUMNS,
    GrantRow,
    grant_page,
    grant_row,
    grant_rows,
    grant_sums,
    programme_choices,
    row_json,
    state_word,
)
from fund.publication.lines import context_of, line
from fund.publication.phrases import gettext as _
from fund.publication.views import blueprint
from fund.publication.views.entry import WAY, clause_links
from fund.registry import queries as registry

ARGUMENTS = ("fy", "programme", "field", "q")
LONGEST_NO = 20


def _minute() -> dt.datetime:
    """The minute a page is drawn in: drawn again in the same one, it has the same bytes."""
    return now().astimezone(dt.UTC).replace(second=0, microsecond=0)


@blueprint.get("/grants")
@public
def grants_list() -> ResponseReturnValue:
    """Awards of this ledger and of the time before it, newest first."""
    errors: dict[str, str] = {}
    with current_house().database.reading() as connection:
        choices = _choices(connection)
        try:
            view = read_grants(Query(request.args))
            shown, after = grant_page(connection, view)
            sums = grant_sums(connection, view)
        except Invalid as error:
            shown, after, sums, errors = [], None, AwardSums(Yen(0), Yen(0), 0), error.fields
    page = render_template(
        "publication/grants.html",
        rows=shown,
        state_word=state_word,
        sums=sums,
        choices=choices,
        typed=_typed(),
        errors=errors,
        next=url_for("publication.grants_list", **_typed(), after=after) if after else None,  # type: ignore[arg-type]
        canonical=url_for("publication.grants_list", **_typed()),  # type: ignore[arg-type]
        as_of=_minute(),
    )
    return page, 400 if errors else 200


@blueprint.get("/grants.json")
@public
def grants_json() -> ResponseReturnValue:
    """One page of awards and the next ``after``."""
    view = read_grants(Query(request.args))
    with current_house().database.reading() as connection:
        shown, after = grant_page(connection, view)
    return json_response(
        {
            "as_of": _minute().isoformat(timespec="seconds"),
            "rows": [row_json(row) for row in shown],
            "next": after,
        }
    )


@blueprint.get("/grants.csv")
@public
def grants_csv() -> ResponseReturnValue:
    """Every award of the filter."""
    view = read_grants(Query(request.args))
    with current_house().database.reading() as connection:
        rows = grant_rows(connection, view)
    return csv_response("grants", COLUMNS, rows)


@blueprint.get("/grants/<no>")
@public
def grant(no: str) -> ResponseReturnValue:
    """One award: what was decided, where its money came from, what became of it.

    Raises:
        NotFound: when there is no award of this number.
    """
    with current_house().database.reading() as connection:
        row = _found(connection, no)
        entries, more = queries.related(connection, column="award_no", value=no, limit=WAY)
        context = context_of(connection, entries)
        origin = origin_of(connection, no, day_in_japan(now()))
        changes = [one for one in changes_of_award(connection, no) if one.state == "decided"]
        clauses = clause_links(connection, [row.award.clause] if row.award.clause else [])
    return render_template(
        "publication/grant.html",
        row=row,
        award=row.award,
        state=state_word(row.award),
        changes=changes,
        reason=lambda code: reason_words(code, locale()),
        origin=_origin_parts(origin),
        gifts=origin,
        lines=[line(entry, context) for entry in entries],
        more=more,
        clause=clauses[0] if clauses else None,
        linked=[linked.grant(row)],
        as_of=_minute(),
    )


@blueprint.get("/grants/<no>.json")
@public
def grant_json(no: str) -> ResponseReturnValue:
    """The award for machines, with the origin of its money and its entries' numbers."""
    with current_house().database.reading() as connection:
        row = _found(connection, no)
        entries, _more = queries.related(connection, column="award_no", value=no, limit=10_000)
        origin = origin_of(connection, no, day_in_japan(now()))
    money: dict[str, Json] = {wish: int(yen) for wish, yen in sorted(origin.by_wish.items())}
    return json_response(
        {
            **row_json(row),
            "origin": {
                "gifts": origin.gifts,
                "yen": int(origin.yen),
                "by_wish": money,
                "others": int(origin.others),
            },
            "entries": [entry.no for entry in entries],
        }
    )


def _found(connection: Connection, no: str) -> GrantRow:
    row = grant_row(connection, no) if no.isascii() and len(no) <= LONGEST_NO else None
    if row is None:
        raise NotFound(_("この番号の助成はありません。助成の番号は A2026-0007 の形です。"))
    return row


def _typed() -> dict[str, str]:
    return {name: value for name in ARGUMENTS if (value := request.args.get(name, "").strip())}


def _choices(connection: Connection) -> dict[str, list[tuple[str, str]]]:
    english = locale() == "en"
    return {
        "fy": [(str(year), str(year)) for year in grants.award_years(connection)],
        "programme": programme_choices(connection),
        "field": [
            (field.code, field.name_en if english else field.name_ja)
            for field in registry.fields(connection)
        ],
    }


def _origin_parts(origin: ShownOrigin) -> list[tuple[str, int]]:
    """The money's wishes in words, largest first; those of few people together."""
    words = {
        "group": _("この団体への希望"),
        "field": _("分野の希望"),
        "theme": _("テーマの希望"),
        "general": _("おまかせ"),
    }
    parts = [
        (_("・").join(words.get(one, one) for one in wish.split(",")), int(yen))
        for wish, yen in origin.by_wish.items()
    ]
    if origin.yen and not parts:
        parts.append((_("寄附"), int(origin.yen)))
    if origin.others:
        parts.append((_("寄附でないお金（はじめの残高など）"), int(origin.others)))
    return sorted(parts, key=lambda part: -part[1])
