"""What paper shows of a page: Chromium's own print, read by another program."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parents[2] / "fund" / "static"
pytestmark = pytest.mark.journey


def test_the_total_of_a_long_table_stands_once_behind_its_last_row(tmp_path: Path) -> None:
    rows = "".join(f"<tr><th>row {at}</th><td>1</td></tr>" for at in range(150))
    css = "".join((STATIC / name).read_text("utf-8") for name in ("tokens.css", "site.css"))
    page_text = (
        f"<style>{css}</style><main><table class=table><thead><tr><th>head</th><td>yen</td></tr>"
        f"</thead><tbody>{rows}</tbody><tfoot><tr><th>total</th><td>150</td></tr></tfoot></table>"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("FUND_CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        page = browser.new_page()
        page.set_content(page_text)
        page.pdf(path=tmp_path / "table.pdf", format="A4")
        browser.close()
    document = pypdfium2.PdfDocument(tmp_path / "table.pdf")
    texts = ["".join(one.get_textpage().get_text_range().split()) for one in document]
    assert len(texts) > 1
    assert sum(text.count("head") for text in texts) == len(texts)
    assert [text.count("total") for text in texts] == [*[0] * (len(texts) - 1), 1]
