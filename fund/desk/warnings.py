"""Warnings before the term of a wish: one mail to the department for each term and stage."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from fund.allocation.terms import NearTerm, near_terms
from fund.kernel.actor import system
from fund.kernel.calendar import day_in_japan
from fund.platform.house import House
from fund.platform.letters import write_letter
from fund.platform.outbox import queue_mail
from fund.registry import queries as registry

LAST_DAYS = 30
"""A term is warned of twice: when the manual's notice begins, and this many days before it."""


def warn_of_terms(house: House, *, now: dt.datetime, **_: Any) -> None:
    """Tell the department which groups and fields have money whose term is near.

    The outbox holds one mail for each term and stage, so a day more or less changes nothing.
    """
    today = day_in_japan(now)
    with house.database.reading() as connection:
        near = near_terms(connection, today)
        names = registry.names(connection)
    by_term: dict[dt.date, list[NearTerm]] = defaultdict(list)
    for one in near:
        by_term[one.binds_until].append(one)
    ours = house.settings.municipality
    for term, found in by_term.items():
        stage = "last" if (term - today).days <= LAST_DAYS else "notice"
        with house.transaction(by=system("terms"), now=now) as tx:
            letter = write_letter(
                house.settings,
                occasion="wish.term-near",
                subject_no=f"{term.isoformat()}#{stage}",
                recipient=ours.mail,
                locale="ja",
                facts={
                    "term": f"{term.year}年{term.month}月{term.day}日",
                    "days": (term - today).days,
                    "rows": [
                        {"use": names.use(one.kind, one.target, "ja"), "gifts": one.gifts,
                         "yen": int(one.yen)}
                        for one in found
                    ],
                    "link": f"{house.settings.base_url}/staff/terms",
                },
            )  # fmt: skip
            queue_mail(tx, letter)
