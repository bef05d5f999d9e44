"""What a person does in the browser, named; every page passed is checked by axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

PASSWORD = "mieru-demo-password"
PAID, DECLINED = "4242424242424242", "4000000000000002"
SERIOUS = {"serious", "critical"}
PHONE = 320
SLOW = 60_000
"""Milliseconds: the machine may be busy; nothing is judged by its speed."""


@dataclass
class Visitor:
    """One person's browser window on the service at ``base`` in one language."""

    page: Page
    base: str
    prefix: str = ""
    requested: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Open a page of the service; returns its status, which is never a failure of ours."""
        answer = self.page.goto(self.base + self.prefix + path)
        assert answer is not None
        assert answer.status < 500, path
        return answer.status

    def button(self, name: str) -> Locator:
        """The button with exactly this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        """Press the button with exactly this name."""
        self.button(name).click()

    def check_page(self) -> None:
        """No serious axe finding, nothing wider than the window, one h1."""
        assert serious_findings(self.page) == [], self.page.url
        assert self.page.locator("h1").count() == 1, self.page.url
        assert widest(self.page) == [], self.page.url

    def check_public(self, path: str) -> None:
        """Open a public page, check it wide and on a phone."""
        assert self.open(path) == 200, path
        self.check_page()
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size({"width": PHONE, "height": 640})
        assert widest(self.page) == [], f"{path} at {PHONE} px"
        assert serious_findings(self.page) == [], f"{path} at {PHONE} px"
        self.page.set_viewport_size(size)

    def strangers(self) -> list[str]:
        """Requests that left for anywhere but this machine."""
        return [url for url in self.requested if not re.match(r"(http://127\.0\.0\.1:|data:)", url)]

    def sign_in(self, who: str) -> None:
        """Come in through the staff's door."""
        self.open("/staff/login")
        self.page.fill("#email", f"{who}@example.jp")
        self.page.fill("#password", PASSWORD)
        self.press("サインイン")
        self.page.wait_for_url(re.compile(r"/staff$"))


def serious_findings(page: Page) -> list[tuple[str, list[str]]]:
    """What axe calls serious or critical, with the places."""
    return [
        (item["id"], [node["html"][:160] for node in item["nodes"]])
        for item in Axe().run(page).response["violations"]
        if item["impact"] in SERIOUS
    ]


def widest(page: Page) -> list[str]:
    """Elements that push the page beyond the window; none when nothing scrolls sideways."""
    found: list[str] = page.evaluate(
        """() => {
          const room = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= room) return [];
          return [...document.querySelectorAll('body *')]
            .filter(one => one.getBoundingClientRect().right > room + 1)
            .slice(0, 5).map(one => one.outerHTML.slice(0, 160));
        }"""
    )
    return found


@contextmanager
def visitor(
    browser: Browser, base: str, *, prefix: str = "", width: int = 1280, scripts: bool = True
) -> Iterator[Visitor]:
    """A fresh window: own cookies, given width, with or without JavaScript."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=scripts, locale="ja-JP"
    )
    context.set_default_timeout(SLOW)
    who = Visitor(context.new_page(), base, prefix)
    who.page.on("request", lambda request: who.requested.append(request.url))
    yield who
    assert who.strangers() == []
    context.close()


@contextmanager
def member(browser: Browser, base: str, who: str) -> Iterator[Visitor]:
    """A member of staff, signed in in a window of their own."""
    with visitor(browser, base) as signed_in:
        signed_in.sign_in(who)
        yield signed_in


@dataclass(frozen=True)
class Gift:
    """What a made-up donor types."""

    amount: str = "1万5千円"
    family_name: str = "髙橋"
    given_name: str = "花子"
    group: str | None = None
    organisation: str | None = None
    email: str = "donor@example.jp"


def fill_gift(who: Visitor, gift: Gift, *, check: bool = False) -> None:
    """Walk the five steps up to the check page; with ``check`` every page is examined."""
    page = who.page
    who.open("/give/use?start=1" + (f"&group={gift.group}" if gift.group else ""))
    if gift.group:
        page.check("input[name=wish][value=group]")
        page.check(f"input[name=group][value='{gift.group}']")
        page.check("input[name=group_fallback][value=anywhere]")
    else:
        page.check("input[name=wish][value=anywhere]")
    _onward(who, check)
    page.check("input[name=amount][value=other]")
    page.fill("input[name=own_amount]", gift.amount)
    page.check(f"input[name=kind][value={'organisation' if gift.organisation else 'individual'}]")
    _onward(who, check)
    _who_gives(page, gift)
    _onward(who, check)
    page.check("input[name=publish][value=no]")
    page.check("input[name=method][value=card]")
    page.check("input[name=purpose_of_use]")
    _onward(who, check)
    if check:
        who.check_page()


def _who_gives(page: Page, gift: Gift) -> None:
    if gift.organisation:
        page.fill("input[name=organisation]", gift.organisation)
        page.fill("input[name=contact_person]", "見本 太郎")
    else:
        page.check("input[name=name_style][value=split]")
        page.fill("input[name=family_name]", gift.family_name)
        page.fill("input[name=given_name]", gift.given_name)
    page.fill("input[name=kana]", "たかはし　ｶﾐｺ")
    page.check("input[name=where][value=japan]")
    page.fill("input[name=postal_code]", "〒１４４－８６２１")
    page.fill("input[name=address1]", "東京都大田区見本町1番1号")
    page.fill("input[name=email]", gift.email)


def _onward(who: Visitor, check: bool) -> None:
    if check:
        who.check_page()
    forward(who)


def forward(who: Visitor) -> None:
    """The step's own forward button is the one of its form actions that stands out."""
    who.page.locator("main .form-actions button:not(.secondary)").last.click()


def submit_gift(who: Visitor) -> None:
    """Press the one button of the check page; ends on the hosted pay page."""
    forward(who)
    who.page.wait_for_url(re.compile(r"/c/pay/"))


def pay(who: Visitor, number: str) -> None:
    """Fill in a card on the hosted page and submit."""
    page = who.page
    page.fill("#email", "donor@example.jp")
    page.fill("#number", number)
    page.fill("#expiry", "12/34")
    page.fill("#cvc", "123")
    page.fill("#name", "MIHON HANAKO")
    page.locator("main form button").first.click()
