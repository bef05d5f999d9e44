"""The live release as it lies in the data folder; any web server could serve it as well."""

from __future__ import annotations

import mimetypes

from flask import Response, abort, redirect, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from fund.platform.web.access import public
from fund.platform.web.context import current_house
from fund.publication.release.page import PAGE, policy
from fund.publication.releases import LIVE
from fund.publication.views import blueprint
from fund.publication.views.log import FOREVER

_KINDS = {".journal": "text/plain", ".beancount": "text/plain", "": "text/plain"}


@blueprint.get("/release/")
@public
def release() -> ResponseReturnValue:
    """Where to begin reading."""
    return redirect(url_for("publication.release_file", path="README"), 302)


@blueprint.get("/release/<path:path>")
@public
def release_file(path: str) -> Response:
    """One file of the live release; the link may move on to a newer one within a minute."""
    folder = current_house().settings.data_dir / LIVE
    if any(part.startswith(".") for part in path.split("/")) or not folder.exists():
        abort(404)
    name = path.rsplit("/", 1)[-1]
    suffix = f".{name.rsplit('.', 1)[1]}" if "." in name else ""
    kind = _KINDS.get(suffix) or mimetypes.types_map.get(suffix) or "application/octet-stream"
    response = send_from_directory(folder.resolve(), path, mimetype=kind, max_age=60)
    response.headers["Access-Control-Allow-Origin"] = "*"
    # Names may be withdrawn, so the other files are never kept for long.
    tile = path.startswith("log/tile/")
    response.headers["Cache-Control"] = FOREVER if tile else "public, max-age=60"
    if path == PAGE:
        response.headers["Content-Security-Policy"] = policy()
    return response
