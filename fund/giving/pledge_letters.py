"""Mails about a monthly pledge: it began, a charge failed, a wish cannot stand, it ended."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.giving.pledges_store import latest_gift, lock_pledge, pledge_secret
from fund.giving.queries import donor_of
from fund.kernel.calendar import day_in_japan, format_short_day
from fund.payments.subscriptions_queries import subscription_of
from fund.platform.house import Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail
from fund.platform.settings import Settings


def page_of(settings: Settings, pledge_no: str, version: int, locale: str) -> str:
    """The absolute address of a pledge's page, in the version of its address."""
    prefix = "" if locale == "ja" else f"/{locale}"
    secret = pledge_secret(settings.secret_key, pledge_no, version)
    return f"{settings.base_url}{prefix}/m/{secret}"


def queue(
    tx: Transaction,
    occasion: str,
    pledge_no: str,
    about: str,
    *,
    until: dt.datetime | None = None,
    why: str = "",
) -> None:
    """Put a mail of this occasion into the outbox, once for what it is ``about``.

    ``until`` is when the provider tries again; ``why`` says who or what ended the pledge.
    """
    row = lock_pledge(tx, pledge_no)
    if row is None:
        return
    donor = donor_of(tx.connection, latest_gift(tx, row.id).no)
    if donor is None or not donor.email:
        return
    locale = donor.locale
    known = subscription_of(tx.connection, pledge_no)
    facts: dict[str, Any] = {
        "addressee": donor.addressee,
        "pledge_no": pledge_no,
        "yen": int(row.yen),
        "link": page_of(tx.house.settings, pledge_no, row.link_version, locale),
        "next_day": _day(known.period_end if known else None, locale),
        "until": _day(until, locale),
        "why": why,
    }
    letter = write_letter(
        tx.house.settings,
        occasion=occasion,
        subject_no=about if about == pledge_no else f"{pledge_no}#{about}",
        recipient=donor.email,
        locale=locale,
        facts=facts,
    )
    queue_mail(tx, letter)


def _day(moment: dt.datetime | None, locale: str) -> str:
    if moment is None:
        return ""
    day = day_in_japan(moment)
    return f"{day.day} {day:%B} {day.year}" if locale == "en" else format_short_day(day)
