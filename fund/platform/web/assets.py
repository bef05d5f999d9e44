"""Static files under addresses that change with their content, cacheable for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, send_from_directory

from fund.platform.web.access import public

STATIC = Path(__file__).resolve().parents[2] / "static"


@cache
def names() -> frozenset[str]:
    """The files there are; anything else is never looked up on the disk."""
    return frozenset(
        path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()
    )


@cache
def fingerprint(name: str) -> str:
    """Ten hex digits of the file's SHA-256."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def asset(name: str) -> str:
    """The address of a static file; the language prefix never stands in it."""
    return f"/static/{fingerprint(name)}/{name}"


def install(app: Flask) -> None:
    """Serve ``/static/<fingerprint>/<name>`` and offer ``asset`` to templates."""

    @public
    def serve(mark: str, name: str) -> Response:
        if name not in names():
            abort(404)
        response = send_from_directory(STATIC, name)
        if mark == fingerprint(name):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.add_url_rule("/static/<mark>/<path:name>", "asset", serve)
    app.jinja_env.globals["asset"] = asset
