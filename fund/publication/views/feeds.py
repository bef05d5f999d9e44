"""``/feeds/*.atom``, ``/ledger.atom`` and ``/calendar.ics``: what is new and what is coming."""

from __future__ import annotations

from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from fund.kernel.errors import NotFound
from fund.platform.web import atom, ical
from fund.platform.web.access import public
from fund.platform.web.atom import Feed
from fund.platform.web.caching import last_changed
from fund.platform.web.context import current_house
from fund.platform.web.query import Query
from fund.publication import calendar, feeds, queries
from fund.publication.forms import MAX_NO, read_group, read_ledger
from fund.publication.phrases import gettext as _
from fund.publication.queries import LedgerFilter
from fund.publication.views import blueprint
from fund.publication.views.canonical import ledger_path
from fund.registry import queries as registry


@blueprint.get("/feeds/<name>.atom")
@public
def feed(name: str) -> ResponseReturnValue:
    """One of the feeds by its name."""
    if name not in feeds.titles():
        abort(404)
    query = Query(request.args)
    after = query.integer("after", 1, MAX_NO)
    query.check()
    title, path = feeds.titles()[name], feeds.feed_url(name)
    with current_house().database.reading() as connection:
        older = None
        if name == "manual":
            items, page = feeds.manual_items(connection), "/manual"
        elif name == "checkpoints":
            items, older = feeds.head_items(connection, after)
            page = "/verify"
        else:
            kinds, page, make = feeds.BY_KIND[name]
            wanted = LedgerFilter(kinds=kinds)
            rows, older = queries.page(connection, wanted, after, feeds.MANY)
            items = make(connection, rows)
    made = feeds.made(
        title,
        f"{path}?after={after}" if after else path,
        f"{request.script_root}{page}",
        items,
        older=f"{path}?after={older}" if older else None,
    )
    return _answer(made)


@blueprint.get("/ledger.atom")
@public
def ledger_atom() -> ResponseReturnValue:
    """New entries of any part of the ledger: the filter is that of the page."""
    view = read_ledger(Query(request.args))
    size = min(view.limit or feeds.MANY, feeds.MANY)
    with current_house().database.reading() as connection:
        rows, older = queries.page(connection, view.wanted, view.after, size)
        items = feeds.entry_items(connection, rows)
    path, page = ledger_path("ledger_atom", view), ledger_path("ledger", view)
    title = _("台帳の新しい記帳")
    if view.wanted != LedgerFilter():
        title = _("台帳の新しい記帳（条件つき）")
    here = ledger_path("ledger_atom", view, after=view.after) if view.after else path
    more = ledger_path("ledger_atom", view, after=older) if older else None
    return _answer(feeds.made(title, here, page, items, older=more))


def _answer(feed: Feed) -> Response:
    response = Response(atom.written(feed), content_type=f"{atom.MIMETYPE}; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return last_changed(response, feed.updated)


@blueprint.get("/calendar.ics")
@public
def calendar_ics() -> ResponseReturnValue:
    """Every day the service knows of, or (``group=0132``) those of one group.

    Raises:
        NotFound: when there is no group of this number.
    """
    query = Query(request.args)
    group = read_group(query)
    with current_house().database.reading() as connection:
        if group is not None and registry.group(connection, group) is None:
            raise NotFound(_("この番号の団体はありません。"))
        known = calendar.calendar(connection, group)
    response = Response(ical.written(known), content_type=f"{ical.MIMETYPE}; charset=utf-8")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
