"""The donor's page in Chromium in each state of a payment, wide and on a phone, and what axe says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from counter_till import Till
from playwright.sync_api import Browser, Page, sync_playwright
from test_payments_to_check import PASSWORD, sign_in, troubles

from fund.giving.commands import secret_of

WIDTHS = (1280, 320)
PICTURES = os.environ.get("FUND_PICTURES", "")
"""A folder for pictures of what was looked at; none are taken without it."""

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=os.environ.get("FUND_CHROMIUM", "/usr/bin/chromium")
        )
        yield launched
        launched.close()


def states(till: Till) -> dict[str, tuple[str, str]]:
    """A gift in each state: what the page must say, and its number."""
    shop = till.begin("konbini")
    till.pay(shop, method="konbini")
    english = till.begin("konbini", locale="en")
    till.pay(english, method="konbini")
    bank = till.begin("bank_transfer")
    till.pay(bank, method="customer_balance")
    part = till.begin("bank_transfer")
    till.pay(part, method="customer_balance")
    till.control("transfers", session=till.payment(part).session_id, amount=4_000)
    declined = till.begin()
    till.pay(declined, card="4000000000009995")
    left = till.begin()
    changed = till.begin("konbini")
    till.pay(changed, method="konbini")
    paid = till.begin("paypay")
    till.pay(paid, method="paypay")
    till.deliver()
    till.again(changed, "card")
    return {
        "konbini": (shop, "お店でのお支払いを待っています"),
        "konbini-en": (english, "How to pay at a store"),
        "transfer": (bank, "お振り込みを待っています"),
        "transfer-part": (part, "あと6,000円"),
        "declined": (declined, "残高や利用枠"),
        "open": (left, "お支払いがまだ終わっていません"),
        "changed": (changed, "もう支払わないでください"),
        "paid": (paid, "入金を確認しました"),
    }


def look(page: Page, name: str) -> None:
    """One h1, nothing wider than the window, nothing serious for axe."""
    assert page.locator("h1").count() == 1, name
    room = page.evaluate("document.documentElement.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= room, name
    serious = [
        (found["id"], [node["html"][:120] for node in found["nodes"]])
        for found in Axe().run(page).response["violations"]
        if found["impact"] in {"serious", "critical"}
    ]
    assert serious == [], name
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_every_state_of_a_payment_can_be_read_on_a_phone(till: Till, browser: Browser) -> None:
    base = f"http://127.0.0.1:{till.door.server_port}"
    for name, (number, words) in states(till).items():
        prefix = "/en" if name.endswith("-en") else ""
        secret = secret_of(till.house, number)
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.goto(f"{base}{prefix}/d/{secret}")
            assert words in page.inner_text("main"), name
            look(page, f"{name}-{width}")
            if till.gift(number).paid_at is None:
                page.goto(f"{base}{prefix}/d/{secret}/method")
                assert page.locator("input[name=method]:checked").count() == 0
                look(page, f"method-{name}-{width}")
            page.close()


def test_another_method_is_chosen_without_scripts(till: Till, browser: Browser) -> None:
    base = f"http://127.0.0.1:{till.door.server_port}"
    number = till.begin("card")
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{base}/d/{secret_of(till.house, number)}")
    page.click("text=方法を変える")
    page.click("text=この方法で支払いへ進む")
    assert "支払い方法を選んでください" in page.inner_text("main")
    page.check("input[name=method][value=konbini]")
    page.click("text=この方法で支払いへ進む")
    page.wait_for_url("**/c/pay/**")
    assert [one.state for one in till.payments(number)] == ["expired", "open"]
    assert till.payment(number).method == "konbini"
    context.close()


def test_the_officers_list_can_be_read_on_a_phone(till: Till, browser: Browser) -> None:
    base = f"http://127.0.0.1:{till.door.server_port}"
    troubles(till)
    sign_in(till, "officer")
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(f"{base}/staff/login")
        page.fill("#email", "officer@example.jp")
        page.fill("#password", PASSWORD)
        page.click("button:has-text('サインイン')")
        page.wait_for_url("**/staff")
        page.goto(f"{base}/staff/payments")
        assert "重ねて支払われた" in page.inner_text("main")
        look(page, f"staff-payments-{width}")
        page.close()
