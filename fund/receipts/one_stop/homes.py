"""Which home municipality an application is told to, and the rows that are told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.giving import queries as giving
from fund.giving.ports import Postcodes
from fund.platform.house import House
from fund.receipts.one_stop import queries
from fund.receipts.one_stop.domain import home_municipality
from fund.receipts.one_stop.papers import changed_facts

ALL = 100_000


@dataclass(frozen=True)
class Notice:
    """One row of an 申告特例通知書: what the paper says, without the My Number.

    ``home`` is empty where postcode and address do not agree; ``changed`` tells that the donor's
    record differs from the paper and no change form has arrived.
    """

    gift_no: str
    home: str
    name: str
    kana: str
    postal_code: str
    address: str
    born_on: dt.date | None
    phone: str
    received_on: dt.date
    yen: int
    arrived_on: dt.date
    changed: bool


def notices(house: House, connection: Connection, year: int) -> list[Notice]:
    """The received applications of a tax year that no municipality was told of, by municipality."""
    found = queries.applications(connection, year, state="received", limit=ALL)
    donors = giving.donors_of(connection, [one.gift_no for one in found])
    towns = house.port(Postcodes)
    rows = []
    for one in found:
        facts = one.facts
        if facts is None or one.received_on is None or one.arrived_on is None:
            continue  # the donor was forgotten
        address = list(facts["address"])
        code = str(facts["postal_code"])
        places = [(town.prefecture, town.city) for town in towns.towns(code)] if code else []
        rows.append(
            Notice(
                gift_no=one.gift_no,
                home=home_municipality(address[0] if address else "", places),
                name=facts["name"],
                kana=facts["kana"],
                postal_code=code,
                address="　".join(address),
                born_on=one.born_on,
                phone=facts["phone"],
                received_on=one.received_on,
                yen=int(one.yen or 0),
                arrived_on=one.arrived_on,
                changed=bool(changed_facts(facts, donors[one.gift_no])),
            )
        )
    return sorted(rows, key=lambda row: (row.home, row.kana, row.gift_no))
