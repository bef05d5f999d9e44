"""The manual in a real browser: nothing for axe to find, nothing wider than 320 px."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from manual_books import NOW
from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from fund.app import create_app
from fund.kernel.actor import system
from fund.manual.commands import publish_edition

PAGES = (
    "/manual",
    "/manual?on=x",
    "/manual/clause/allocation-rule",
    "/manual/clause/paper-ledger",
    "/en/manual/diff/2024-04...2026-04",
    "/manual/clause/wish-respectd",
)


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(house, documents) -> Iterator[str]:
    for document in documents:
        publish_edition(house, by=system(), now=NOW, document=document)
    server = make_server("127.0.0.1", 0, create_app(house), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_axe_finds_nothing_and_nothing_overflows_at_320_px(address):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for width in (1280, 320):
            page = browser.new_page(viewport={"width": width, "height": 900})
            for path in PAGES:
                page.goto(address + path)
                assert page.evaluate("document.documentElement.scrollWidth") == width, path
                found = Axe().run(page)
                assert found.violations_count == 0, (path, found.generate_report())
        browser.close()
