"""The register as the public sees it, and one group's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fund.allocation.terms import near_terms
from fund.desk.views.blueprint import blueprint
from fund.desk.words import state_words
from fund.grants import queries as grants
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Invalid, NotFound
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now
from fund.platform.web.query import Query
from fund.platform.web.twins import Cell, Column, csv_response, json_response
from fund.publication import linked
from fund.publication.dictionary.pages import GROUPS_PAGE
from fund.registry import queries as registry
from fund.registry.queries import Group

PER_PAGE = 50
EVERY = 10_000
STATES = ("registered", "historical", "suspended", "removed")

_VALUES: Mapping[str, Callable[[Group], Cell]] = {
    "no": lambda group: group.no,
    "name": lambda group: group.name,
    "kana": lambda group: group.kana,
    "state": lambda group: group.state,
    "fields": lambda group: " ".join(group.fields),
    "sample": lambda group: "見本" if group.sample else "",
    "source_url": lambda group: group.source_url,
}
COLUMNS: tuple[Column[Group], ...] = tuple(
    Column(field.name, field.title, _VALUES[field.name]) for field in GROUPS_PAGE.fields
)


@blueprint.get("/groups")
@public
def groups() -> ResponseReturnValue:
    """Search the register by words, field and state."""
    return _list("html")


@blueprint.get("/groups.<any(csv, json):form>")
@public
def groups_twin(form: str) -> ResponseReturnValue:
    """The same search for machines."""
    return _list(form)


def _list(form: str) -> ResponseReturnValue:
    query = Query(request.args)
    with current_house().database.reading() as connection:
        fields = registry.fields(connection)
        words = query.text("q", 100)
        field = query.choice("field", [field.code for field in fields])
        state = query.choice("state", STATES)
        after = query.text("after", 4)
        try:
            query.check()
            problems: dict[str, str] = {}
        except Invalid as error:
            if form != "html":
                raise
            problems = error.fields
        limit = PER_PAGE + 1 if form == "html" else EVERY
        found = registry.search_groups(
            connection, q=words, field=field, state=state, limit=limit, after=after
        )
        names = registry.names(connection)
    if form == "csv":
        return csv_response("groups", COLUMNS, found)
    if form == "json":
        rows = [{column.name: column.value(group) for column in COLUMNS} for group in found]
        return json_response({"rows": rows})
    more = found[PER_PAGE:]
    shown = found[:PER_PAGE]
    asked: dict[str, Any] = {name: value for name, value in request.args.items() if name != "after"}
    page = render_template(
        "desk/groups.html",
        groups=shown,
        fields=fields,
        names=names,
        asked={"q": words, "field": field, "state": state},
        errors=problems,
        state_words=state_words(),
        next_url=url_for("desk.groups", **asked, after=shown[-1].no) if more else None,
        twins={form: url_for("desk.groups_twin", form=form, **asked) for form in ("csv", "json")},
    )
    return page, 400 if problems else 200


@blueprint.get("/groups/<no>")
@public
def group(no: str) -> ResponseReturnValue:
    """One group: who it is, what it received, how to support it."""
    with current_house().database.reading() as connection:
        found = registry.group(connection, no)
        if found is None:
            raise NotFound(_("その番号の団体はありません。団体の一覧から名前でさがせます: /groups"))
        awards = grants.awards(connection, group_no=found.no)
        names = registry.names(connection)
        today = day_in_japan(now())
        near = near_terms(connection, today, no)
    return render_template(
        "desk/group.html",
        group=found,
        awards=awards,
        names=names,
        state_words=state_words(),
        near=[one.binds_until for one in near],
        linked=[linked.group(found, awards)],
    )
