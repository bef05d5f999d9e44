"""``/glance``: the six money words and what lies behind them, each figure with its table."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import Invalid
from fund.platform.web.access import public
from fund.platform.web.caching import dated, last_changed
from fund.platform.web.context import current_house, now
from fund.platform.web.drawn import drawn
from fund.platform.web.query import Query
from fund.platform.web.twins import json_response
from fund.publication import charts, queries
from fund.publication.figures import figures
from fund.publication.forms import read_year
from fund.publication.glance_json import glance_content
from fund.publication.lines import reason_word
from fund.publication.phrases import gettext as _
from fund.publication.views import blueprint
from fund.publication.wording import ledger_url
from fund.registry import queries as registry


@blueprint.get("/glance")
@public
def glance() -> ResponseReturnValue:
    """The fund at a glance, of all time or of one fiscal year."""
    errors: dict[str, str] = {}
    try:
        year = read_year(Query(request.args))
    except Invalid as error:
        year, errors = None, error.fields
    with current_house().database.reading() as connection:
        where = queries.ends(connection)

        def draw() -> str:
            shown = figures(connection, year, day_in_japan(now()))
            return render_template(
                "publication/glance.html",
                shown=shown,
                errors=errors,
                charts=charts,
                ledger_url=ledger_url,
                reasons_word=lambda codes: _("・").join(
                    reason_word(one) or "" for one in codes.split(",")
                ),
                as_of=shown.as_of or now(),
            )

        if errors:
            return draw(), 400
        if where.as_of is None:
            return dated(draw(), now())
        # Every figure is a sum over entries, every name is the register's.
        marks = (where.last, where.as_of, registry.mark(connection))
        return dated(drawn(marks, draw), where.as_of)


@blueprint.get("/glance.json")
@public
def glance_json() -> ResponseReturnValue:
    """The same figures for machines; amounts in yen, each word with its part of the ledger."""
    year = read_year(Query(request.args))
    with current_house().database.reading() as connection:
        shown = figures(connection, year, day_in_japan(now()))
    moment = shown.as_of or now()
    return last_changed(json_response(glance_content(shown, moment)), moment)
