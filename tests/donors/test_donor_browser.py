"""The donor's pages in a real browser: axe, 320 px, keyboard, and the comforts of the scripts."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from giving_books import NOW, offer
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from fund.app import create_app
from fund.giving import commands
from fund.giving.domain import Consents, Part, Wish
from fund.kernel.actor import donor
from fund.kernel.money import Yen

SHOTS = os.environ.get("FUND_DONOR_SHOTS")
GROUP = Wish("group", "0132", "field")
FIELD = Wish("field", "children", "anywhere")


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(house) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(house), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


def look(page: Page, name: str, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == width, name
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, (name, found.generate_report())


def to_amount(page: Page, address: str) -> None:
    page.goto(f"{address}/give/use?group=0132")
    page.locator("#group_fallback").check()
    page.get_by_role("button", name="次へ進む").click()
    page.get_by_role("button", name="もうひとつ使いみちを足す").click()
    page.locator("label", has_text="おまかせ").first.click()
    page.get_by_role("button", name="次へ進む").click()


@pytest.mark.parametrize("width", [1280, 320])
def test_the_donors_pages_fit_and_axe_finds_nothing(house, address, browser, width):
    said = Consents(purpose_of_use=True, publish_name=True, display_name="はなこ", tell_group=True)
    begun = commands.begin_donation(
        house,
        by=donor("x"),
        now=NOW,
        offer=offer(
            yen=10_000,
            consents=said,
            parts=(Part(GROUP, Yen(7000)), Part(FIELD, Yen(3000))),
        ),
    )
    page = browser.new_page(viewport={"width": width, "height": 900})
    to_amount(page, address)
    page.get_by_role("button", name="次へ進む").click()
    look(page, "amount", width)
    stop = commands.stop_url(house, begun.gift_no, "ja").removeprefix("http://localhost")
    for name, path in (
        ("use2", "/give/use?part=2"),
        ("keep", "/give/keep"),
        ("own", f"/d/{begun.secret}"),
        ("own-en", f"/en/d/{begun.secret}"),
        ("correct", f"/d/{begun.secret}/correct"),
        ("renew", f"/d/{begun.secret}/renew"),
        ("find", "/d/find"),
        ("found", "/d/find/sent"),
        ("stop", stop),
        ("address", "/address?postcode=4980000"),
        ("resume", "/give/resume/x"),
    ):
        page.goto(address + path)
        look(page, name, width)
    page.close()


def test_the_rest_runs_along_while_parts_are_typed(address, browser):
    page = browser.new_page()
    to_amount(page, address)
    page.locator("label", has_text="10,000円").click()
    page.locator("#part1").fill("６，０００円")
    assert page.locator("[data-split-rest]").inner_text() == "のこり 4,000円"
    page.locator("#part2").fill("5000")
    assert page.locator("[data-split-rest]").inner_text() == "1,000円こえています"
    page.close()


def to_donor(page: Page, address: str) -> None:
    page.goto(f"{address}/give/use")
    page.get_by_role("button", name="次へ進む").click()
    page.locator("label", has_text="3,000円").click()
    page.locator("label", has_text="個人").click()
    page.get_by_role("button", name="次へ進む").click()


def test_a_postcode_fills_an_empty_address_and_many_towns_are_choices(address, browser):
    page = browser.new_page()
    to_donor(page, address)
    page.locator("#postal_code").press_sequentially("1448621")
    expect(page.locator("#address1")).to_have_value("東京都大田区蒲田")
    assert page.evaluate("document.activeElement.id") == "postal_code"
    page.locator("#postal_code").fill("498-0000")
    page.get_by_label("三重県桑名郡木曽岬町").check()
    assert page.locator("#address1").input_value() == "三重県桑名郡木曽岬町"
    page.close()


def test_what_the_donor_typed_stays_behind_the_town_of_the_postcode(address, browser):
    page = browser.new_page()
    to_donor(page, address)
    page.locator("#address1").fill("5-13-14")
    page.locator("#postal_code").fill("144-8621")
    expect(page.locator("#address1")).to_have_value("東京都大田区蒲田5-13-14")
    # a slip corrected: our town goes, the number stays
    page.locator("#postal_code").fill("143-0016")
    expect(page.locator("#address1")).to_have_value("東京都大田区大森北5-13-14")
    # a whole address is the donor's own
    page.locator("#address1").fill("東京都千代田区霞が関1-1")
    with page.expect_response("**/*postcode=*", timeout=10_000):
        page.locator("#postal_code").fill("144-8621")
    expect(page.locator("#places input")).to_have_count(0)
    expect(page.locator("#address1")).to_have_value("東京都千代田区霞が関1-1")
    page.close()


def test_furigana_come_from_the_input_method_until_the_donor_types_them(address, browser):
    page = browser.new_page()
    to_donor(page, address)
    keys = page.context.new_cdp_session(page)

    def compose(field: str, steps: list[str], text: str) -> None:
        page.locator(field).focus()
        for step in steps:
            keys.send(
                "Input.imeSetComposition",
                {"text": step, "selectionStart": len(step), "selectionEnd": len(step)},
            )
        keys.send("Input.insertText", {"text": text})

    compose("#family_name", ["や", "やま", "やまだ", "山田"], "山田")
    compose("#given_name", ["は", "はなこ", "花子"], "花子")
    assert page.locator("#kana").input_value() == "ヤマダ ハナコ"
    page.locator("#kana").fill("ヤマタ")
    compose("#given_name", ["よ", "よう", "洋"], "洋")
    assert page.locator("#kana").input_value() == "ヤマタ"
    page.close()


def test_the_keyboard_alone_reaches_the_amount_step(address, browser):
    page = browser.new_page()
    page.goto(f"{address}/give/use")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "次へ進む":
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/give/amount"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") in {"A", "BUTTON", "INPUT"}
    page.close()
