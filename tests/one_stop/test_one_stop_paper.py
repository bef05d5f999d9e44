"""The papers: two leaves for a gift, everything but the My Number, one page each."""

from __future__ import annotations

import datetime as dt
import io
from types import SimpleNamespace

import pypdf
import pytest

from fund.adapters.press import WeasyPress
from fund.giving.queries import DonorView
from fund.kernel.money import Yen
from fund.platform.settings import Municipality
from fund.receipts.one_stop.papers import changed_facts, facts_of, paper

OURS = Municipality(
    code="",
    name="見本区",
    name_en="Sample City",
    fund_name="見本基金",
    fund_name_en="Sample Fund",
    head="見本区長",
    head_en="Mayor",
    department="協働課",
    department_en="Collaboration",
    address="東京都見本区中央一丁目1番1号",
    phone="03-0000-0000",
    mail="fund@example.jp",
    corporate_no="",
)
UNTIL = dt.date(2027, 1, 10)


def who(**changes: object) -> DonorView:
    facts = {
        "kind": "individual",
        "name_on_receipt": "髙﨑 花子",
        "family_name": "髙﨑",
        "given_name": "花子",
        "single_name": "",
        "kana": "タカサキ ハナコ",
        "contact_person": "",
        "country": "JP",
        "postal_code": "1448621",
        "address_lines": ("東京都見本区中央一丁目1番1号", "見本ハイツ203号室"),
        "phone": "0300000000",
        "email": "h@example.jp",
        "locale": "ja",
    }
    return DonorView(**(facts | changes))


def gift(**changes: object) -> SimpleNamespace:
    facts = {
        "no": "G-7K3F92QX",
        "received_on": dt.date(2026, 12, 31),
        "sample": False,
        "net_yen": Yen(15_000),
    }
    return SimpleNamespace(**(facts | changes))


def drawn(donor: DonorView, **changes: object) -> list[str]:
    """The text of each leaf."""
    content = paper(gift(), donor, until=UNTIL, issuer=OURS, **{"born_on": None, **changes})
    pdf = WeasyPress().draw("one-stop", content)
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_the_form_bears_the_gift_and_the_donor_on_a_leaf_of_its_own() -> None:
    letter, form = drawn(who(), born_on=dt.date(1965, 1, 2))
    for said in ("髙﨑 花子", "タカサキ ハナコ", "昭和40年1月2日", "15,000 円", "令和8年12月31日"):
        assert said in form
    assert "第五十五号の五様式" in form
    assert "見本区長" in form
    assert "令和9年1月10日" in letter
    assert "必着" in letter
    assert "東京都見本区中央一丁目1番1号" in letter


def test_without_a_day_of_birth_there_is_room_to_write_it() -> None:
    _letter, form = drawn(who())
    assert "昭和" not in form


def test_a_change_names_what_was_and_what_is() -> None:
    before = facts_of(who(address_lines=("東京都見本区旧町1番",), postal_code="1440000"))
    assert set(changed_facts(before, who())) == {"postal_code", "address"}
    _letter, form = drawn(who(), before=before)
    assert "第五十五号の六様式" in form
    assert "旧町1番" in form
    assert "見本ハイツ203号室" in form


def test_a_new_telephone_number_is_no_change_that_is_told() -> None:
    assert changed_facts(facts_of(who()), who(phone="0399999999")) == ()


@pytest.mark.parametrize("length", [60, 100])
def test_the_longest_names_and_addresses_stay_on_two_leaves(length: int) -> None:
    long = who(name_on_receipt="見" * length, address_lines=("東京都" + "一" * 250, "二" * 250))
    assert len(drawn(long)) == 2


def test_several_forms_are_one_file_and_each_keeps_its_leaves() -> None:
    contents = [
        paper(gift(no=f"G-0000000{n}"), who(), born_on=None, until=UNTIL, issuer=OURS)
        for n in range(3)
    ]
    pdf = WeasyPress().draw_together("one-stop", contents)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) == 6
    assert [f"G-0000000{n}" in pages[2 * n + 1] for n in range(3)] == [True] * 3


def test_markup_in_a_name_is_text() -> None:
    letter, _form = drawn(who(name_on_receipt="<b>花子</b>"))
    assert "<b>花子</b>" in letter
