"""``/api/v1``: every endpoint of the description, as JSON or CSV, for scripts of any site."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from urllib.parse import urlencode

from flask import Response, request
from flask.typing import ResponseReturnValue

from fund.kernel.canonical import Json, canonical
from fund.kernel.errors import NotFound
from fund.platform.web.access import public
from fund.platform.web.caching import last_changed
from fund.platform.web.context import current_house
from fund.platform.web.problems import API
from fund.publication.api import parameters
from fund.publication.api.answers import Found, utc
from fund.publication.api.endpoints import ENDPOINTS, PREFIX, Endpoint
from fund.publication.api.openapi import document
from fund.publication.views import blueprint

CSV, JSON = "text/csv", "application/json"
METHODS = "GET, HEAD, OPTIONS"


@blueprint.after_app_request
def open_to_all(response: Response) -> Response:
    """Scripts of any site may read the API, refusals included; nothing of a person is in it."""
    if request.path.startswith(API):
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Link, Retry-After"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = METHODS
            headers["Access-Control-Allow-Headers"] = "Accept, If-None-Match"
            headers["Access-Control-Max-Age"] = "86400"
    return response


@blueprint.get(f"{PREFIX}/openapi.json")
@public
def api_document() -> ResponseReturnValue:
    """The description (OpenAPI 3.1)."""
    parameters.read(request.args, (), {}, "")
    return Response(canonical(document(current_house().settings)), mimetype=JSON)


def _install(one: Endpoint) -> None:
    """Route an endpoint, and a list's ``.csv`` beside it."""
    blueprint.add_url_rule(one.rule, f"api_{one.name}", public(_view(one)), methods=["GET"])
    if one.listed:
        sheet = public(_view(one, form=CSV))
        blueprint.add_url_rule(f"{one.rule}.csv", f"api_{one.name}_csv", sheet, methods=["GET"])


def _view(one: Endpoint, form: str | None = None) -> Callable[..., ResponseReturnValue]:
    def view(**place: str) -> ResponseReturnValue:
        base = current_house().settings.base_url + request.script_root
        if any(part.fault(place[part.name]) for part in one.place):
            raise NotFound("この番号のものはありません。番号の形をお確かめください")
        asked = parameters.read(request.args, one.parameters, place, base)
        wanted = form or (_accepted() if one.listed else JSON)
        found = one.read(current_house(), asked)
        response = _csv(one, found) if wanted == CSV else _json(one, found, base)
        if one.listed and form is None:
            response.vary.add("Accept")
        if one.listed and found.next is not None:
            response.headers["Link"] = f'<{_next(found, base)}>; rel="next"'
        return response if found.as_of is None else last_changed(response, found.as_of)

    view.__doc__ = one.en
    return view


def _accepted() -> str:
    """CSV for those who prefer it to JSON; everybody else gets JSON."""
    return request.accept_mimetypes.best_match([JSON, CSV], JSON) or JSON


def _next(found: Found, base: str) -> str:
    """The address of the page behind this one: the same arguments from its last row on."""
    kept = {name: value for name, value in request.args.items() if name != "after"}
    return f"{base}{request.path}?{urlencode({**kept, 'after': found.next})}"


def _json(one: Endpoint, found: Found, base: str) -> Response:
    body: Json = (
        dict(found.rows[0])
        if not one.listed
        else {
            "as_of": None if found.as_of is None else utc(found.as_of),
            "rows": list(found.rows),
            "next": None if found.next is None else _next(found, base),
        }
    )
    return Response(canonical(body), mimetype=JSON)


def _csv(one: Endpoint, found: Found) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(one.sheet.header)
    writer.writerows(one.sheet.cells(row) for row in found.rows)
    return Response(out.getvalue().encode(), content_type=f"{CSV}; charset=utf-8")


for _endpoint in ENDPOINTS:
    _install(_endpoint)
