"""The only place that knows a time zone: fiscal year, tax year, Japanese era dates."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from fund.kernel.japanese import narrow

ZONE = ZoneInfo("Asia/Tokyo")

_ERAS = (
    ("令和", "R", dt.date(2019, 5, 1)),
    ("平成", "H", dt.date(1989, 1, 8)),
    ("昭和", "S", dt.date(1926, 12, 25)),
    ("大正", "T", dt.date(1912, 7, 30)),
)
_WEEKDAYS = "月火水木金土日"


def day_in_japan(moment: dt.datetime) -> dt.date:
    """The calendar day in Asia/Tokyo of an aware moment.

    Raises:
        ValueError: if the moment carries no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(ZONE).date()


def fiscal_year(day: dt.date) -> int:
    """The year in which the fiscal year begins: 2026-03-31 belongs to 2025.

    Source: Local Autonomy Act (地方自治法) art. 208: 1 April to 31 March.
    """
    return day.year if day.month >= 4 else day.year - 1


def fiscal_year_bounds(year: int) -> tuple[dt.date, dt.date]:
    """First and last day of a fiscal year."""
    return dt.date(year, 4, 1), dt.date(year + 1, 3, 31)


def tax_year(day: dt.date) -> int:
    """The calendar year that counts for a donor's deduction (the day of receipt)."""
    return day.year


def era(day: dt.date) -> tuple[str, int]:
    """The Japanese era and its year: 2026-04-01 is ("令和", 8).

    Raises:
        ValueError: for days before 1912-07-30.
    """
    for name, _, start in _ERAS:
        if day >= start:
            return name, day.year - start.year + 1
    raise ValueError("days before 大正 are not written in this service")


def format_era(day: dt.date) -> str:
    """A day as official letters write it: 令和元年5月1日."""
    name, year = era(day)
    return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def format_day(day: dt.date) -> str:
    """A day for the public: 2026年4月1日（令和8年）."""
    name, year = era(day)
    return f"{day.year}年{day.month}月{day.day}日（{name}{'元' if year == 1 else year}年）"


def format_short_day(day: dt.date) -> str:
    """A day with its weekday, for deadlines: 8月7日（金）."""
    return f"{day.month}月{day.day}日（{_WEEKDAYS[day.weekday()]}）"


def format_fiscal_year(year: int) -> str:
    """A fiscal year for the public: 令和8年度（2026年4月〜2027年3月）."""
    name, number = era(dt.date(year, 5, 1))
    return f"{name}{'元' if number == 1 else number}年度（{year}年4月〜{year + 1}年3月）"


def parse_day(text: str) -> dt.date:
    """Read a day as people type it: 2026-04-01, 20260401, R8.4.1, 令和8年4月1日, full width too.

    Raises:
        ValueError: if no real day can be read from the text.
    """
    plain = narrow(text).strip().replace("元年", "1年")
    if match := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", plain, re.ASCII):
        return dt.date(*(int(part) for part in match.groups()))
    pattern = (
        r"(?:([A-Za-z]|令和|平成|昭和|大正)?\s*(\d{1,4}))[-/.年\s]+(\d{1,2})[-/.月\s]+(\d{1,2})日?"
    )
    match = re.fullmatch(pattern, plain, re.ASCII)
    if match is None:
        raise ValueError(f"日付として読めません: {text}")
    mark, year, month, day = match.group(1), *(int(part) for part in match.groups()[1:])
    return dt.date(_western(mark, year, text), month, day)


def _western(mark: str | None, year: int, text: str) -> int:
    if mark is None:
        if year < 1000:
            raise ValueError(f"西暦は4けたで入力してください: {text}")
        return year
    for name, letter, start in _ERAS:
        if mark in (name, letter, letter.lower()):
            return start.year + year - 1
    raise ValueError(f"元号として読めません: {text}")
