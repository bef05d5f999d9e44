"""The pay page in a real browser: without scripts, at 320 px, with nothing for axe to find."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import World
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        system = shutil.which("chromium")
        opened = playwright.chromium.launch(executable_path=system, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(params=[True, False], ids=["scripts on", "scripts off"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=request.param, locale="ja-JP"
    )
    yield context.new_page()
    context.close()


def asked(world: World, **more: Any) -> Any:
    """A session that leads back to the sandbox's own mail page, so that a page answers there."""
    back = f"{world.url}/_sandbox/mail"
    return world.session(
        success_url=f"{back}?paid={{CHECKOUT_SESSION_ID}}", cancel_url=f"{back}?cancelled", **more
    )


def fill(page: Page, number: str) -> None:
    page.get_by_label("メールアドレス").fill("hanako@example.com")
    page.get_by_label("カード番号").fill(number)
    page.get_by_label("有効期限").fill("12/34")
    page.get_by_label("セキュリティコード").fill("123")
    page.get_by_label("カードの名義").fill("見本 花子")
    page.get_by_role("button", name="5,000円を支払う").click()


def test_a_donor_is_refused_tries_again_and_pays(world: World, page: Page) -> None:
    session = asked(world)
    page.goto(session.url)
    fill(page, "4000000000000002")
    expect(page.get_by_role("alert")).to_contain_text("カードが拒否されました")
    fill(page, "4000 0025 0000 3155")
    page.get_by_role("button", name="認証する").click()
    page.wait_for_url(f"**/mail?paid={session.id}")
    assert world.stripe.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_donor_chooses_konbini_and_comes_back(world: World, page: Page) -> None:
    session = asked(world)
    page.goto(session.url)
    page.get_by_role("link", name="コンビニ").click()
    page.get_by_label("メールアドレス").fill("hanako@example.com")
    page.get_by_label("セイコーマート").check()
    page.get_by_label("お名前").fill("見本 花子")
    page.get_by_role("button", name="支払番号を受け取る").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("コンビニでのお支払い")
    page.get_by_role("link", name="元のサイトに戻る").click()
    page.wait_for_url(f"**/mail?paid={session.id}")


def test_a_donor_turns_back(world: World, page: Page) -> None:
    page.goto(asked(world).url)
    page.get_by_role("link", name="支払わずに戻る").click()
    page.wait_for_url("**/mail?cancelled")


def test_axe_finds_nothing_and_nothing_overflows_at_320_px(world: World, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    page = context.new_page()
    customer = world.stripe.customers.create({"name": "見本"}).id
    session = asked(world, customer=customer)
    urls = [f"{session.url}?method={method}" for method in session.payment_method_types]
    for method in ("konbini", "customer_balance"):
        promised = asked(world, customer=customer)
        world.pay(promised, method=method)
        urls.append(
            promised.url.replace("/pay/", "/voucher/" if method == "konbini" else "/transfer/")
        )
    urls += [f"{world.url}/_sandbox/", f"{world.url}/_sandbox/mail"]
    found = {}
    for url in urls:
        page.goto(url)
        found[url] = [
            f"{v['id']}: {v['nodes'][0]['html']}" for v in Axe().run(page).response["violations"]
        ]
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, url
    page.goto(session.url)
    page.get_by_role("button").click()
    found["with faults"] = [v["id"] for v in Axe().run(page).response["violations"]]
    page.goto(session.url)
    fill(page, "4000002500003155")
    found["3-D Secure"] = [v["id"] for v in Axe().run(page).response["violations"]]
    context.close()
    assert found == {name: [] for name in found}
