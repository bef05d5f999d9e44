"""What the bank tests do again and again: gifts that wait, files taken in, sums looked up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import psycopg
from giving_books import HANAKO, NOW, offer

from fund.desk.board import INVARIANTS
from fund.giving.bank_matching import commands as matching
from fund.giving.commands import begin_donation
from fund.kernel.actor import Actor, system
from fund.payments.bank import commands as bank
from fund.payments.bank import queries
from fund.payments.bank.formats import anser, read
from fund.payments.bank.formats.reading import Line
from fund.platform.house import House
from fund.platform.invariants import examine

DAY = dt.date(2026, 6, 11)
"""The day after the gifts are offered (``giving_books.NOW``)."""
LATER = dt.datetime(2026, 6, 20, 3, 0, tzinfo=dt.UTC)


def waiting_gift(house: House, number: int, kana: str, yen: int = 10_000) -> str:
    """A gift whose donor will transfer the money; returns its number."""
    donor = replace(HANAKO, kana=kana)
    begun = begin_donation(
        house,
        by=system("public"),
        now=NOW,
        offer=offer(f"form-key-{number:020d}", yen, donor=donor, method="bank"),
    )
    return begun.gift_no


def bank_lines(*moves: tuple[int, str], day: dt.date = DAY, start: int = 0) -> list[Line]:
    """Lines of (yen, name) on consecutive balances from ``start``."""
    lines, balance = [], start
    for number, (yen, name) in enumerate(moves, start=1):
        balance += yen
        lines.append(Line(number, day, yen, balance, name, "振込"))
    return lines


def take_in(house: House, by: Actor, lines: Sequence[Line], account: str = "X") -> tuple:
    """An ANSER file of the lines, taken in and matched."""
    return take_in_bytes(house, by, anser.write(account, list(lines)))


def take_in_bytes(
    house: House, by: Actor, body: bytes, profile: str = "anser", *, good_rows_only: bool = False
) -> tuple:
    number = bank.keep_file(
        house, by=by, now=LATER, profile_code=profile, filename="見本.csv", body=body
    )
    return matching.take_in_file(
        house, by=by, now=LATER, number=number, good_rows_only=good_rows_only
    )


def gap(house: House, lines: Sequence[Line], account: str = "X") -> int | None:
    """By how many yen an ANSER file of the lines would not join what is in the books."""
    statement = read("anser", anser.write(account, list(lines)), today=LATER.date())
    with house.database.reading() as connection:
        profile = queries.profile(connection, "anser")
        assert profile is not None
        return queries.report(connection, profile, statement, None).gap


def broken(house: House) -> list[str]:
    """Every invariant of the house that is not zero; the tests' edition is no real one."""
    with house.database.reading() as connection:
        return [
            f"{found.name}: {row}"
            for found in examine(connection, INVARIANTS)
            if not found.name.startswith("editions-")
            for row in found.rows
        ]


def open_lines(house: House) -> list[queries.LineView]:
    with house.database.reading() as connection:
        return queries.open_lines(connection)


def all_lines(dsn: str) -> list[tuple[object, ...]]:
    """Every line in the books, without ids: what must not depend on how files were cut."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT account, day, yen, balance, name_raw, note, fingerprint FROM bank_line"
            " ORDER BY day, fingerprint"
        ).fetchall()


def state_of(dsn: str, gift_no: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT state FROM gift WHERE no = %s", (gift_no,)).fetchone()
    assert row is not None
    return str(row[0])
