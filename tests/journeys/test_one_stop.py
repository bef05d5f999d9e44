"""A donor asks for the One-Stop exception, prints its form, and an officer marks the paper."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from playwright.sync_api import Browser, expect
from stage import Stage, until
from walk import PAID, PHONE, Gift, Visitor, fill_gift, forward, member, pay, visitor

pytestmark = pytest.mark.journey
GIFT = Gift(amount="7千円", family_name="\ufa11田", given_name="一子", email="onestop@example.jp")


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_tick_to_the_mark(stage: Stage, browser: Browser, scripts: bool) -> None:
    with visitor(browser, stage.web, width=PHONE, scripts=scripts) as donor:
        address, number = _gives(stage, donor)
        donor.page.goto(address)
        if scripts:
            donor.check_page()
        answer = donor.page.request.get(f"{address}/one-stop.pdf")
        leaves = pypdf.PdfReader(io.BytesIO(answer.body())).pages
        assert len(leaves) == 2
        form = leaves[1].extract_text()
        assert "昭和40年1月2日" in form
        assert number in form
        assert "7,000 円" in form
        with member(browser, stage.web, "officer") as officer:
            _marks(officer, number)
        donor.page.goto(address)
        expect(donor.page.locator("#one-stop")).to_contain_text("受付済み")
        if scripts:
            donor.check_page()
    checked = stage.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _gives(stage: Stage, donor: Visitor) -> tuple[str, str]:
    """The five steps with the tick; first without the day of birth. Own page and number."""
    page = donor.page
    fill_gift(donor, GIFT)
    page.goto(f"{stage.web}/give/consents?change=1")
    page.check("input[name=receipt_way][value=post]")
    page.check("input[name=one_stop]")
    forward(donor)
    expect(page.locator("main")).to_contain_text("生年月日を入力してください")
    page.fill("input[name=born_on]", "昭和４０年１月２日")
    forward(donor)
    expect(page.locator("main")).to_contain_text("1965年1月2日")
    expect(page.locator("main")).to_contain_text("郵送（紙）")
    forward(donor)
    page.wait_for_url(re.compile(r"/c/pay/"))
    pay(donor, PAID)
    page.wait_for_url(re.compile(r"/d/[^/]+$|/d/[^/]+\?"))
    found = re.search(r"G-\w+", page.locator("h1").inner_text())
    assert found
    until(lambda: stage.entries_of(found[0]) != [])
    return page.url.partition("?")[0], found[0]


def _marks(officer: Visitor, number: str) -> None:
    """With the keyboard alone: number, Enter; the cursor waits for the next one."""
    page = officer.page
    officer.check_public("/staff/one-stop")
    officer.open("/staff/one-stop")
    assert page.evaluate("document.activeElement.id") == "gift_no"
    page.keyboard.insert_text(number.removeprefix("G-").lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text(number)
    assert page.evaluate("document.activeElement.id") == "gift_no"
    officer.check_public(f"/staff/one-stop/{number}")
    officer.check_public("/staff/one-stop/notices")
    officer.check_public("/staff/receipts-to-post")
