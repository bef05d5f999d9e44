"""The gallery in a real browser: no accessibility violation, nothing wider than a small phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from specimen import PAGES, browser, create_specimen, served

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running:
        yield running


@pytest.fixture
def opened(chromium: Any, address: str) -> Iterator[Any]:
    """Open a page of the gallery at a width; complaints of the browser's console are kept."""
    contexts = []

    def visit(name: str, width: int, **options: Any) -> Any:
        # The page's own policy forbids the test's script, not the page's behaviour.
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, bypass_csp=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        assert page.goto(f"{address}/{name}").status == 200
        return page

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_accessibility_violation(name, width, opened):
    found = Axe().run(opened(name, width), options=RULES).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_small_phone(name, opened):
    page = opened(name, 320)
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => !e.closest('.head, svg') &&
        e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 120))"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_with_text_at_twice_the_size(name, opened):
    page = opened(name, 640)
    page.add_style_tag(content="html { font-size: 200%; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


@pytest.mark.parametrize("name", PAGES)
def test_what_is_pressed_is_large_enough_and_text_is_not_small(name, opened):
    page = opened(name, 320)
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, summary, select, nav a, input:not([type=hidden])')]
        .filter(e => e.offsetParent && !e.closest('.crumbs, p, td, th'))
        .map(e => [(e.closest('.choice') || e).getBoundingClientRect(), e.outerHTML.slice(0, 100)])
        .filter(([r]) => r.height < 44).map(([r, html]) => [Math.round(r.height), html])"""
    )
    assert small == []
    sizes = page.evaluate(
        """() => [...document.querySelectorAll('body.staff')].length ? [] : [...document.querySelectorAll('body *')]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && !e.closest('svg'))
        .map(e => parseFloat(getComputedStyle(e).fontSize)).filter(s => s < 15.9)"""
    )
    assert sizes == []


def test_every_stop_of_the_keyboard_shows_its_focus(opened):
    page = opened("form", 1280)
    for _ in range(40):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return e === document.body ? null : [e.outerHTML.slice(0, 80), s.outlineStyle, parseFloat(s.outlineWidth), s.outlineColor]; }"
        )
        if outline is None:
            break
        assert outline[1:] == ["solid", 4, "rgb(0, 0, 0)"], outline


def test_a_refused_form_starts_at_its_summary_and_leads_to_the_fields(opened):
    page = opened("form", 1280)
    assert page.title().startswith("エラー：")
    assert page.evaluate("document.activeElement.id") == "error-summary"
    for link in page.query_selector_all("#error-summary a"):
        assert page.query_selector(link.get_attribute("href")) is not None


def test_typing_an_own_amount_chooses_it(opened):
    page = opened("form", 1280)
    page.fill("#own_amount", "２０，０００")
    assert page.is_checked("#amount-own")
    assert "20,000円" in page.inner_text("#own_amount-echo")


def test_the_form_is_complete_without_javascript(opened):
    page = opened("form", 320, java_script_enabled=False)
    assert page.locator("[data-copy]:visible, [data-print]:visible").count() == 0
    assert page.locator("#amount-own").is_visible()
    page.check("#wish-2")
    assert page.locator("#field").is_visible()


def test_the_menu_opens_on_a_phone_without_javascript(opened):
    page = opened("home", 320, java_script_enabled=False)
    page.click("details.menu summary")
    assert page.locator("details.menu a", has_text="手引き").is_visible()


@pytest.mark.parametrize("name", ["ledger", "form"])
def test_forced_colours_and_print_keep_the_page_whole(name, opened):
    page = opened(name, 1280, forced_colors="active")
    page.emulate_media(media="print")
    assert not page.locator(".main-nav").is_visible()
    assert page.locator("h1").is_visible()


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    client = create_specimen().test_client()
    return {name: client.get(f"/{name}").text for name in PAGES}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_carries_no_style_or_script_of_its_own(name, sources):
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", sources[name])
    assert not re.search(r"""(?:src|href)=["']https?://""", sources[name])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_title_and_no_id_twice(name, sources):
    assert len(re.findall(r"<h1[ >]", sources[name])) == 1
    ids = re.findall(r'\sid="([^"]+)"', sources[name])
    assert sorted(ids) == sorted(set(ids))
    for target in re.findall(r'(?:for|aria-labelledby|aria-describedby)="([^"]+)"', sources[name]):
        assert set(target.split()) <= set(ids)
