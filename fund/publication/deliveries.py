"""The worker's task that keeps the public log up to date."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog

from fund.kernel.actor import system
from fund.platform.house import House
from fund.publication import commands, counting, releases, signing
from fund.publication.ports import Signer
from fund.publication.queries import heads
from fund.publication.reactions import RELEASE, TASK

log = structlog.get_logger("fund.publication")


def append(house: House, *, now: dt.datetime, **_payload: Any) -> None:
    """Append everything that waits; repeating it appends nothing twice."""
    appended = 0
    while more := commands.append_pending(house, by=system("publication"), now=now):
        appended += more
    if appended:
        log.info("public log grew", entries=appended)
    count(house, now=now)
    sign(house, now=now)


def count(house: House, *, now: dt.datetime, **_payload: Any) -> None:
    """Bring the counted sums up to the log's end; pages are exact without it, only slower."""
    counted = 0
    while more := counting.count(house, by=system("publication"), now=now):
        counted += more
    if counted:
        log.info("public log counted", entries=counted)


def sign(house: House, *, now: dt.datetime, **_payload: Any) -> None:
    """Sign what was appended; nothing new, or no key, changes nothing."""
    if house.port(Signer).key is None:
        return
    if (signed := signing.sign_log(house, now=now)) is not None:
        log.info("public log signed", size=signed.size, root=signed.root.hex())


def release(house: House, *, now: dt.datetime, **_payload: Any) -> None:
    """Write the live release of the last head; nothing new, or nothing signed, changes nothing."""
    del now
    with house.database.reading() as connection:
        if heads.last_head(connection) is None:
            return
    made = releases.publish_live(house)
    if made.fresh:
        log.info("release published", size=made.size, root=made.root.hex())


DELIVERIES = {TASK: append, RELEASE: release}
PERIODIC = {TASK: "* * * * *", RELEASE: "*/10 * * * *"}
