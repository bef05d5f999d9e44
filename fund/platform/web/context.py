"""What a view may ask of its request: the house, the clock, the person who acts."""

from __future__ import annotations

import datetime as dt
from typing import cast

from flask import current_app, g, request
from flask_babel import get_locale

from fund.kernel.actor import Actor, system
from fund.platform.house import House

EXTENSION = "fund_house"


def current_house() -> House:
    """The house this application serves."""
    return cast(House, current_app.extensions[EXTENSION])


def moment() -> dt.datetime:
    """The clock of the web, for what stands before any request (aware UTC)."""
    return dt.datetime.now(dt.UTC)


def now() -> dt.datetime:
    """The moment of the request, one for all of it (aware UTC)."""
    if "fund_now" not in g:
        g.fund_now = moment()
    return cast(dt.datetime, g.fund_now)


def current_actor() -> Actor:
    """The signed-in person, put here by the identity room; the public otherwise."""
    return cast(Actor, g.get("fund_actor") or system("public"))


def locale() -> str:
    """The language of this page: ``ja`` or ``en``."""
    spoken = get_locale()
    return "en" if spoken is not None and spoken.language == "en" else "ja"


def client_address() -> str:
    """The visitor's address as the trusted proxies (none by default) report it."""
    return request.remote_addr or "unknown"
