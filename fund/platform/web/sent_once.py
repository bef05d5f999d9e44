"""Forms of the staff that come twice: the second one is led where the first one led.

Every form on a page of the staff bears the page's own number. The key of a form is that number
with everything else that was sent, so going back or clicking twice sends the same key, and the
same words on a fresh page another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import time

from flask import Flask, Response, g, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from fund.platform import once
from fund.platform.house import House
from fund.platform.web.access import PUBLIC, permission_of
from fund.platform.web.failures import failure_response

FIELD = "page"
WAIT_SECONDS, LOOK_SECONDS = 2.0, 0.1
"""The first answer may still be under way when the second form comes."""


def install(app: Flask, house: House) -> None:
    """Give every form of the staff a key while it is answered. Donors' forms bear their own."""

    @app.before_request
    def _begin() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if request.method != "POST" or permission_of(view) in {None, PUBLIC}:
            return
        if request.form.get(FIELD):
            g.fund_sending = contextlib.ExitStack()
            g.fund_form = g.fund_sending.enter_context(once.sending(_key(house)))

    @app.after_request
    def _remember(response: AnyResponse) -> AnyResponse:
        form = g.get("fund_form")
        if form is not None and form.written and response.location:
            once.answered(house, form, response.location)
        return response

    app.teardown_request(_end)
    app.register_error_handler(once.AlreadySent, lambda error: _again(house, error))
    app.add_template_global(_page_field, "page_field")


def _page_field() -> Markup:
    """The number of the page that is being drawn, for its forms; nothing for the public."""
    if not request.path.startswith("/staff"):
        return Markup("")
    if "fund_page" not in g:
        g.fund_page = secrets.token_urlsafe(12)
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, g.fund_page)


def _end(_error: BaseException | None) -> None:
    if (sending := g.pop("fund_sending", None)) is not None:
        sending.close()


def _again(house: House, error: once.AlreadySent) -> AnyResponse | Response:
    """Where the first form led, as soon as that is known."""
    form, until = g.fund_form, time.monotonic() + WAIT_SECONDS
    while (answer := once.answer_of(house, form)) is None and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return redirect(answer, 303) if answer else failure_response(409, str(error))


def _key(house: House) -> bytes:
    """Of the address and everything sent, with the page and its token; files by their bytes."""
    digest = hmac.new(house.settings.secret_key.encode(), b"mieru-fund/form/v1", hashlib.sha256)

    def say(words: bytes) -> None:
        digest.update(len(words).to_bytes(8, "big") + words)

    say(request.full_path.encode())
    for name, values in sorted(request.form.lists()):
        for value in values:
            say(name.encode(errors="surrogatepass"))
            say(value.encode(errors="surrogatepass"))
    for name, files in sorted(request.files.lists()):
        for file in files:
            say(name.encode(errors="surrogatepass"))
            say(hashlib.sha256(file.stream.read()).digest())
            file.stream.seek(0)
    return digest.digest()
