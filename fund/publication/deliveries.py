"""The worker's task that keeps the public log up to date."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog

from fund.kernel.actor import system
from fund.platform.house import House
from fund.publication import commands
from fund.publication.reactions import TASK

log = structlog.get_logger("fund.publication")


def append(house: House, *, now: dt.datetime, **_payload: Any) -> None:
    """Append everything that waits; repeating it appends nothing twice."""
    appended = 0
    while count := commands.append_pending(house, by=system("publication"), now=now):
        appended += count
    if appended:
        log.info("public log grew", entries=appended)


DELIVERIES = {TASK: append}
PERIODIC = {TASK: "* * * * *"}
