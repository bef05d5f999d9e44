"""The pages of money that goes back in a real browser: axe finds nothing, 320 px are enough."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server
from whole_fund import PASSWORD, Fund

from fund.giving import commands as giving

SHOTS = os.environ.get("FUND_SHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(fund: Fund) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, fund.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def pages_of(fund: Fund) -> list[str]:
    """Everything happened once; the pages that show it."""
    back = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.disburse(award, 6_000)
    fund.refund(back, 8_000)
    waiting = fund.paid(20_000, "konbini")
    proposed = fund.propose(waiting, 5_000)
    contested = fund.accepted(30_000)
    dispute = fund.dispute(contested)
    fund.dashboard_refund(waiting, amount=1_000)
    refused = fund.paid(3_000)
    said = {"ground": "law", "reason": "法令に触れます", "course": "6月1日に相談した"}
    refusal = giving.propose_refusal(
        fund.house, by=fund.second, now=fund.now, gift_no=refused, **said
    )
    fund.heal()
    secret = giving.secret_of(fund.house, back)
    return [
        "/staff",
        "/staff/refunds",
        f"/staff/refunds/{fund.refunds(back)[0].no}",
        f"/staff/refunds/{proposed}",
        f"/staff/payments/{fund.payment(waiting).no}/refund",
        "/staff/disputes",
        f"/staff/disputes/{dispute}",
        "/staff/refusals",
        f"/staff/refusals/{refusal}",
        f"/staff/gifts/{refused}/refusal",
        f"/staff/gifts/{back}",
        f"/staff/gifts/{back}/receipts",
        "/staff/runs",
        f"/d/{secret}",
        f"/en/d/{secret}",
        "/en/staff/refunds",
        f"/en/staff/disputes/{dispute}",
    ]


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/staff/login")
    page.fill("[name=email]", "officer0@example.jp")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/staff")


def test_axe_finds_nothing_and_nothing_overflows_at_320_px(fund: Fund, address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        sign_in(page, address)
        empty = ["/staff/refunds", "/staff/disputes", "/staff/refusals"]
        for path in empty:
            page.goto(address + path)
            assert page.locator(".empty").count() == 1, path
        for number, path in enumerate(pages_of(fund)):
            for width in (1280, 320):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(address + path)
                if SHOTS:
                    picture = Path(SHOTS) / f"{number:02d}-{width}.png"
                    page.screenshot(path=str(picture), full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth") == width, path
                found = Axe().run(page)
                assert found.violations_count == 0, (path, found.generate_report())
        browser.close()
