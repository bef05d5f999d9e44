"""Mails about applications: the form, that it arrived, what is wrong with it, that it is late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from fund.giving import queries as giving
from fund.giving.queries import GiftView
from fund.giving.queries.readers import Reader, readers
from fund.giving.store import derive_secret
from fund.kernel.calendar import format_day
from fund.platform.house import Transaction
from fund.platform.letters import write_letter
from fund.platform.outbox import Letter, queue_mails
from fund.receipts.one_stop.domain import DEFECTS, notice_deadline


def tell_forms(tx: Transaction, gifts: Mapping[str, tuple[GiftView, dt.date]]) -> None:
    """Forms are ready, and by when each paper must arrive: gift number → gift and that day."""
    queue_mails(
        tx,
        [
            _letter(tx, "one-stop.form", reader, *gifts[reader.gift_no])
            for reader in readers(tx.connection, gifts)
        ],
    )


def tell_form(tx: Transaction, gift_no: str, until: dt.date) -> None:
    """The form is ready, and by when the paper must arrive."""
    _tell(tx, "one-stop.form", gift_no, until)


def tell_received(tx: Transaction, gift_no: str, until: dt.date) -> None:
    """The application arrived and is complete."""
    _tell(tx, "one-stop.received", gift_no, until)


def tell_defective(tx: Transaction, gift_no: str, until: dt.date, reasons: Sequence[str]) -> None:
    """What is wrong with the application, and by when it can be put right."""
    _tell(tx, "one-stop.defective", gift_no, until, reasons)


def tell_late(tx: Transaction, gift_no: str, until: dt.date) -> None:
    """The application came after its day: the deduction needs a tax return."""
    _tell(tx, "one-stop.late", gift_no, until)


def _tell(
    tx: Transaction, occasion: str, gift_no: str, until: dt.date, reasons: Sequence[str] = ()
) -> None:
    gift = giving.gift(tx.connection, gift_no)
    if gift is None:
        raise LookupError(gift_no)
    found = readers(tx.connection, [gift_no])
    queue_mails(tx, [_letter(tx, occasion, one, gift, until, reasons) for one in found])


def _letter(
    tx: Transaction,
    occasion: str,
    reader: Reader,
    gift: GiftView,
    until: dt.date,
    reasons: Sequence[str] = (),
) -> Letter:
    """One mail about an application; each time something happens is an occasion of its own."""
    settings, english = tx.house.settings, reader.locale == "en"
    prefix = "/en" if english else ""
    secret = derive_secret(settings.secret_key, reader.gift_no, reader.link_version)
    return write_letter(
        settings,
        occasion=occasion,
        subject_no=f"{reader.gift_no}#{tx.now:%Y%m%d%H%M%S}",
        recipient=reader.email,
        locale=reader.locale,
        facts={
            "addressee": reader.addressee,
            "gift_no": reader.gift_no,
            "yen": int(gift.net_yen),
            "deadline": _day(until, english=english),
            "notice": _day(notice_deadline(until.year - 1), english=english),
            "link": f"{settings.base_url}{prefix}/d/{secret}#one-stop",
            "by_post": gift.receipt_way == "post",
            "defects": [DEFECTS[one][english] for one in reasons],
        },
    )


def _day(day: dt.date, *, english: bool) -> str:
    return f"{day.day} {day:%B %Y}" if english else format_day(day)
