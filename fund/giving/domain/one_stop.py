"""Who may ask for the One-Stop exception (ワンストップ特例), and what the form asks of them.

The exception spares a donor the tax return: the body that got the gift tells the donor's home
municipality. Source: Local Tax Act (地方税法), supplementary provisions art. 7. It is for persons
with an address in Japan; the application is on paper and bears the My Number, which this service
never asks for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.giving.domain.donor import JAPAN
from fund.kernel.calendar import parse_day, tax_year
from fund.kernel.errors import Invalid

ELDEST = 130
"""So many years ago nobody was born who gives today."""


@dataclass(frozen=True)
class OneStop:
    """The wish for the exception, with the day of birth that the application form asks for.

    ``born_on`` is None where the donor writes it on the paper by hand.
    """

    born_on: dt.date | None = None


def why_not(kind: str, country: str) -> str:
    """Why this kind of donor cannot ask for it; empty for those who can."""
    if kind != "individual":
        return "ワンストップ特例は、個人の方だけが使えます"
    if country != JAPAN:
        return "ワンストップ特例は、日本国内にご住所のある方だけが使えます"
    return ""


def check_may_ask(kind: str, country: str) -> None:
    """Pass for a person with an address in Japan.

    Raises:
        Invalid: with the field ``one_stop``.
    """
    if message := why_not(kind, country):
        raise Invalid(message, {"one_stop": message})


def read_born_on(text: str, today: dt.date) -> dt.date:
    """A day of birth as people type it.

    Raises:
        ValueError: if it is no day, or nobody alive was born on it; the message may be shown.
    """
    try:
        born_on = parse_day(text[:60])
    except ValueError as error:
        message = "生年月日を入力してください（例：昭和40年1月2日、1965-01-02）"
        raise ValueError(message) from error
    if not today.replace(year=today.year - ELDEST, day=1) <= born_on < today:
        raise ValueError("生年月日を確かめてください")
    return born_on


def deadline(received_on: dt.date, until: tuple[int, int]) -> dt.date:
    """The last day (Japan) on which the application for a gift may arrive.

    ``until`` is its month and day in the year after the gift's tax year.
    """
    return dt.date(tax_year(received_on) + 1, *until)
