"""``/data/dictionary`` and ``/data/api``: what every column means and how the API is asked."""

from __future__ import annotations

import csv
import io

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from fund.kernel.canonical import canonical
from fund.platform.web.access import public
from fund.platform.web.context import current_house, locale
from fund.platform.web.twins import safe_cell
from fund.publication.api.endpoints import ENDPOINTS, PREFIX, TAGS
from fund.publication.api.openapi import example_url
from fund.publication.dictionary import tables
from fund.publication.dictionary.fields import SOURCES, UNITS, cell
from fund.publication.phrases import gettext as _
from fund.publication.views import blueprint


@blueprint.get("/data/dictionary")
@public
def dictionary() -> ResponseReturnValue:
    """Every table and column, in the page's language."""
    spoken = 1 if locale() == "en" else 0
    listed = list(tables.tables())
    return render_template(
        "publication/dictionary.html",
        spoken=spoken,
        collections=[
            (
                name,
                words[spoken],
                [(one, tables.columns(one)) for one in listed if one.collection == name],
            )
            for name, *words in tables.COLLECTIONS
        ],
        units=UNITS,
        sources=SOURCES,
        cell=cell,
        type_words=_type_words(),
    )


def _type_words() -> dict[str, str]:
    """The types in words."""
    return {
        "integer": _("整数"),
        "number": _("数"),
        "string": _("文字"),
        "boolean": _("はい・いいえ"),
        "date": _("日付"),
        "datetime": _("時刻（UTC）"),
        "any": _("整数か文字"),
        "list": _("ならび"),
        "object": _("まとまり"),
    }


@blueprint.get("/data/dictionary.csv")
@public
def dictionary_csv() -> ResponseReturnValue:
    """The same as one table, a row for each column."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(tables.COLUMNS)
    for table in tables.tables():
        for column in tables.columns(table):
            cells = column.cells()
            writer.writerow([safe_cell(cells[name]) for name in tables.COLUMNS])
    return Response(out.getvalue().encode(), content_type="text/csv; charset=utf-8")


@blueprint.get("/data/dictionary.json")
@public
def dictionary_json() -> ResponseReturnValue:
    """The same for programs."""
    rows = [column.cells() for table in tables.tables() for column in tables.columns(table)]
    return Response(canonical({"rows": rows}), mimetype="application/json")


@blueprint.get("/data/csv-metadata.json")
@public
def csv_metadata() -> ResponseReturnValue:
    """CSVW metadata of every CSV file of the site."""
    told = tables.csvw(current_house().settings.base_url)
    return Response(canonical(told), mimetype="application/csvm+json")


@blueprint.get("/data/api")
@public
def api_page() -> ResponseReturnValue:
    """The API for people: every address with what it may be asked and what it gives."""
    spoken = 1 if locale() == "en" else 0
    base = current_house().settings.base_url
    return render_template(
        "publication/api.html",
        spoken=spoken,
        prefix_of_api=PREFIX,
        tags=[
            (name, words[spoken], [one for one in ENDPOINTS if one.tag == name])
            for name, *words in TAGS
        ],
        example=lambda one: example_url(one, base),
        base=base,
        table_of={one.sheet.name: one.id for one in tables.tables() if one.collection == "api"},
    )


@blueprint.get(PREFIX)
@blueprint.get(f"{PREFIX}/")
@public
def api_door() -> ResponseReturnValue:
    """Where to begin reading."""
    return redirect(url_for("publication.api_page"), 302)
