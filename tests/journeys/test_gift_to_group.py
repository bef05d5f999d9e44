"""The whole way of one gift: from a donor's form to a group, and every page that tells of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdf
import pytest
from playwright.sync_api import Browser, expect
from stage import Stage, until
from walk import DECLINED, PAID, Gift, Visitor, fill_gift, member, pay, submit_gift, visitor

pytestmark = pytest.mark.journey
MAIL = "journey@example.jp"
GIFT = Gift(amount="1万5千円", family_name="髙橋", given_name="\ufa19子", email=MAIL)


@dataclass
class Waiting:
    """The sample application whose group the donor wants to support."""

    no: str
    group_no: str
    title: str
    requested: int


@dataclass
class Told:
    """What the donor was told: the number of the gift and the secret address."""

    gift_no: str
    address: str


@pytest.fixture
def waiting(stage: Stage) -> Waiting:
    found = stage.rows(
        "SELECT no, group_no, title, requested_yen FROM application"
        " WHERE state = 'submitted' ORDER BY id LIMIT 1"
    )
    return Waiting(*found[0])


@pytest.fixture
def donor(browser: Browser, stage: Stage) -> Iterator[Visitor]:
    with visitor(browser, stage.web) as who:
        yield who


def test_one_gift_travels_from_a_donor_to_a_group(
    stage: Stage, browser: Browser, donor: Visitor, waiting: Waiting
) -> None:
    told = _gives(stage, donor, waiting)
    _waits_for_its_receipt(donor, told)
    _is_accepted(browser, stage, told)
    _has_a_receipt(stage, donor, told)
    award = _is_decided(browser, stage, waiting)
    _is_allocated(browser, stage)
    _is_paid_out(browser, stage, award)
    _donor_reads_it(donor, told, waiting, award)
    _everybody_reads_it(stage, donor, told, waiting, award)
    checked = stage.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _gives(stage: Stage, donor: Visitor, waiting: Waiting) -> Told:
    """Five steps, a declined card, a good card, and the own page."""
    page = donor.page
    donor.open("/")
    donor.check_page()
    page.locator("main").get_by_role("link", name="寄附する").first.click()
    donor.check_page()
    fill_gift(donor, replace(GIFT, group=waiting.group_no), check=True)
    expect(page.locator("main")).to_contain_text("15,000円")
    expect(page.locator("main")).to_contain_text("髙橋 \ufa19子")
    submit_gift(donor)
    pay(donor, DECLINED)
    expect(page.get_by_role("alert")).to_contain_text("カードが拒否されました")
    pay(donor, PAID)
    page.wait_for_url(re.compile(r"/d/[^/]+$|/d/[^/]+\?"))
    address = page.url.partition("?")[0]
    gift_no = re.search(r"G-\w+", page.locator("h1").inner_text())
    assert gift_no
    until(lambda: stage.entries_of(gift_no[0]) != [])
    page.goto(address)
    expect(page.locator("main")).to_contain_text("入金を確認しました")
    donor.check_page()
    return Told(gift_no[0], address)


def _waits_for_its_receipt(donor: Visitor, told: Told) -> None:
    early = donor.page.goto(f"{told.address}/receipt.pdf")
    assert early is not None
    assert early.status == 404
    expect(donor.page.locator("main")).to_contain_text("採納")
    donor.check_page()


def _is_accepted(browser: Browser, stage: Stage, told: Told) -> None:
    """An officer proposes and cannot decide; the decider decides."""
    with member(browser, stage.web, "officer") as officer:
        officer.check_page()
        officer.open("/staff/acceptance")
        officer.check_page()
        officer.page.check(f"input[name=gift][value='{told.gift_no}']")
        for tick in officer.page.locator("input[name=checklist]").all():
            tick.check()
        officer.press("採納を起案する")
        officer.page.wait_for_url(re.compile(r"/staff/acceptance/.+"))
        officer.check_page()
        batch = officer.page.url
        expect(officer.page.locator("main")).to_contain_text("起案した人は決定できません")
        assert officer.button("決定する").count() == 0
        officer.open("/staff/acceptance")
        token = officer.page.locator("input[name=csrf_token]").first.input_value()
        forced = officer.page.request.post(
            batch, form={"csrf_token": token, "decision": "accept", "note": ""}
        )
        assert forced.status == 403
    with member(browser, stage.web, "decider") as decider:
        decider.page.goto(batch)
        decider.check_page()
        decider.page.check("input[name=decision][value=accept]")
        decider.press("決定する")
        expect(decider.page.locator("main")).to_contain_text("採納しました")
        decider.check_page()


def _has_a_receipt(stage: Stage, donor: Visitor, told: Told) -> None:
    """On the donor's page, and by mail as a link."""
    donor.page.goto(told.address)
    donor.check_page()
    link = donor.page.get_by_role("link", name="受領証明書（PDF）を開く")
    address = link.get_attribute("href")
    assert address
    answer = donor.page.request.get(stage.web + address)
    assert answer.status == 200
    body = answer.body()
    assert body.startswith(b"%PDF")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    assert "\ufa19子" in text.replace("\n", "")
    assert "15,000" in text
    secret = told.address.rpartition("/")[2]
    mails = until(lambda: stage.look(f"mail.json?to={MAIL}"))
    assert any(secret in link for mail in mails for link in mail["links"])


def _is_decided(browser: Browser, stage: Stage, waiting: Waiting) -> str:
    """The council recommends, the decider decides; returns the award's number."""
    path = f"/staff/applications/{waiting.no}"
    with member(browser, stage.web, "council") as council:
        council.check_page()
        council.open("/staff/applications")
        council.check_page()
        council.open(path)
        council.check_page()
        council.page.check("input[name=recommended][value=yes]")
        council.page.fill("input[name=yen]", f"{waiting.requested:,}円")
        council.page.fill("input[name=score]", "８８")
        council.page.fill("textarea[name=comment]", "地域に役立つ計画です（見本）")
        council.press("推薦を記録する")
        expect(council.page.locator("main")).to_contain_text("88点")
    with member(browser, stage.web, "decider") as decider:
        decider.open(path)
        decider.check_page()
        decider.page.check("input[name=accepted][value=yes]")
        decider.page.fill("input[name=yen]", str(waiting.requested))
        decider.press("決定を記録する")
        expect(decider.page.locator("main")).to_contain_text(re.compile(r"A\d{4}-\d{4}"))
        decider.check_page()
    found = stage.rows(
        "SELECT award.no FROM award JOIN application ON application.id = award.application_id"
        " WHERE application.no = %s",
        waiting.no,
    )
    return str(found[0][0])


def _is_allocated(browser: Browser, stage: Stage) -> None:
    """The draft that waits knows no new award: an officer computes it anew and may not approve.

    The treasurer may.
    """
    with member(browser, stage.web, "officer") as officer:
        officer.open("/staff/runs")
        officer.check_page()
        officer.page.locator("tr", has_text="承認待ち").get_by_role("link").click()
        expect(officer.page.locator("main")).to_contain_text("この案は古くなりました")
        officer.check_page()
        officer.press("いまの台帳で計算し直す")
        expect(officer.page.locator("main")).to_contain_text("計算し直しました")
        officer.check_page()
        run = officer.page.url
        assert officer.button("この配分を承認する").count() == 0
    with member(browser, stage.web, "treasurer") as treasurer:
        treasurer.check_page()
        treasurer.page.goto(run)
        treasurer.check_page()
        treasurer.press("この配分を承認する")
        expect(treasurer.page.locator("main")).to_contain_text("台帳に記帳しました")


def _is_paid_out(browser: Browser, stage: Stage, award: str) -> None:
    """An officer requests all that was allocated, the treasurer pays it."""
    free = stage.rows("SELECT -sum(yen) FROM posting WHERE account = %s", f"committed:{award}")[0][
        0
    ]
    with member(browser, stage.web, "officer") as officer:
        officer.open(f"/staff/awards/{award}")
        officer.check_page()
        officer.page.fill("input[name=yen]", str(free))
        officer.press("交付を請求する")
        officer.page.wait_for_url(re.compile(r"/staff/(disbursements|awards)/.+"))
        officer.check_page()
    number = stage.rows(
        "SELECT disbursement.no FROM disbursement JOIN award ON award.id = award_id"
        " WHERE award.no = %s",
        award,
    )[0][0]
    with member(browser, stage.web, "treasurer") as treasurer:
        treasurer.open("/staff/disbursements")
        treasurer.check_page()
        treasurer.open(f"/staff/disbursements/{number}")
        treasurer.check_page()
        treasurer.press(f"{free:,}円 を支払ったと記帳する")
        expect(treasurer.page.locator("main")).to_contain_text("支払日")
        treasurer.check_page()


def _donor_reads_it(donor: Visitor, told: Told, waiting: Waiting, award: str) -> None:
    """Which award the yen went to and why, with the clause."""
    donor.page.goto(told.address)
    spent = donor.page.locator("main")
    expect(spent).to_contain_text(waiting.title)
    assert spent.locator(f"a[href$='/grants/{award}']").count() >= 1
    assert spent.locator("a[href*='/manual/clause/allocation-rule']").count() >= 1
    donor.check_page()
    donor.page.set_viewport_size({"width": 320, "height": 640})
    donor.check_page()
    donor.page.set_viewport_size({"width": 1280, "height": 900})


def _everybody_reads_it(
    stage: Stage, donor: Visitor, told: Told, waiting: Waiting, award: str
) -> None:
    """The public pages tell the same story, wide and on a phone."""
    no = until(lambda: _public_entry(stage, told.gift_no))
    donor.open("/ledger")
    expect(donor.page.locator("main").locator(f"a[href$='/ledger/{no}']").first).to_be_visible()
    for path in (
        "/",
        "/give",
        "/ledger",
        f"/ledger/{no}",
        "/grants",
        f"/grants/{award}",
        "/groups",
        f"/groups/{waiting.group_no}",
        "/manual",
        "/manual/clause/allocation-rule",
        "/glance",
        "/verify",
        "/data",
        "/privacy",
        "/accessibility",
        "/licenses",
    ):
        donor.check_public(path)
    donor.open(f"/verify?number={told.gift_no}")
    donor.page.click("text=その記録を見る")
    assert donor.page.url.endswith(f"/ledger/{no}")


def _public_entry(stage: Stage, gift_no: str) -> int | None:
    found = stage.rows(
        "SELECT no FROM public_entry WHERE kind = 'donation.received' AND gift_no = %s",
        gift_no,
    )
    return int(found[0][0]) if found else None
