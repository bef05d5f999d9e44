"""What a WSGI server loads: one application in each of its processes."""

from __future__ import annotations

import os
import signal

from flask import Flask

from fund.app import create_app
from fund.kernel.errors import Unavailable
from fund.logs import configure_logs
from fund.platform.settings import read_settings
from fund.wiring import build_house

PARENT_DEATH_SIGNAL = 1


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


def application() -> Flask:
    """Build the application from the environment (called once in each server process)."""
    if os.environ.get("FUND_DIE_WITH_PARENT") == "1":
        die_with_parent()
    configure_logs()
    return create_app(build_house(read_settings(os.environ)))
