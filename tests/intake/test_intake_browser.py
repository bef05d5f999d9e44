"""Intake in a real browser: typed with the keyboard alone, at 320 px, nothing for axe to find."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from giving_books import rows
from intake_books import csv_file, load, row
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from fund.app import create_app
from fund.giving.commands import secret_of
from fund.identity.commands import add_user
from fund.kernel.actor import system

PASSWORD = "correct horse 見本"
PAGES = ("", "/files", "/doubts", "/slips", "/slips/new", "/choices", "/goods")


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(house) -> Iterator[str]:
    for name in ("typist", "checker"):
        add_user(
            house,
            by=system(),
            now=dt.datetime.now(dt.UTC),
            email=f"{name}@example.jp",
            name=name,
            password=PASSWORD,
            roles=frozenset({"officer"}),
        )
    server = make_server("127.0.0.1", 0, create_app(house), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser() -> Iterator[object]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/staff/login")
    page.fill("[name=email]", f"{name}@example.jp")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/staff")


def keys(page: Page, *typed: str) -> None:
    """Type into the field that has the cursor and go on with Enter."""
    for text in typed:
        page.keyboard.insert_text(text)
        page.keyboard.press("Enter")


def test_two_rows_are_typed_without_touching_the_mouse(address, browser, app_dsn):
    page = browser.new_page()
    sign_in(page, address, "typist")
    page.goto(f"{address}/staff/intake")
    page.focus("#kind")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    for text in ("2026-06-01", "窓口", "2", "15,000"):
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/intake/N*")
    assert page.evaluate("document.activeElement.id") == "amount"
    keys(page, "5000", "", "見本 花子", "みほんはなこ", "1448621", "東京都見本区1-1")
    assert page.evaluate("document.activeElement.id") == "address2"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=2行めを入力")
    assert page.evaluate("document.activeElement.id") == "amount"
    keys(page, "１万円", "", "神田 髙﨑", "", "〃", "〃", "", "", "", "", "", "子ども", *[""] * 5)
    page.wait_for_timeout(50)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=控えと合っています")
    check_as_another(browser, address, page)
    assert rows(app_dsn, "SELECT single_name, postal_code FROM donor ORDER BY id") == [
        ("見本 花子", "1448621"),
        ("神田 髙﨑", "1448621"),
    ]
    assert rows(app_dsn, "SELECT target FROM gift_share WHERE target IS NOT NULL") == [
        ("children",)
    ]


def check_as_another(browser, address: str, page: Page) -> None:
    page.click("text=確認する人へ渡す")
    page.wait_for_selector("text=あなたが関わった束です")
    checker = browser.new_page()
    sign_in(checker, address, "checker")
    checker.goto(page.url)
    checker.check("[name=decision][value=confirm]")
    checker.click("text=決定する")
    checker.wait_for_selector("text=2件を記帳しました")


def test_axe_finds_nothing_and_nothing_overflows_at_320_px(address, browser, house, app_dsn):
    load(house, csv_file([row(1), row(2, 使いみち="")]), source="甲")
    load(house, csv_file([row(91, 氏名="見本 太郎1")]), source="乙")
    [(gift,)] = rows(app_dsn, "SELECT gift.no FROM gift JOIN use_invitation ON gift_id = gift.id")
    secret = secret_of(house, gift)
    places = [f"/staff/intake{page}" for page in PAGES]
    places += [
        "/staff/intake/N2026-001",
        "/en/staff/intake",
        f"/d/{secret}/use",
        f"/en/d/{secret}/use",
    ]
    places += [f"/d/{secret}", "/give"]
    page = browser.new_page()
    sign_in(page, address, "typist")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for place in places:
            page.goto(address + place)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, place
            found = Axe().run(page)
            assert found.violations_count == 0, (place, found.response["violations"][0]["nodes"])
