"""Where a postcode lies: a list for people, JSON for the form's script."""

from __future__ import annotations

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from fund.giving.domain.donor import read_postal_code
from fund.giving.ports import Postcodes, Town
from fund.giving.views.blueprint import blueprint
from fund.platform.web.access import public
from fund.platform.web.context import current_house


def towns_of(typed: str) -> tuple[Town, ...]:
    """The places of a postcode as typed; none for something that is no postcode."""
    try:
        code = read_postal_code(typed)
    except ValueError:
        return ()
    return current_house().port(Postcodes).towns(code)


@blueprint.get("/address")
@public
def address() -> ResponseReturnValue:
    """The places of ``?postcode=``."""
    typed = request.args.get("postcode", "")[:40]
    towns = towns_of(typed) if typed else ()
    wants = request.accept_mimetypes
    if wants["application/json"] > wants["text/html"]:
        rows = [
            {"prefecture": t.prefecture, "city": t.city, "town": t.name, "line": t.line}
            for t in towns
        ]
        answer: Response = jsonify(towns=rows)
    else:
        answer = Response(render_template("giving/address.html", typed=typed, towns=towns))
    answer.headers["Vary"] = "Accept"
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
