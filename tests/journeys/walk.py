"""What a person does in the browser, named; every page passed is checked by axe."""

from __future__ import annotations

import re
from dataclasses import dataclass

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

PASSWORD = "mieru-demo-password"
PAID, DECLINED = "4242424242424242", "4000000000000002"
SERIOUS = {"serious", "critical"}


@dataclass
class Visitor:
    """One person's browser window on the service at ``base`` in one language."""

    page: Page
    base: str
    prefix: str = ""

    def open(self, path: str) -> None:
        answer = self.page.goto(self.base + self.prefix + path)
        assert answer is not None
        assert answer.status < 500, path

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def check_page(self) -> None:
        """No serious axe finding, nothing wider than the window, one h1."""
        scripted = self.page.evaluate("() => true")
        assert scripted
        found = Axe().run(self.page).response["violations"]
        serious = [
            (item["id"], [node["html"][:120] for node in item["nodes"]])
            for item in found
            if item["impact"] in SERIOUS
        ]
        assert serious == [], self.page.url
        assert self.page.locator("h1").count() == 1
        assert not self.is_too_wide(), self.page.url

    def is_too_wide(self) -> bool:
        return bool(
            self.page.evaluate(
                "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
        )

    def sign_in(self, who: str) -> None:
        self.open("/staff/login")
        self.page.fill("#email", f"{who}@example.jp")
        self.page.fill("#password", PASSWORD)
        self.page.locator("main button[type=submit], main button").first.click()
        self.page.wait_for_url(re.compile(r"/staff$"))


def visitor(
    browser: Browser, base: str, *, prefix: str = "", width: int = 1280, scripts: bool = True
) -> Visitor:
    """A fresh window: own cookies, given width, with or without JavaScript."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=scripts, locale="ja-JP"
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    return Visitor(page, base, prefix)


@dataclass(frozen=True)
class Gift:
    """What a made-up donor types."""

    amount: str = "1万5千円"
    family_name: str = "髙橋"
    given_name: str = "神子"
    group: str | None = None
    email: str = "donor@example.jp"


def fill_gift(who: Visitor, gift: Gift) -> None:
    """Walk the five steps up to the check page."""
    page = who.page
    who.open("/give/use" + (f"?group={gift.group}" if gift.group else ""))
    if gift.group:
        page.check("input[name=wish][value=group]")
        page.check(f"input[name=group][value='{gift.group}']")
        page.check("input[name=group_fallback][value=anywhere]")
    else:
        page.check("input[name=wish][value=anywhere]")
    _next(page)
    page.check("input[name=amount][value=other]")
    page.fill("input[name=own_amount]", gift.amount)
    page.check("input[name=kind][value=individual]")
    _next(page)
    page.check("input[name=name_style][value=split]")
    page.fill("input[name=family_name]", gift.family_name)
    page.fill("input[name=given_name]", gift.given_name)
    page.fill("input[name=kana]", "たかはし　ｶﾐｺ")
    page.check("input[name=where][value=japan]")
    page.fill("input[name=postal_code]", "〒１４４－８６２１")
    page.fill("input[name=address1]", "東京都大田区見本町1番1号")
    page.fill("input[name=email]", gift.email)
    _next(page)
    page.check("input[name=publish][value=no]")
    page.check("input[name=purpose_of_use]")
    _next(page)


def _next(page: Page) -> None:
    """The step's own forward button is the first of its form actions."""
    page.locator("main .form-actions button").last.click()


def submit_gift(who: Visitor) -> None:
    """Press the one button of the check page; ends on the hosted pay page."""
    who.page.locator("main .form-actions button").last.click()
    who.page.wait_for_url(re.compile(r"/c/pay/"))


def pay(who: Visitor, number: str) -> None:
    """Fill in a card on the hosted page and submit."""
    page = who.page
    page.fill("#number", number)
    page.fill("#expiry", "12/34")
    page.fill("#cvc", "123")
    if page.locator("#name").count():
        page.fill("#name", "MIHON HANAKO")
    page.locator("main form button[type=submit], form button[type=submit]").first.click()
