"""Who pays by transfer, slip or at the counter keeps in a mail what the page says once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from giving_books import HANAKO, NOW, offer, rows

from fund.giving.commands import begin_donation
from fund.giving.domain.patience import Visitor
from fund.kernel.actor import system
from fund.platform.house import House

BROWSER = Visitor(address="127.0.3.7", origins=("o",), limit=100)
JA, EN = "見本銀行 普通 1234567", "Sample Bank, 1234567"


@pytest.fixture
def ward(house: House) -> House:
    """The house with an account for direct transfers."""
    ours = replace(house.settings.municipality, bank_account=JA, bank_account_en=EN)
    return replace(house, settings=replace(house.settings, municipality=ours))


def give(ward: House, key: int, **changes: object) -> str:
    made = offer(f"paper-form-{key:020d}", 12_000, **changes)
    begun = begin_donation(ward, by=system("public"), now=NOW, offer=made, visitor=BROWSER)
    begin_donation(ward, by=system("public"), now=NOW, offer=made, visitor=BROWSER)
    return begun.gift_no


@pytest.mark.parametrize(
    ("method", "locale", "said"),
    [
        ("bank", "ja", JA),
        ("bank", "en", EN),
        ("slip", "ja", "納付書を、1週間ほどで"),
        ("slip", "en", "A payment slip will reach you"),
        ("counter", "ja", "協働課の窓口で、受付番号を"),
        ("counter", "en", "at the counter of Sample City"),
    ],
)
def test_one_mail_says_how_to_pay_and_keeps_the_link(
    ward: House, app_dsn: str, method: str, locale: str, said: str
) -> None:
    gift = give(ward, 1, method=method, locale=locale)
    ((occasion, subject, text, html),) = rows(
        app_dsn, "SELECT occasion, subject, body_text, body_html FROM mail"
    )
    assert (occasion, gift in subject) == ("gift.offered", True)
    for body in (text, html):
        assert said in body
        assert "/d/" in body
        assert "12,000" in body
        assert (gift.replace("-", "") in body) == (method == "bank")


def test_nobody_is_written_to_who_pays_on_a_page_or_left_no_address(
    ward: House, app_dsn: str
) -> None:
    give(ward, 1, method="card")
    give(ward, 2, method="bank", donor=replace(HANAKO, email=""))
    assert rows(app_dsn, "SELECT count(*) FROM mail") == [(0,)]
