"""The language of a page is a path prefix: ``/en/ledger`` is ``/ledger`` in English.

The prefix moves into SCRIPT_NAME before routing, so every ``url_for`` of the page keeps it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

import flask_babel
from flask import request

from fund.kernel.calendar import format_day
from fund.kernel.money import Yen, format_yen
from fund.kernel.sentences import Filled, said_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOCALES = ("ja", "en")
DEFAULT = "ja"
_PREFIXES = {"/en": "en"}


class LocalePrefix:
    """WSGI middleware that takes a language prefix off the path."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Serve the request in the language its path begins with."""
        path = environ.get("PATH_INFO", "")
        for prefix, code in _PREFIXES.items():
            if path == prefix or path.startswith(prefix + "/"):
                environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
                environ["PATH_INFO"] = path.removeprefix(prefix) or "/"
                environ["fund.locale"] = code
        return self._app(environ, start)


def request_locale() -> str:
    """The language this request asked for by its path."""
    return str(request.environ.get("fund.locale", DEFAULT))


def path_in(code: str) -> str:
    """The path of the current page in another language, query string kept."""
    query = request.query_string.decode("ascii", "replace")
    path = request.path + (f"?{query}" if query else "")
    return path if code == DEFAULT else f"/{code}{path}"


def translated(text: str) -> str:
    """A sentence of the domain (Japanese) in the page's language; unknown words as they are.

    The domain raises its refusals without knowing of languages or requests: every page that
    shows one passes it through here. Markup comes back unchanged, and so do computed sentences
    that do not remember their template (``fund.kernel.sentences``).
    """
    if isinstance(text, Filled):
        return said_in(text, str(flask_babel.gettext(text.template)), _as_written_here)
    # The empty id stands for a catalogue's header, and what is markup already is no message.
    if not text or hasattr(text, "__html__"):
        return text
    return str(flask_babel.gettext(text))


def _as_written_here(value: object) -> object:
    english = str(flask_babel.get_locale()) == "en"
    if isinstance(value, Filled):
        return translated(value)
    if isinstance(value, Yen):
        return f"¥{int(value):,}" if english else format_yen(value)
    if isinstance(value, dt.date):
        return f"{value.day} {value:%B %Y}" if english else format_day(value)
    return value
