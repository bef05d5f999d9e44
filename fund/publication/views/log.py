"""The log's files as they lie on the shelf, and the door for witnesses' signatures."""

from __future__ import annotations

import re

from flask import Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from fund.kernel.errors import Invalid
from fund.platform.web.access import public
from fund.platform.web.context import current_house, now
from fund.publication import signing
from fund.publication.ports import Shelf
from fund.publication.views import blueprint

FOREVER = "public, max-age=31536000, immutable"
"""A tile with its address, full or partial, never changes."""
MAX_NOTE = 16 * 1024
_TILE = re.compile(
    r"tile/(?:entries|[0-9]{1,2})/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
)
_HEADS = {
    "checkpoint": "text/plain; charset=utf-8",
    "vkey": "text/plain; charset=utf-8",
    "keys.json": "application/json",
}


@blueprint.get("/log/<path:path>")
@public
def log_file(path: str) -> ResponseReturnValue:
    """A file of the log (C2SP tlog-tiles); tiles never change, the head is short-lived."""
    if path not in _HEADS and not _TILE.fullmatch(path):
        abort(404)
    try:
        data = current_house().port(Shelf).read(path)
    except (FileNotFoundError, NotADirectoryError):
        abort(404)
    response = Response(data, content_type=_HEADS.get(path, "application/octet-stream"))
    response.headers["Access-Control-Allow-Origin"] = "*"
    if path in _HEADS:
        response.headers["Cache-Control"] = "public, max-age=5"
        response.add_etag()
        return response.make_conditional(request)
    response.headers["Cache-Control"] = FOREVER
    response.add_etag()
    return response.make_conditional(request)


@blueprint.post("/log/cosignatures")
@public
def cosign() -> ResponseReturnValue:
    """Take a head with a registered witness's signature under it; 201 when it is kept."""
    if (request.content_length or 0) > MAX_NOTE:
        raise Invalid("note too large")
    try:
        spelled = request.get_data(cache=False).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("note is not UTF-8") from error
    name = signing.add_cosignature(current_house(), now=now(), spelled=spelled)
    return jsonify(witness=name), 201
