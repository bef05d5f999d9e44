"""What the worker does for intake: examine and book files, write to donors who may choose."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.giving.intake import choosing, importing, uploads
from fund.kernel.actor import system
from fund.platform.house import Delivery, House

_HAND = system("import")


def examine_file(house: House, *, now: dt.datetime, number: str, **_: Any) -> None:
    """Examine an uploaded file."""
    uploads.examine_upload(house, by=_HAND, now=now, number=number)


def import_file(house: House, *, now: dt.datetime, number: str, **_: Any) -> None:
    """Import a file that somebody decided on."""
    uploads.carry_out(house, by=_HAND, now=now, number=number)


def book_file(house: House, *, now: dt.datetime, batch_no: str, **_: Any) -> None:
    """Book what is left of a file's batch: after a crash, or after a decision about a row."""
    importing.book_file(house, by=_HAND, now=now, number=batch_no)


def invite_choices(house: House, *, now: dt.datetime, batch_no: str, **_: Any) -> None:
    """Send the link to choose the use to donors whose gifts came without a wish."""
    choosing.invite(house, by=_HAND, now=now, batch_no=batch_no)


DELIVERIES: dict[str, Delivery] = {
    "giving.examine_file": examine_file,
    "giving.import_file": import_file,
    "giving.book_file": book_file,
    "giving.invite_choices": invite_choices,
}
