"""``/manual`` and ``/manual/<edition>``: a whole edition, and the bytes its fingerprint covers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Connection

from fund.kernel.errors import NotFound
from fund.manual import queries
from fund.manual.queries import EditionHead
from fund.manual.views import blueprint
from fund.manual.views.missing import missing
from fund.manual.views.speaking import Standing, chapters, standing, today
from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.platform.web.query import Query


@dataclass(frozen=True)
class EditionRow:
    """One line of the list of editions; ``difference`` leads to the one before."""

    head: EditionHead
    standing: Standing
    difference: str | None


@blueprint.get("/manual")
@public
def manual() -> ResponseReturnValue:
    """The edition in force today, or on the day ``on``."""
    query = Query(request.args)
    asked = query.day("on")
    errors = {"on": _("日付は、2026-04-01 のように入力してください")} if query.errors else {}
    with current_house().database.reading() as connection:
        all_of_them = queries.editions(connection)
        day = asked or today()
        head = next((one for one in all_of_them if one.effective_on <= day), None)
        if head is None:
            return missing(connection, _nothing_yet(all_of_them, day))
        page = _page(connection, head, all_of_them, asked, errors)
    return page, 400 if errors else 200


@blueprint.get("/manual/<code>")
@public
def edition(code: str) -> ResponseReturnValue:
    """One edition by its code, in force or not."""
    with current_house().database.reading() as connection:
        all_of_them = queries.editions(connection)
        head = next((one for one in all_of_them if one.code == code), None)
        if head is None:
            return missing(
                connection, _("手引きに「%(code)s」という版はありません。", code=code[:40])
            )
        return _page(connection, head, all_of_them, None, {})


@blueprint.get("/manual/<code>.json")
@public
def edition_json(code: str) -> ResponseReturnValue:
    """The canonical bytes of an edition: anyone can hash them.

    Raises:
        NotFound: for an unknown edition.
    """
    with current_house().database.reading() as connection:
        head, body = queries.head(connection, code), queries.body(connection, code)
    if head is None or body is None:
        raise NotFound(_("手引きに「%(code)s」という版はありません。", code=code[:40]))
    response = Response(body, mimetype="application/json")
    response.set_etag(head.sha256)
    return response.make_conditional(request)


def _page(
    connection: Connection,
    head: EditionHead,
    all_of_them: list[EditionHead],
    asked: dt.date | None,
    errors: dict[str, str],
) -> str:
    found = queries.edition(connection, head.code)
    if found is None:
        raise NotFound(_("手引きに「%(code)s」という版はありません。", code=head.code))
    return render_template(
        "manual/edition.html",
        head=head,
        standing=standing(head, all_of_them),
        chapters=chapters(found),
        rows=_rows(all_of_them),
        asked=asked,
        typed=request.args.get("on", "")[:40],
        errors=errors,
        canonical=url_for("manual.edition", code=head.code),
    )


def _rows(all_of_them: list[EditionHead]) -> list[EditionRow]:
    """Each edition with the way to what it changed in the one before it."""
    before = [*all_of_them[1:], None]
    return [
        EditionRow(
            head=one,
            standing=standing(one, all_of_them),
            difference=url_for("manual.difference", pair=f"{old.code}...{one.code}")
            if old
            else None,
        )
        for one, old in zip(all_of_them, before, strict=True)
    ]


def _nothing_yet(all_of_them: list[EditionHead], day: dt.date) -> str:
    if not all_of_them:
        return str(_("手引きは、まだ公表されていません。"))
    lead = _(
        "%(day)sに使われていた手引きはありません。最初の版は、%(first)sから使われています。",
        day=day.isoformat(),
        first=all_of_them[-1].effective_on.isoformat(),
    )
    return str(lead)
