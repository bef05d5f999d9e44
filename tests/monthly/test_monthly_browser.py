"""A donor's year of monthly gifts in a real browser, through the sandbox's hosted pages."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import GOOD, POOR, Months
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from fund.app import create_app
from fund.giving.commands import pledges
from fund.identity.commands import add_user
from fund.kernel.actor import system

SHOTS = os.environ.get("FUND_MONTHLY_SHOTS")
PASSWORD = "correct horse 見本"


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(months: Months) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = dataclasses.replace(months.house.settings, base_url=f"http://127.0.0.1:{port}")
    months.house = dataclasses.replace(months.house, settings=settings)
    app = create_app(months.house)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield settings.base_url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(60_000)
        yield context.new_page()
        chromium.close()


def look(page: Page, name: str) -> None:
    """Both languages, wide and on a phone: nothing sticks out, axe is content."""
    address = page.url
    bare = address.replace("/en/", "/")
    for language in ("ja", "en"):
        wanted = bare if language == "ja" else re.sub(r"(//[^/]+)/", r"\1/en/", bare, count=1)
        page.goto(wanted)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{name}-{language}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == width, (name, width)
            found = Axe().run(page)
            assert found.violations_count == 0, (name, language, found.generate_report())
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(bare)


def begin(page: Page, address: str) -> None:
    page.goto(f"{address}/give/use?start=1")
    page.check("input[name=wish][value=anywhere]")
    onward(page)
    page.check("input[name=amount][value='3000']")
    page.check("input[name=kind][value=individual]")
    page.check("input[name=rhythm][value=monthly]")
    onward(page)
    page.check("input[name=name_style][value=split]")
    for name, value in (
        ("family_name", "見本"),
        ("given_name", "花子"),
        ("kana", "みほん はなこ"),
        ("postal_code", "144-8621"),
        ("address1", "東京都見本区1"),
        ("email", "monthly@example.jp"),
    ):
        page.fill(f"input[name={name}]", value)
    page.check("input[name=where][value=japan]")
    onward(page)
    page.check("input[name=publish][value=no]")
    page.check("input[name=method][value=card]")
    page.check("input[name=purpose_of_use]")
    onward(page)
    onward(page)
    page.wait_for_url(re.compile(r"/c/pay/"))


def onward(page: Page) -> None:
    page.locator("main .form-actions button:not(.secondary)").last.click()


def fill_card(page: Page, number: str) -> None:
    for name, value in (
        ("email", "monthly@example.jp"),
        ("number", number),
        ("expiry", "12/34"),
        ("cvc", "123"),
        ("name", "MIHON HANAKO"),
    ):
        page.fill(f"#{name}", value)
    page.locator("main form button").first.click()


def press(page: Page, months: Months, pledge: str, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    pledges.carry(months.house, now=months.now, pledge_no=pledge)
    months.deliver()
    page.goto(re.sub(r"\?.*", "", page.url))


def test_a_monthly_gift_from_its_beginning_to_its_end(
    months: Months, address: str, page: Page
) -> None:
    begin(page, address)
    fill_card(page, GOOD)
    page.wait_for_url(re.compile(r"/d/"))
    months.deliver()
    page.reload()
    page.get_by_role("link", name="月ごとの記録").click()
    pledge = months.pledge_of(months.one("SELECT no FROM gift")[0])
    rests(months, page, pledge)
    changes_the_card(months, page, pledge)
    stops(months, page, pledge)
    staff_see_it(months, address, page, pledge)


def rests(months: Months, page: Page, pledge: str) -> None:
    """A second month is charged, two are not, then it goes on."""
    months.pass_days(32)
    page.reload()
    assert page.locator("#months tbody tr, table tbody tr").count() == 2
    look(page, "active")
    press(page, months, pledge, "お休みにする")
    look(page, "paused")
    months.pass_days(62)
    assert months.state(pledge) == "paused"
    assert len(months.months(pledge)) == 2
    press(page, months, pledge, "またつづける")


def changes_the_card(months: Months, page: Page, pledge: str) -> None:
    """A charge fails; the donor is told what to do, and a new card pays the month at once."""
    known = months.subscription(pledge).subscription_id
    months.control(f"subscriptions/{known}/card", card=POOR)
    months.pass_days(31)
    page.reload()
    assert page.get_by_text("カードの残高や利用枠が足りないようです").is_visible()
    look(page, "behind")
    page.get_by_role("button", name="カードを変える").click()
    page.wait_for_url(re.compile(r"/c/pay/"))
    fill_card(page, "4000000000000002")
    assert page.locator("[role=alert]").is_visible()
    fill_card(page, GOOD)
    page.wait_for_url(re.compile(r"/m/.*card=given"))
    assert page.get_by_text("新しいカードを確かめています").is_visible()
    months.deliver()
    page.goto(re.sub(r"\?.*", "", page.url))
    assert not page.get_by_text("今月のお支払いができていません").is_visible()
    assert [state for _, _, state in months.months(pledge)] == ["received"] * 3


def stops(months: Months, page: Page, pledge: str) -> None:
    """New addresses, then the end: nothing is charged any more, and all months stay."""
    page.get_by_role("link", name="アドレスを作り直す").click()
    look(page, "renew")
    page.get_by_role("button", name="新しいアドレスにする").click()
    page.get_by_role("link", name="おわりにする").click()
    press(page, months, pledge, "おわりにする")
    look(page, "ended")
    months.pass_days(62)
    assert months.state(pledge) == "ended"
    assert len(months.months(pledge)) == 3
    assert months.rows("SELECT 1 FROM receipt") == []  # each waits for its acceptance
    months.assert_books_hold()


def staff_see_it(months: Months, address: str, page: Page, pledge: str) -> None:
    add_user(
        months.house,
        by=system(),
        now=dt.datetime.now(dt.UTC),
        email="officer@example.jp",
        name="担当",
        password=PASSWORD,
        roles=frozenset({"officer"}),
    )
    months.begun(5000)
    page.goto(f"{address}/staff/login")
    page.fill("#email", "officer@example.jp")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.goto(f"{address}/staff/pledges")
    assert page.get_by_text(pledge).first.is_visible()
    look(page, "staff")
