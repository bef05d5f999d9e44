"""What officers do about mails: send again, put addresses on the bounce list and take them off."""

from __future__ import annotations

import datetime as dt

from fund.kernel.actor import Actor
from fund.kernel.errors import Forbidden
from fund.platform import bounces, outbox
from fund.platform.house import House


def _check_person(by: Actor) -> None:
    if not by.is_person():
        raise Forbidden("この操作は、サインインした職員だけが行えます")


def resend(house: House, *, by: Actor, now: dt.datetime, mail_id: int) -> None:
    """Send a failed mail once more.

    Raises:
        Forbidden, NotFound, Conflict: see ``outbox.resend``.
    """
    _check_person(by)
    with house.transaction(by=by, now=now) as tx:
        outbox.resend(tx, mail_id)
        tx.audit("mail.resent", str(mail_id))


def take_report(house: House, *, by: Actor, now: dt.datetime, raw: bytes) -> int:
    """Put the addresses that a delivery report names on the bounce list; returns how many.

    Raises:
        Forbidden: when no person stands behind the act.
        Invalid: for something that is no delivery report.
    """
    _check_person(by)
    failed = bounces.read_report(raw)
    with house.transaction(by=by, now=now) as tx:
        for address, status in failed:
            bounces.suppress(tx, address, "reported", status)
        tx.audit("mail.report-read", "bounce-list", addresses=len(failed))
    return len(failed)


def suppress(house: House, *, by: Actor, now: dt.datetime, address: str) -> None:
    """Put an address on the bounce list by hand."""
    _check_person(by)
    with house.transaction(by=by, now=now) as tx:
        bounces.suppress(tx, address, "manual")
        tx.audit("mail.suppressed", "bounce-list")


def lift(house: House, *, by: Actor, now: dt.datetime, suppression_id: int) -> None:
    """Take an address off the bounce list.

    Raises:
        Forbidden: when no person stands behind the act.
        NotFound: when it does not stand there.
    """
    _check_person(by)
    with house.transaction(by=by, now=now) as tx:
        bounces.lift(tx, suppression_id)
        tx.audit("mail.lifted", str(suppression_id))
