"""Other ways to give: in English without scripts on a phone, after turning back, as a company."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect
from stage import FormDonor, Stage, until
from walk import PAID, Gift, Visitor, fill_gift, forward, pay, submit_gift, visitor, widest

pytestmark = pytest.mark.journey


def test_a_gift_in_english_without_scripts_on_a_phone(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.web, prefix="/en", width=320, scripts=False) as donor:
        page = donor.page
        assert donor.open("/give") == 200
        assert page.locator("html").get_attribute("lang") == "en"
        _english_steps(donor)
        expect(page.locator("main")).to_contain_text("Søren Ångström")
        assert widest(page) == []
        submit_gift(donor)
        pay(donor, PAID)
        page.wait_for_url(re.compile(r"/en/d/"))
        number = re.search(r"G-\w+", page.locator("h1").inner_text())
        assert number
        assert widest(page) == []
        until(lambda: stage.entries_of(number[0]) != [])


def _english_steps(donor: Visitor) -> None:
    """A field, a tile, a name in one piece, an address abroad; no step wider than the phone."""
    page = donor.page
    donor.open("/give/use?start=1")
    page.check("input[name=wish][value=field]")
    page.locator("input[name=field]").first.check()
    page.check("input[name=field_fallback][value=anywhere]")
    _step_on(donor)
    page.check("input[name=amount][value='5000']")
    page.check("input[name=kind][value=individual]")
    _step_on(donor)
    page.check("input[name=name_style][value=single]")
    page.fill("input[name=single_name]", "Søren Ångström")
    page.check("input[name=where][value=abroad]")
    page.fill("input[name=country]", "Denmark")
    page.fill("textarea[name=foreign_address]", "1 Sample Street\nSampletown")
    page.fill("input[name=email]", "soren@example.com")
    _step_on(donor)
    page.check("input[name=publish][value=no]")
    page.check("input[name=method][value=card]")
    page.check("input[name=purpose_of_use]")
    _step_on(donor)


def _step_on(donor: Visitor) -> None:
    assert widest(donor.page) == []
    forward(donor)


def test_turning_back_keeps_everything_and_one_tap_goes_on(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.web) as donor:
        page = donor.page
        fill_gift(donor, Gift())
        submit_gift(donor)
        pay_page = page.url
        page.get_by_role("link", name="支払わずに戻る").click()
        page.wait_for_url(re.compile(r"/d/.+returned=cancel"))
        expect(page.locator("main")).to_contain_text("お支払いがまだ終わっていません")
        expect(page.locator("main")).to_contain_text("15,000円")
        donor.check_page()
        donor.press("支払いを続ける")
        page.wait_for_url(pay_page)
        pay(donor, PAID)
        page.wait_for_url(re.compile(r"/d/"))
        number = re.search(r"G-\w+", page.locator("h1").inner_text())
        assert number
        until(lambda: stage.entries_of(number[0]) != [])
    assert stage.rows("SELECT count(*) FROM payment WHERE gift_no = %s", number[0]) == [(1,)]


def test_an_organisation_gives(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.web) as donor:
        fill_gift(donor, Gift(organisation="株式会社見本﨑"))
        expect(donor.page.locator("main")).to_contain_text("株式会社見本﨑")
        donor.check_page()
        submit_gift(donor)
        expect(donor.page.locator("main")).to_contain_text("15,000円")


def test_what_cannot_be_read_comes_back_as_it_was_typed(stage: Stage, browser: Browser) -> None:
    with visitor(browser, stage.web, width=320) as donor:
        page = donor.page
        donor.open("/give/use?start=1")
        page.check("input[name=wish][value=anywhere]")
        forward(donor)
        page.check("input[name=amount][value=other]")
        page.fill("input[name=own_amount]", "たくさん")
        page.check("input[name=kind][value=individual]")
        with page.expect_response(re.compile(r"/give/amount$")) as answered:
            forward(donor)
        assert answered.value.status == 400
        assert page.input_value("input[name=own_amount]") == "たくさん"
        assert page.is_checked("input[name=kind][value=individual]")
        donor.check_page()
        page.fill("input[name=own_amount]", "５千円")
        forward(donor)
        typed = {
            "family_name": "髙橋",
            "given_name": "",
            "kana": "漢字",
            "postal_code": "12",
            "address1": "東京都見本区1-1",
            "email": "だれでもない",
        }
        page.check("input[name=name_style][value=split]")
        page.check("input[name=where][value=japan]")
        for name, value in typed.items():
            page.fill(f"input[name={name}]", value)
        with page.expect_response(re.compile(r"/give/donor$")) as answered:
            forward(donor)
        assert answered.value.status == 400
        assert {name: page.input_value(f"input[name={name}]") for name in typed} == typed
        summary = page.locator("#error-summary a")
        assert summary.count() == 4
        donor.check_page()
        summary.first.click()
        assert page.evaluate("document.activeElement.name") == "given_name"


def test_the_form_works_without_any_browser_feature(stage: Stage) -> None:
    gift = FormDonor(stage).offer(own_amount="１万円")
    assert stage.rows("SELECT yen, state FROM gift WHERE no = %s", gift.no) == [
        (10_000, "awaiting_payment")
    ]
