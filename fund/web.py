"""What a WSGI server loads: one application in each of its processes."""

from __future__ import annotations

import gc
import os
import signal
from typing import Any

from flask import Flask
from flask_babel import format_datetime, gettext

from fund.app import create_app
from fund.kernel.errors import Unavailable
from fund.logs import configure_logs
from fund.platform.settings import read_settings
from fund.platform.web.locale import LOCALES
from fund.wiring import build_house

PARENT_DEATH_SIGNAL = 1
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
_VISITED = ("_layout/", "_macros/", "publication/", "desk/home")


def die_with_parent() -> None:
    """On Linux, end this process when its parent ends, however that happens.

    A server killed with -9 must not leave a child behind that holds the port.
    """
    import ctypes  # noqa: PLC0415 - Linux only, and only where a supervisor asks for it

    try:
        libc = ctypes.CDLL(None, use_errno=True)
        failed = libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    except (OSError, AttributeError):
        return
    if failed:
        raise Unavailable("prctl refused the parent death signal")


_ready: list[Flask] = []


def prepare() -> None:
    """Build the application before the server's processes are forked: they share its memory.

    Nothing is open yet: no connection, no thread, no file. What visitors' pages are drawn with is
    read now, and what is in memory now is set aside from the collector, whose marks would copy
    every page of it into every process.
    """
    library = _hold_memory_together()
    app = _built()
    for name in app.jinja_env.list_templates():
        if name.startswith(_VISITED):
            app.jinja_env.get_template(name)
    for language in LOCALES:
        with app.test_request_context(environ_overrides={"fund.locale": language}):
            gettext(format_datetime())
    _ready.append(app)
    gc.collect()
    if library is not None:
        library.malloc_trim(0)  # what compiling left free is not for each process to fill anew
    gc.freeze()


def application() -> Flask:
    """The application as the environment asks for it (called once in each server process)."""
    if os.environ.get("FUND_DIE_WITH_PARENT") == "1":
        die_with_parent()
    return _ready[-1] if _ready else _built()


def _built() -> Flask:
    configure_logs()
    return create_app(build_house(read_settings(os.environ)))


def _hold_memory_together() -> Any:
    """Two heaps for all threads instead of one each, and large blocks go back when freed.

    A page is drawn in a moment and takes a hundred kilobytes; with eight threads glibc would keep
    as many heaps, each as large as its largest page. Returns glibc, or None where there is none.
    """
    import ctypes  # noqa: PLC0415 - where there is no C library to ask, nothing is asked

    try:
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 2)
        library.mallopt(_M_MMAP_THRESHOLD, 128 * 1024)
    except (OSError, AttributeError):
        return None
    return library
