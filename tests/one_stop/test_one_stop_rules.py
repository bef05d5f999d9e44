"""Days, states and home municipalities of the One-Stop exception."""

from __future__ import annotations

import datetime as dt

import pytest
from giving_books import AGREED, HANAKO, offer
from houses import ENVIRONMENT
from hypothesis import given
from hypothesis import strategies as st

from fund.adapters.postcodes import PosutoPostcodes
from fund.giving.domain import Donor
from fund.giving.domain.one_stop import OneStop, deadline, read_born_on
from fund.giving.domain.year_end import last_days
from fund.kernel.errors import Conflict, Invalid
from fund.platform.settings import read_settings
from fund.receipts.one_stop.domain import (
    DEFECTS,
    ONE_STOP,
    STANDING,
    home_municipality,
    notice_deadline,
    year_of_work,
)

TODAY = dt.date(2026, 12, 1)
COMPANY = Donor(
    kind="organisation",
    single_name="見本社",
    postal_code="1448621",
    address1="見本区",
    email="a@b.jp",
)
ABROAD = Donor(
    family_name="Doe", given_name="Jane", country="France", address1="Paris", email="a@b.jp"
)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        (dt.date(2026, 1, 1), dt.date(2027, 1, 10)),
        (dt.date(2026, 12, 31), dt.date(2027, 1, 10)),
        (dt.date(2027, 1, 1), dt.date(2028, 1, 10)),
    ],
)
def test_the_last_day_follows_the_day_of_receipt(received: dt.date, last: dt.date) -> None:
    assert deadline(received, (1, 10)) == last


def test_officers_work_on_the_old_year_until_its_notices_are_due() -> None:
    assert notice_deadline(2026) == dt.date(2027, 1, 31)
    assert year_of_work(dt.date(2027, 1, 31)) == 2026
    assert year_of_work(dt.date(2027, 2, 1)) == 2027


@pytest.mark.parametrize(
    ("year", "bank", "office"), [(2026, 30, 28), (2027, 30, 28), (2028, 29, 28), (2023, 29, 28)]
)
def test_the_last_days_of_a_year_are_days_on_which_somebody_works(
    year: int, bank: int, office: int
) -> None:
    days = last_days(year)
    assert days["card"] == days["konbini"] == dt.date(year, 12, 31)
    assert days["slip"] == days["bank"] == dt.date(year, 12, bank)
    assert days["counter"] == dt.date(year, 12, office)
    assert {days["slip"].weekday(), days["counter"].weekday()} <= {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("昭和40年1月2日", dt.date(1965, 1, 2)),
        ("S40.1.2", dt.date(1965, 1, 2)),
        ("１９６５－０１－０２", dt.date(1965, 1, 2)),
        ("19650102", dt.date(1965, 1, 2)),
    ],
)
def test_a_day_of_birth_is_read_as_people_write_it(text: str, day: dt.date) -> None:
    assert read_born_on(text, TODAY) == day


@pytest.mark.parametrize("text", ["", "あした", "2026-12-01", "1890-01-01", "1965-02-30"])
def test_what_is_no_day_of_birth_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="生年月日"):
        read_born_on(text, TODAY)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2026, 11, 30)))
def test_every_day_of_a_life_is_read(day: dt.date) -> None:
    assert read_born_on(day.isoformat(), TODAY) == day


@pytest.mark.parametrize("donor", [COMPANY, ABROAD])
def test_only_persons_in_japan_may_ask(donor: Donor) -> None:
    with pytest.raises(Invalid) as refusal:
        offer(donor=donor, one_stop=OneStop())
    assert "one_stop" in refusal.value.fields


def test_the_day_of_birth_is_in_no_fingerprint_that_is_kept() -> None:
    """The hash of an offer outlives the day of birth: nobody may try days against it."""
    asked = [offer(one_stop=OneStop(dt.date(year, 1, 2))).sha256() for year in (1965, 1966)]
    assert asked[0] == asked[1]
    assert offer().sha256() != asked[0]
    assert offer(receipt_way="post").sha256() != offer().sha256()
    assert (
        offer(consents=AGREED, donor=HANAKO).content().keys() & {"one_stop", "receipt_way"} == set()
    )


def test_the_table_of_states_is_what_the_law_and_the_house_want() -> None:
    assert ONE_STOP.allows("requested", "received"), "a form from elsewhere"
    assert not ONE_STOP.allows("notified", "withdrawn")
    assert not ONE_STOP.allows("late", "received"), "a mark is taken back first"
    assert all(ONE_STOP.allows(state, "cancelled") for state in {*STANDING, "late", "notified"})
    with pytest.raises(Conflict):
        ONE_STOP.check("notified", "received")
    assert set(DEFECTS) >= {"my-number", "identity", "boxes"}


@pytest.mark.parametrize(
    ("address", "code", "home"),
    [
        ("東京都大田区蒲田五丁目13番14号", "1448621", "東京都大田区"),
        ("大田区蒲田五丁目13番14号", "1448621", "東京都大田区"),
        ("蒲田五丁目13番14号", "1448621", "東京都大田区"),
        ("神奈川県横浜市西区みなとみらい一丁目", "2200012", "神奈川県横浜市"),
        ("北海道札幌市中央区北一条", "0600001", "北海道札幌市"),
        ("大阪府大阪市北区梅田", "1448621", ""),
        ("どこか", "0000000", ""),
    ],
)
def test_the_home_municipality_is_named_or_left_to_a_person(
    address: str, code: str, home: str
) -> None:
    towns = PosutoPostcodes().towns(code)
    assert home_municipality(address, [(town.prefecture, town.city) for town in towns]) == home


@pytest.mark.parametrize(("said", "until"), [(None, (1, 10)), ("01-08", (1, 8)), ("off", None)])
def test_the_day_is_a_setting_and_may_be_off(said: str | None, until: object) -> None:
    more = {"DATABASE_URL": "postgresql://x"} | ({"FUND_ONE_STOP_UNTIL": said} if said else {})
    assert read_settings(ENVIRONMENT | more).one_stop_until == until


@pytest.mark.parametrize("said", ["10", "02-10", "01-32", "never"])
def test_a_day_that_cannot_be_is_named_at_the_start(said: str) -> None:
    with pytest.raises(Invalid, match="FUND_ONE_STOP_UNTIL"):
        read_settings(ENVIRONMENT | {"DATABASE_URL": "postgresql://x", "FUND_ONE_STOP_UNTIL": said})
