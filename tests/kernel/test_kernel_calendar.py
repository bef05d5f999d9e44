"""Japan's calendar: fiscal years from received days, eras, days as people type them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.calendar import (
    day_in_japan,
    era,
    fiscal_year,
    fiscal_year_bounds,
    format_day,
    format_era,
    format_fiscal_year,
    parse_day,
)

days = st.dates(dt.date(1926, 12, 25), dt.date(2200, 12, 31))


def test_a_gift_a_minute_before_april_belongs_to_the_old_year() -> None:
    last = dt.datetime(2026, 3, 31, 14, 59, 59, tzinfo=dt.UTC)
    assert day_in_japan(last) == dt.date(2026, 3, 31)
    assert fiscal_year(day_in_japan(last)) == 2025
    assert fiscal_year(day_in_japan(last + dt.timedelta(seconds=1))) == 2026


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        day_in_japan(dt.datetime(2026, 3, 31))  # noqa: DTZ001 - that is the point


@given(days)
def test_every_day_lies_in_its_fiscal_year(day: dt.date) -> None:
    first, last = fiscal_year_bounds(fiscal_year(day))
    assert first <= day <= last


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (dt.date(2019, 4, 30), ("平成", 31)),
        (dt.date(2019, 5, 1), ("令和", 1)),
        (dt.date(1989, 1, 7), ("昭和", 64)),
        (dt.date(1989, 1, 8), ("平成", 1)),
        (dt.date(1926, 12, 24), ("大正", 15)),
        (dt.date(1926, 12, 25), ("昭和", 1)),
    ],
)
def test_eras_turn_on_their_day(day: dt.date, name: tuple[str, int]) -> None:
    assert era(day) == name


@given(days)
def test_what_is_printed_can_be_typed(day: dt.date) -> None:
    assert parse_day(format_era(day)) == day
    assert parse_day(day.isoformat()) == day
    assert parse_day(f"{day:%Y%m%d}") == day


@pytest.mark.parametrize(
    "typed",
    [
        "2026/4/1",
        "2026.4.1",
        "２０２６年４月１日",
        "R8.4.1",
        "r8-4-1",
        "令和8年4月1日",
        "令和 8/4/1",
    ],
)
def test_days_as_people_type_them(typed: str) -> None:
    assert parse_day(typed) == dt.date(2026, 4, 1)


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_an_error(typed: str) -> None:
    try:
        parse_day(typed)
    except ValueError:
        return


@pytest.mark.parametrize("typed", ["2026-02-30", "8-4-1", "X8.4.1", "", "令和", "99999999"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_day(typed)


def test_days_and_years_for_the_public() -> None:
    assert format_day(dt.date(2019, 5, 1)) == "2019年5月1日（令和元年）"
    assert format_fiscal_year(2026) == "令和8年度（2026年4月〜2027年3月）"
