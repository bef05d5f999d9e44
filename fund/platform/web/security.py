"""Headers that every answer carries, and requests refused before any view sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request

from fund.kernel.errors import Invalid
from fund.platform.settings import Settings

SECRET_PREFIXES = ("/d/", "/m/", "/email/", "/stop/")
"""Addresses that are secrets: whoever knows one may act as its donor."""
PRIVATE_PREFIXES = (*SECRET_PREFIXES, "/give", "/staff")
"""Pages of somebody: stored nowhere, found by no search engine (but the way in to giving is)."""
WAY_IN = "/give"
MAX_BODY = 2 * 1024 * 1024
View = TypeVar("View", bound=Callable[..., object])


def install(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer and refuse NUL bytes in whatever is asked."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    # first of all: whoever looks at the form first (the CSRF token) reads the body
    app.before_request_funcs.setdefault(None, []).insert(0, _allow_files)
    app.before_request(_refuse_nul)
    fixed = fixed_headers(settings)

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        for name, value in fixed.items():
            headers.setdefault(name, value)
        if request.path.startswith(PRIVATE_PREFIXES):
            headers["Cache-Control"] = "no-store"
        if not for_everyone(request.path):
            headers["X-Robots-Tag"] = "noindex"
        if request.path.startswith(SECRET_PREFIXES):
            headers["Referrer-Policy"] = "no-referrer"
        return response


def fixed_headers(settings: Settings) -> dict[str, str]:
    """What every answer says, whatever it answers."""
    fixed = {
        "Content-Security-Policy": content_security_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.secure:
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return fixed


def for_everyone(path: str) -> bool:
    """Whether a page may be found by search engines and named to others."""
    return path == WAY_IN or not path.startswith(PRIVATE_PREFIXES)


def takes_files(longest: int) -> Callable[[View], View]:
    """Let a view take an upload of so many bytes; stamped like the permission, below it."""

    def stamp(view: View) -> View:
        view.fund_longest_body = longest  # type: ignore[attr-defined]
        return view

    return stamp


def _allow_files() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    longest = getattr(view, "fund_longest_body", None)
    if isinstance(longest, int):
        request.max_content_length = longest + MAX_BODY


def content_security_policy(settings: Settings) -> str:
    """Nothing but our own files; forms may go on to the payment provider's hosted page."""
    targets = ["'self'", "https://checkout.stripe.com"]
    if settings.stripe_api_base:
        parts = urlsplit(settings.stripe_api_base)
        targets.append(f"{parts.scheme}://{parts.netloc}")
    rules = {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(targets),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _refuse_nul() -> None:
    """PostgreSQL has no NUL in text: a request that carries one is answered 400, never 500."""
    named = [name for name, value in request.args.items(multi=True) if "\x00" in name + value]
    if named:
        message = "文字の中にNULがあります。取りのぞいてください"
        raise Invalid(message, {name.replace("\x00", "\ufffd")[:60]: message for name in named})
    carried = [request.path]
    if request.method == "POST" and request.mimetype != "application/json":
        carried += [*request.form.keys(), *request.form.values()]
    if any("\x00" in value for value in carried):
        abort(400)
