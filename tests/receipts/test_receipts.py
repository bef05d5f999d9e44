"""Receipts: gapless whatever rolls back, frozen, drawn without fetching anything."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pypdf
import pytest
from houses import wired_house

from fund.adapters.press import WeasyPress
from fund.identity import queries as identity
from fund.kernel.actor import system
from fund.kernel.money import Yen
from fund.platform.house import House
from fund.platform.settings import Municipality
from fund.receipts import commands, queries, store
from fund.receipts.domain import ReceiptFacts, payload
from fund.sample.plot import plant

TODAY = dt.datetime(2024, 7, 10, 3, tzinfo=dt.UTC)
ISSUER = Municipality(
    "000000",
    "見本区",
    "Sample",
    "見本基金",
    "Sample",
    "見本区長",
    "Mayor",
    "協働課",
    "",
    "",
    "",
    "",
    "",
)


def facts(name: str = "見本 花子") -> ReceiptFacts:
    return ReceiptFacts(
        no="R2026-000001",
        gift_no="G-7K3F92QX",
        yen=Yen(15_000),
        received_on=dt.date(2026, 3, 31),
        issued_on=dt.date(2026, 4, 2),
        name=name,
        address=("見本区見本町1番1号",),
        postal_code="1440000",
        organisation=False,
        sample=True,
    )


@pytest.fixture
def house(app_dsn: str, tmp_path: Path) -> Iterator[House]:
    """Three months of sample books: acceptances and their receipts."""
    house = wired_house(app_dsn, tmp_path)
    plant(house, now=TODAY, gifts=6)
    yield house
    house.database.close()


def read(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_the_fullest_receipt_stands_on_one_page() -> None:
    full = dataclasses.replace(
        facts("株式会社" + "見" * 24),
        replaces="R2026-000000",
        check_url="https://kikin.chiiki.city.example.lg.jp/v/R2026-000001",
        address=("東京都見本区見本町" + "一" * 14 + "番地", "見本ビルディング" + "二" * 14 + "号"),
    )
    pdf = WeasyPress().draw("receipt", payload(full, ISSUER))
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1


def test_the_receipt_says_what_was_given_and_when_it_was_received() -> None:
    pdf = WeasyPress().draw("receipt", payload(facts(), ISSUER))
    text = read(pdf)
    assert "15,000" in text
    assert "令和8年3月31日" in text
    assert "見本（この証明書は税の申告に使えません）" in text
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1


def test_the_tax_year_follows_the_day_of_receipt() -> None:
    assert payload(facts(), ISSUER)["tax_year"] == 2026


@pytest.mark.parametrize("name", ["神 太郎", "髙﨑 𠮷", "葛\U000e0100城 一"])
def test_rare_characters_of_a_name_reach_the_paper(name: str) -> None:
    """Every character has a glyph in an embedded font: no empty box stands for a letter."""
    text = read(WeasyPress().draw("receipt", payload(facts(name), ISSUER)))
    for character in name.replace(" ", "").replace("\U000e0100", ""):
        assert character in text


def test_a_name_with_markup_is_text_and_fetches_nothing() -> None:
    nasty = '<img src="http://127.0.0.1:9/x"><link rel=attachment href="file:///etc/hostname">'
    pdf = WeasyPress().draw("receipt", payload(facts(nasty), ISSUER))
    assert "<img" in read(pdf)
    assert not pypdf.PdfReader(io.BytesIO(pdf)).attachments


def test_numbers_have_no_gap_even_after_a_rollback(house: House) -> None:
    def take_and_fail() -> None:
        with house.transaction(by=system(), now=TODAY) as tx:
            store.next_serial(tx, 2024)
            raise TimeoutError

    with pytest.raises(TimeoutError):
        take_and_fail()
    with house.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT serial FROM receipt WHERE fy = 2024 ORDER BY serial"
        ).all()
    numbers = [row.serial for row in rows]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
    with house.transaction(by=system(), now=TODAY) as tx:
        assert store.next_serial(tx, 2024) == len(numbers) + 1


def test_a_gift_has_one_receipt_and_the_paper_stays_the_same(house: House) -> None:
    with house.database.reading() as connection:
        gift_no = connection.exec_driver_sql(
            "SELECT gift_no FROM receipt ORDER BY serial LIMIT 1"
        ).scalar_one()
        officer = next(one for one in identity.people(connection) if "officer" in one.roles)
    first = commands.hand_out(house, by=officer.actor(), now=TODAY, gift_no=gift_no, way="staff")
    again = commands.hand_out(house, by=officer.actor(), now=TODAY, gift_no=gift_no, way="staff")
    assert first[1] == again[1]
    with house.transaction(by=system(), now=TODAY) as tx:
        commands.issue(tx, gift_no=gift_no, issued_on=TODAY.date())
    with house.database.reading() as connection:
        copies = connection.exec_driver_sql("SELECT count(*) FROM receipt_copy").scalar_one()
        assert queries.receipt_of(connection, gift_no) == first[0]
    assert copies == 2


def test_a_second_valid_receipt_is_refused_by_the_database(house: House, app_dsn: str) -> None:
    with (
        psycopg.connect(app_dsn) as connection,
        pytest.raises(psycopg.errors.UniqueViolation),
    ):
        connection.execute(
            "INSERT INTO receipt (no, fy, serial, gift_no, state, issued_on, issued_at, payload,"
            " payload_sha256) SELECT 'R2024-999999', 2024, 999999, gift_no, 'valid', issued_on,"
            " issued_at, payload, payload_sha256 FROM receipt LIMIT 1"
        )


def test_the_frozen_content_holds_no_more_than_the_receipt_needs(house: House) -> None:
    with house.database.reading() as connection:
        body = connection.exec_driver_sql("SELECT payload FROM receipt LIMIT 1").scalar_one()
    assert set(json.loads(bytes(body))) == {*payload(facts(), ISSUER), "check_url"}
