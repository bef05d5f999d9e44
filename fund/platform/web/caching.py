"""Public pages may be kept by anyone, but are asked for again each time: never a stale figure.

A page for the public carries a fingerprint of its bytes (``ETag``) and ``public, no-cache``:
browsers and proxies keep it and ask whether it still holds, and while it does the answer is a
304 without a body. The fingerprint covers everything the page shows (entries, names of the
register, the books' comparison, the release of the program), so no change can be forgotten by a
version number that was not raised. Streams, whose bytes are not known beforehand, bring their
own fingerprint (``marked``). ``Last-Modified`` informs; only the fingerprint is compared,
because two changes may fall into one second.

A page for somebody (a session's cookie came or goes) is ``private`` and varies by cookie. A proxy
holding the public page asks for it with the visitor's cookie and gets the visitor's own.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from flask import Flask, Response, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from fund.platform.web.access import PUBLIC, permission_of
from fund.platform.web.security import PRIVATE_PREFIXES

KEPT = "public, no-cache"
OWN = "private, no-cache"


def install(app: Flask) -> None:
    """Give every public page its fingerprint and answer 304 to whoever has it already."""
    app.session_interface = _Sessions()

    @app.after_request
    def _keep(response: Response) -> Response:
        if not _is_public_page(app, response):
            return response
        if request.cookies.get(app.config["SESSION_COOKIE_NAME"]) or session.modified:
            response.headers["Cache-Control"] = OWN
            return response
        response.headers["Cache-Control"] = KEPT
        if not response.is_streamed:
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        if request.if_none_match:  # the time alone proves nothing
            response.make_conditional(request)
        return response


def dated(body: str | bytes, moment: dt.datetime) -> Response:
    """A page of figures that are those of a moment (aware UTC)."""
    return last_changed(Response(body, mimetype="text/html"), moment)


def last_changed(response: Response, moment: dt.datetime) -> Response:
    """The same answer, saying when its figures last changed (aware UTC)."""
    response.last_modified = moment
    return response


def marked(response: Response, *facts: object) -> Response:
    """A stream with the fingerprint of everything its bytes depend on, besides its address."""
    told = repr((request.full_path, facts)).encode()
    response.set_etag(hashlib.sha256(told).hexdigest()[:32])
    return response


def _is_public_page(app: Flask, response: Response) -> bool:
    view = app.view_functions.get(request.endpoint or "")
    return (
        request.method in {"GET", "HEAD"}
        and response.status_code == 200
        and permission_of(view) == PUBLIC
        and "Cache-Control" not in response.headers
        and not request.path.startswith(PRIVATE_PREFIXES)
    )


class _Sessions(SecureCookieSessionInterface):
    """Flask's sessions; a public page does not vary by a cookie nobody sent."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save the session as Flask does."""
        super().save_session(app, session, response)
        if response.headers.get("Cache-Control") == KEPT:
            response.vary.discard("Cookie")
