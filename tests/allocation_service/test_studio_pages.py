"""What officers do with a draft on its pages: imagine, decide by hand, compare, declare."""

from __future__ import annotations

import datetime as dt
import io
import json
from urllib.parse import quote

import lxml.html
import openpyxl
import pytest
from award_books import rows
from lots import sample

from fund.allocation import checker
from fund.kernel.calendar import day_in_japan, fiscal_year

NUMBER = f"RUN{fiscal_year(day_in_japan(dt.datetime.now(dt.UTC)))}-001"
STAFF = f"/staff/runs/{NUMBER}"
WHATIF = f"{STAFF}/whatif"


def page(answer, status=200):
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    return text


def plan_hash(app_dsn):
    return rows(app_dsn, "SELECT plan_sha256 FROM allocation_run")[0][0]


@pytest.fixture(params=["", "/en"])
def officer(request, house, people, visitor):
    """An officer with a draft over two awards and four gifts, on Japanese or English pages."""
    sample(house, people)
    found = visitor("officer", request.param)
    found.get("/staff/runs")
    assert found.post("/staff/runs").status_code == 303
    return found


def test_what_is_imagined_stands_beside_the_draft_and_changes_nothing(officer, app_dsn):
    before = plan_hash(app_dsn)
    assert "<form" in page(officer.get(WHATIF))
    answer = officer.get(f"{WHATIF}?award=A2026-0002&asked=1万円")
    assert answer.status_code == 302
    address = f"{WHATIF}?asked.A2026-0002=10000"
    assert answer.headers["Location"].endswith(address)
    said = page(officer.get(address))
    assert "10,000" in said
    told = officer.get(f"{WHATIF}.json?asked.A2026-0002=10000").get_data(as_text=True)
    assert "A2026-0002" in told
    assert "10000" in told
    files = [
        json.loads(officer.get(f"{WHATIF}/{what}.json?asked.A2026-0002=10000").data)
        for what in ("problem", "plan")
    ]
    assert checker.check(*files) == []
    assert files[1]["grants"]["A2026-0002"] == 10_000
    assert plan_hash(app_dsn) == before


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("award=A2026-0002", "asked"),
        ("asked.A2026-0002=たくさん", "asked.A2026-0002"),
        ("pass_group=101", "pass_group"),
        ("order=upside-down", "order"),
        ("extra_use=nobody:1&extra_yen=100", "extra_use"),
    ],
)
def test_what_cannot_be_imagined_comes_back_with_the_field_named(officer, query, word):
    said = page(officer.get(f"{WHATIF}?{query}"), 400)
    assert word.split(".")[0] in said
    assert "Traceback" not in said


def test_every_switch_of_the_rule_can_be_tried_and_rechecked(officer):
    form = lxml.html.fromstring(page(officer.get(WHATIF)))
    tried = [
        f"{select.get('name')}={quote(option.get('value'))}"
        for select in form.xpath("//select[@name!='award' and @name!='extra_use']")
        for option in select.xpath("option[@value!='']")
    ]
    assert len(tried) >= 10
    for query in (*tried, "pass_group=50&pass_field=80", "extra_use=any&extra_yen=50000"):
        page(officer.get(f"{WHATIF}?{query}"))
        files = [
            json.loads(officer.get(f"{WHATIF}/{what}.json?{query}").data)
            for what in ("problem", "plan")
        ]
        assert checker.check(*files) == [], query


def test_a_decision_by_hand_is_typed_undone_approved_by_another_and_published(
    officer, visitor, app_dsn
):
    form = page(officer.get(f"{STAFF}/override?award=A2026-0002"))
    assert "G-00000004/1" in form
    typed = {"award_no": "A2026-0002", "share_id": "G-00000004/1", "yen": "９万円"}
    again = page(
        officer.post(f"{STAFF}/override", {**typed, "plan_sha256": plan_hash(app_dsn)}), 400
    )
    assert "９万円" in again or 'value="90000"' in again
    asked = {**typed, "reason": "審査会の決定", "plan_sha256": plan_hash(app_dsn)}
    assert officer.post(f"{STAFF}/override", asked).status_code == 303
    drafted = page(officer.get(STAFF))
    assert "G-00000004/1" in drafted
    aside = (
        "Neither amount counts the ¥90,000 decided by hand"
        if officer.prefix
        else "手動で決めた分と前の配分の90,000円は、どちらの額にも入っていません"
    )
    assert aside in drafted
    stale = officer.post(f"{STAFF}/override", {**asked, "plan_sha256": "0" * 64})
    assert stale.status_code == 409
    undone = officer.post(f"{STAFF}/override/1/undo", {"plan_sha256": plan_hash(app_dsn)})
    assert undone.status_code == 303
    assert (
        officer.post(f"{STAFF}/override", {**asked, "plan_sha256": plan_hash(app_dsn)}).status_code
        == 303
    )

    treasurer = visitor("treasurer", officer.prefix)
    treasurer.get(STAFF)
    done = treasurer.post(f"{STAFF}/approve", {"plan_sha256": plan_hash(app_dsn)})
    assert done.status_code == 303
    public = page(visitor(prefix=officer.prefix).get(f"/runs/{NUMBER}"))
    assert "審査会の決定" in public
    assert "officer 1" not in public
    book = openpyxl.load_workbook(
        io.BytesIO(visitor().get(f"/runs/{NUMBER}/everything.xlsx").data), read_only=True
    )
    assert len(book.sheetnames) >= 4


def test_an_empty_decision_names_each_missing_part_once(officer, app_dsn):
    asked = {"award_no": "A2026-0001", "plan_sha256": plan_hash(app_dsn)}
    text = page(officer.post(f"{STAFF}/override", asked), 400)
    english = officer.prefix == "/en"
    assert text.count('id="error-summary"') == 1
    for message in (
        ("Choose a gift from the list", "Enter an amount of 1 yen or more", "Enter a reason, up to")
        if english
        else ("寄附を一覧から選ぶか", "1円からの金額を入力", "理由を500文字まで")
    ):
        assert message in text
    listed = page(officer.get(f"{STAFF}/override?award=A2026-0001"))
    assert ("free, No particular wish, now" if english else "、おまかせ、いまの行き先") in listed


def test_a_wish_against_the_award_cannot_be_decided_by_hand(officer, app_dsn):
    asked = {
        "award_no": "A2026-0001",
        "share_id": "",
        "other_share": "G-00000002/1",
        "yen": "1000",
        "reason": "まちがい",
        "plan_sha256": plan_hash(app_dsn),
    }
    said = page(officer.post(f"{STAFF}/override", asked), 400)
    assert "G-00000002/1" in said
    assert rows(app_dsn, "SELECT count(*) FROM allocation_line")[0][0] == 0


def test_who_declared_an_interest_may_not_approve_and_anybody_else_may(officer, visitor, app_dsn):
    treasurer = visitor("treasurer", officer.prefix)
    page(treasurer.get("/staff/interests"))
    page(treasurer.post("/staff/interests", {"group_no": "0132"}), 400)
    declared = treasurer.post("/staff/interests", {"group_no": "0132", "relation": "family"})
    assert declared.status_code == 303
    shown = page(treasurer.get(STAFF))
    assert "/approve" not in shown
    refused = treasurer.post(f"{STAFF}/approve", {"plan_sha256": plan_hash(app_dsn)})
    assert refused.status_code == 403
    other = visitor("treasurer", officer.prefix)
    other.get(STAFF)
    assert other.post(f"{STAFF}/approve", {"plan_sha256": plan_hash(app_dsn)}).status_code == 303
