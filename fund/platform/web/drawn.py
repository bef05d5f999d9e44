"""Pages as they were drawn, kept while everything they show is still the same.

A page is drawn anew whenever anything in its key differs: who asks what and where, the frame
around every page, the day, and the marks the view took from the database in this very request.
A view may use this only when its marks cover all it reads; then nothing has to be told that
something changed, and a page can never be older than the snapshot its reader asks.

Whoever brings a session gets a page of their own, drawn for them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import cast

from flask import Flask, current_app, request, session

from fund.kernel.calendar import day_in_japan
from fund.platform.web.context import locale, now

EXTENSION = "fund_drawn"
MOST_BYTES = 4_000_000
"""All kept pages of a process together; one that takes a quarter of it is not kept."""


class DrawnPages:
    """The pages asked for last, in the bytes they were sent in."""

    def __init__(self, frame_mark: Callable[[], Hashable]) -> None:
        self._frame_mark = frame_mark
        self._pages: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.found = 0

    def page(self, marks: Hashable, draw: Callable[[], str]) -> bytes:
        """The page of this request; ``marks`` are of everything that ``draw`` will read."""
        key = (*_asked(), day_in_japan(now()), self._frame_mark(), marks)
        with self._lock:
            kept = self._pages.get(key)
            if kept is not None:
                self.found += 1
                self._pages.move_to_end(key)
                return kept
        drawn = draw().encode()
        if len(drawn) <= MOST_BYTES // 4:
            with self._lock:
                self._keep(key, drawn)
        return drawn

    def _keep(self, key: Hashable, drawn: bytes) -> None:
        """Keep a page; those not asked for longest make room."""
        self._bytes += len(drawn) - len(self._pages.pop(key, b""))
        self._pages[key] = drawn
        while self._bytes > MOST_BYTES:
            _key, oldest = self._pages.popitem(last=False)
            self._bytes -= len(oldest)


def _asked() -> tuple[Hashable, ...]:
    """All of a request that a page for anyone may depend on."""
    return (
        *(request.scheme, request.host, request.script_root, request.path),
        *(request.query_string, locale()),
    )


def install(app: Flask, frame_mark: Callable[[], Hashable]) -> None:
    """Keep drawn pages; ``frame_mark`` tells what changing things stand around every page."""
    app.extensions[EXTENSION] = DrawnPages(frame_mark)


def drawn(marks: Hashable, draw: Callable[[], str]) -> str | bytes:
    """A page for anyone, drawn only if it must be; see this module for what ``marks`` promise."""
    if request.cookies.get(current_app.config["SESSION_COOKIE_NAME"]) or session.modified:
        return draw()
    return cast(DrawnPages, current_app.extensions[EXTENSION]).page(marks, draw)
