"""The worker's part: a large file is taken in while its page shows how far it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.giving.bank_matching import commands
from fund.kernel.actor import Actor, system
from fund.kernel.errors import DomainError
from fund.payments.bank import commands as bank_commands
from fund.payments.bank import queries as bank
from fund.platform.house import Delivery, House


def take_in(house: House, *, now: dt.datetime, number: str, **_: Any) -> None:
    """Take a queued file in; after a kill, go on where the last transaction ended."""
    with house.database.reading() as connection:
        view = bank.import_of(connection, number)
        kept = bank.kept_file(connection, number)
    if view is None or kept is None or view.state not in {"queued", "matching"}:
        return
    by = _hand(view.created_by)
    if view.state == "matching":
        commands.finish_file(house, by=by, now=now, number=number, total=view.total)
        return
    try:
        commands.take_in_file(
            house, by=by, now=now, number=number, good_rows_only=kept.good_rows_only
        )
    except DomainError as error:
        bank_commands.fail_import(house, by=by, now=now, number=number, outcome=str(error))


def _hand(label: str) -> Actor:
    """Who decided to take the file in, by name: the worker acts for them."""
    return system(label)


def match_again(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Each night: gifts entered after their transfer came, payouts booked since."""
    commands.match_certain(house, by=system("bank"), now=now)


DELIVERIES: dict[str, Delivery] = {
    "giving.take_in_bank_file": take_in,
    "giving.match_bank_lines": match_again,
}
PERIODIC = {"giving.match_bank_lines": "40 18 * * *"}
