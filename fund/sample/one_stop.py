"""Applications for the One-Stop exception in every state an officer meets, and receipts to post."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fund.giving import queries as giving
from fund.giving.commands import change_receipt_way
from fund.kernel.actor import Actor
from fund.platform.house import House
from fund.receipts.one_stop import commands, printing
from fund.sample.donations import at_noon

BORN = (dt.date(1958, 4, 3), dt.date(1971, 11, 20), dt.date(1989, 2, 7), dt.date(1965, 8, 15))


def leave_applications(house: House, *, by: Actor, today: dt.date) -> None:
    """Let donors of this year's latest gifts ask, and mark some of their papers.

    In the first days of a year there are few gifts, and as many applications.
    """
    now = at_noon(today)
    hand: dict[str, Any] = {"by": by, "now": now}
    with house.database.reading() as connection:
        found = [
            gift.no
            for gift in giving.gifts(connection, limit=60)
            if gift.received_on is not None
            and gift.received_on.year == today.year
            and gift.accepted_on is not None
        ]
    linked, posted = found[:5], found[5:9]
    for number, gift_no in enumerate(posted):
        change_receipt_way(house, by=by, now=now, gift_no=gift_no, way="post")
        if number:
            commands.ask(house, **hand, gift_no=gift_no, born_on=BORN[number])
    printing.note_printed(house, by=by, now=now, gift_nos=posted[2:3])
    for number, gift_no in enumerate(linked):
        commands.ask(house, **hand, gift_no=gift_no, born_on=BORN[number % len(BORN)])
    for gift_no in linked[:2]:
        commands.receive(house, **hand, gift_no=gift_no, arrived_on=today)
    for gift_no in linked[2:3]:
        commands.find_defective(
            house, **hand, gift_no=gift_no, arrived_on=today, reasons=["my-number", "identity"]
        )
    for gift_no in linked[3:4]:
        commands.withdraw(house, **hand, gift_no=gift_no)
