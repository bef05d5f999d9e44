"""Statements of a bank that does not exist (見本), made from the sample books themselves.

They are written as an ANSER file for each fiscal year and taken in by the real command, so that
the demo shows books and bank that agree, and lines with a history.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import jaconv

from fund.giving.bank_matching import queries
from fund.giving.bank_matching.commands import take_in_file
from fund.kernel.actor import Actor
from fund.kernel.calendar import fiscal_year
from fund.payments.bank.commands import keep_file
from fund.payments.bank.formats import Line, anser
from fund.platform.house import House

ACCOUNT = "見本銀行 見本支店 普通 0000000（見本）"
_NAMES = {"opening": "ﾐﾎﾝ ｸﾘｺｼ", "counter": "ﾐﾎﾝ ﾏﾄﾞｸﾞﾁ", "disbursement": "ﾐﾎﾝ ﾀﾞﾝﾀｲ"}


def bank_statements(house: House, *, by: Actor, now: dt.datetime) -> None:
    """Write and take in the statements of every fiscal year in which money moved."""
    with house.database.reading() as connection:
        moved = [item for item in queries.expected(connection) if not item.fact.waits]
    years: dict[int, list[Line]] = defaultdict(list)
    balance = 0
    for item in sorted(moved, key=lambda each: (each.fact.day, str(each.fact.id))):
        lines = years[fiscal_year(item.fact.day)]
        balance += item.fact.yen
        name = jaconv.z2h(item.kana, kana=True) or _NAMES.get(item.fact.what, "ﾐﾎﾝ")
        note = f"見本 {item.award_no}" if item.award_no else "見本"
        lines.append(Line(len(lines) + 1, item.fact.day, item.fact.yen, balance, name, note))
    for year, lines in sorted(years.items()):
        number = keep_file(
            house,
            by=by,
            now=now,
            profile_code="anser",
            filename=f"見本_{year}年度.csv",
            body=anser.write(ACCOUNT, lines),
        )
        take_in_file(house, by=by, now=now, number=number)
