"""Books of two fiscal years, and the two people's way to close the first."""

from __future__ import annotations

import datetime as dt

from award_books import People
from sample_books import BY, NOW, Wish, accept, pay, set_up
from sqlalchemy import text

from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.platform.house import House
from fund.publication.closing.commands import decide_closing, propose_closing
from fund.publication.commands import append_pending

LAST = dt.date(2026, 3, 31)
WISH = [Wish("group", "0132", 7_000), Wish("anywhere", None, 3_000)]


def two_years(house: House) -> None:
    """An opening, two gifts accepted in 2025, one received then and accepted in May, interest."""
    set_up(house)
    with house.transaction(by=BY, now=NOW) as tx:
        first = dt.date(2025, 4, 1)
        journal.record(tx, facts.opening_balance("OPENING-2025", Yen(50_000), first, {}))
        pay(tx, 1, WISH, on=dt.date(2025, 6, 3))
        pay(tx, 2, WISH, on=LAST)
        pay(tx, 3, WISH, on=LAST)
    with house.transaction(by=BY, now=NOW) as tx:
        accept(tx, 1, WISH, on=dt.date(2025, 6, 20))
        accept(tx, 2, WISH, batch="B2025-002", on=LAST)
        accept(tx, 3, WISH, batch="B2026-001", on=dt.date(2026, 5, 8))
        journal.record(tx, facts.interest_earned("INTEREST-1", Yen(12), dt.date(2026, 4, 2)))


def close(house: House, people: People, now: dt.datetime, fy: int = 2025) -> None:
    """Propose and decide."""
    propose_closing(house, by=people.treasurer, now=now, fy=fy, note="見本")
    decide_closing(house, by=people.decider, now=now, fy=fy, decision_no="8大協第1号")


def publish_all(house: House, now: dt.datetime) -> None:
    while append_pending(house, by=BY, now=now):
        pass


def bodies(house: House) -> list[bytes]:
    with house.database.reading() as connection:
        found = connection.execute(text("SELECT body FROM public_entry ORDER BY no")).scalars()
        return [bytes(body) for body in found]


def interest(house: House, on: dt.date, fact: str, now: dt.datetime) -> None:
    with house.transaction(by=BY, now=now) as tx:
        journal.record(tx, facts.interest_earned(fact, Yen(5), on))
