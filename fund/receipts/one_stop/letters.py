"""Mails about an application: the form, that it arrived, what is wrong with it, that it is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from fund.giving import queries as giving
from fund.giving.store_donors import link_secret
from fund.kernel.calendar import format_day
from fund.platform.house import Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail
from fund.receipts.one_stop.domain import DEFECTS, notice_deadline


def _tell(tx: Transaction, occasion: str, gift_no: str, until: dt.date, **facts: object) -> None:
    """One mail about an application; each time something happens is an occasion of its own."""
    donor = giving.donor_of(tx.connection, gift_no)
    gift = giving.gift(tx.connection, gift_no)
    if donor is None or gift is None or not donor.email:
        return
    settings = tx.house.settings
    prefix = "" if donor.locale == "ja" else f"/{donor.locale}"
    secret = link_secret(tx.connection, settings.secret_key, gift_no)
    due = notice_deadline(until.year - 1)
    letter = write_letter(
        settings,
        occasion=occasion,
        subject_no=f"{gift_no}#{tx.now:%Y%m%d%H%M%S}",
        recipient=donor.email,
        locale=donor.locale,
        facts={
            "addressee": donor.addressee,
            "gift_no": gift_no,
            "yen": int(gift.net_yen),
            "deadline": _day(until, donor.locale),
            "notice": _day(due, donor.locale),
            "link": f"{settings.base_url}{prefix}/d/{secret}#one-stop",
            "by_post": gift.receipt_way == "post",
            **facts,
        },
    )
    queue_mail(tx, letter)


def _day(day: dt.date, locale: str) -> str:
    if locale == "en":
        return f"{day.day} {day:%B %Y}"
    return format_day(day)


def tell_form(tx: Transaction, gift_no: str, until: dt.date) -> None:
    """The form is ready, and by when the paper must arrive."""
    _tell(tx, "one-stop.form", gift_no, until)


def tell_received(tx: Transaction, gift_no: str, until: dt.date) -> None:
    """The application arrived and is complete."""
    _tell(tx, "one-stop.received", gift_no, until)


def tell_defective(tx: Transaction, gift_no: str, until: dt.date, reasons: Sequence[str]) -> None:
    """What is wrong with the application, and by when it can be put right."""
    donor = giving.donor_of(tx.connection, gift_no)
    english = donor is not None and donor.locale == "en"
    _tell(
        tx,
        "one-stop.defective",
        gift_no,
        until,
        defects=[DEFECTS[one][1 if english else 0] for one in reasons],
    )


def tell_late(tx: Transaction, gift_no: str, until: dt.date) -> None:
    """The application came after its day: the deduction needs a tax return."""
    _tell(tx, "one-stop.late", gift_no, until)
