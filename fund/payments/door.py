"""The provider's own door, before the house of pages: a good event is kept and answered at once.

A page needs sessions, languages, forms and who is signed in; an event needs its signature checked
and its bytes kept. On the last evening of December thousands come within minutes, so they do not
walk through the rest. Only the ordinary case ends here. Whatever is not a new or known event with
a good signature goes on to the view of the same address (``payments.views``), which refuses it
with the words and the status of every other refusal.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from fund.kernel.errors import Invalid
from fund.payments import commands
from fund.payments.views import MAX_EVENT
from fund.platform.house import House
from fund.platform.web.context import moment

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ADDRESS = "/webhooks/stripe"
_ANSWERS = {True: b'{"stored":true}\n', False: b'{"stored":false}\n'}
log = structlog.get_logger("fund.payments")


class ProviderDoor:
    """WSGI middleware that answers good events itself; ``headers`` are those of every answer."""

    def __init__(self, app: WSGIApplication, house: House, headers: Mapping[str, str]) -> None:
        self._app = app
        self._house = house
        self._headers = [("Content-Type", "application/json"), *headers.items()]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Keep the event, or let the request pass with its body unread or put back."""
        length = _length(environ)
        if length is None:
            return self._app(environ, start)
        body = environ["wsgi.input"].read(length)
        stored = self._stored(body, environ.get("HTTP_STRIPE_SIGNATURE", ""))
        if stored is None:
            environ["wsgi.input"] = io.BytesIO(body)
            return self._app(environ, start)
        answer = _ANSWERS[stored]
        start("200 OK", [*self._headers, ("Content-Length", str(len(answer)))])
        return [answer]

    def _stored(self, body: bytes, signature: str) -> bool | None:
        """Whether the event is new; None when it is not for this door to say what happened."""
        try:
            return commands.keep_event(self._house, now=moment(), body=body, signature=signature)
        except Invalid:
            return None
        except SQLAlchemyError as error:
            log.warning("event not kept at the door", error=type(error).__name__)
            return None


def _length(environ: WSGIEnvironment) -> int | None:
    """The bytes of an event that may stand at the door; None for every other request."""
    if environ.get("REQUEST_METHOD") != "POST" or environ.get("PATH_INFO") != ADDRESS:
        return None
    said = environ.get("CONTENT_LENGTH") or ""
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        return None
    return int(said) if 0 < int(said) <= MAX_EVENT else None
