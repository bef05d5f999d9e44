"""Pages of runs: the staff's work, and what anybody reads and rechecks."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys

import psycopg
import pytest
from award_books import NOW, rows
from lots import give, sample

from fund.grants import commands as grants
from fund.grants.domain import Change
from fund.kernel.calendar import day_in_japan, fiscal_year
from fund.kernel.money import Yen

NUMBER = f"RUN{fiscal_year(day_in_japan(dt.datetime.now(dt.UTC)))}-001"
STAFF = f"/staff/runs/{NUMBER}"
PUBLIC = f"/runs/{NUMBER}"


def page(answer, status=200):
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    return text


def drafted(visitor, prefix=""):
    officer = visitor("officer", prefix)
    officer.get("/staff/runs")
    assert officer.post("/staff/runs").status_code == 303
    return officer


def plan_hash(app_dsn):
    return rows(app_dsn, "SELECT plan_sha256 FROM allocation_run")[0][0]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_run_is_drafted_seen_approved_and_read_by_all(house, people, visitor, app_dsn, prefix):
    sample(house, people)
    officer = drafted(visitor, prefix)
    own = page(officer.get(STAFF))
    assert f'action="{prefix}{STAFF}/approve"' not in own
    assert f'action="{prefix}{STAFF}/discard"' in own
    anyone = visitor(prefix=prefix)
    assert anyone.get(PUBLIC).status_code == 404
    assert anyone.get(f"{PUBLIC}/plan.json").status_code == 404

    treasurer = visitor("treasurer", prefix)
    assert f'value="{plan_hash(app_dsn)}"' in page(treasurer.get(STAFF))
    answer = treasurer.post(f"{STAFF}/approve", {"plan_sha256": plan_hash(app_dsn)})
    assert answer.status_code == 303
    with psycopg.connect(app_dsn) as connection:
        connection.execute("UPDATE civic_group SET name_en = 'Sample Green' WHERE no = '0133'")
    text = page(anyone.get(PUBLIC))
    for word in ("G-00000003/1", "みどりの道", "A2026-0002"):
        assert word in text
    assert ("Sample Green" in text) is (prefix == "/en")
    for form in ("csv", "json", "xlsx"):
        assert anyone.get(f"{PUBLIC}/lines.{form}").status_code == 200
        assert treasurer.get(f"{STAFF}/lines.{form}").status_code == 200
    assert NUMBER in page(officer.get("/staff/runs"))


def test_anybody_rechecks_an_approved_run_from_its_downloads(
    house, people, visitor, app_dsn, tmp_path
):
    sample(house, people)
    drafted(visitor)
    treasurer = visitor("treasurer")
    treasurer.get(STAFF)
    treasurer.post(f"{STAFF}/approve", {"plan_sha256": plan_hash(app_dsn)})
    anyone = visitor()
    for name, address in (
        ("problem.json", f"{PUBLIC}/problem.json"),
        ("plan.json", f"{PUBLIC}/plan.json"),
        ("checker.py", "/runs/checker.py"),
    ):
        answer = anyone.get(address)
        assert answer.status_code == 200
        (tmp_path / name).write_bytes(answer.get_data())
    done = subprocess.run(
        [sys.executable, "-I", "checker.py", "problem.json", "plan.json"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "ok: the plan follows the rule\n")
    lines = json.loads(page(anyone.get(f"{PUBLIC}/lines.json")))
    assert sum(line["yen"] for line in lines["rows"]) == lines["total"]


def test_an_outdated_run_says_what_changed_on_its_page(house, people, visitor, app_dsn):
    sample(house, people)
    drafted(visitor)
    give(house, "G-0000000A", "anywhere", None, [{"uses": ["any"]}], 1_000)
    treasurer = visitor("treasurer")
    treasurer.get(STAFF)
    text = page(treasurer.post(f"{STAFF}/approve", {"plan_sha256": plan_hash(app_dsn)}), 409)
    assert "加わった寄附：1件（G-0000000A/1）" in text


def test_what_changed_is_said_in_english_with_its_yen(house, people, visitor):
    sample(house, people)
    drafted(visitor)
    for name in "ABCD":
        give(house, f"G-0000000{name}", "anywhere", None, [{"uses": ["any"]}], 1_000)
    asked = Change("reduced", Yen(123_456), "smaller-project", "回数を減らした")
    change = grants.propose_change(
        house, by=people.officer, now=NOW, award_no="A2026-0001", change=asked
    )
    grants.decide_change(house, by=people.decider, now=NOW, change_no=change, decision_no="1号")
    treasurer = visitor("treasurer", "/en")
    shown = page(treasurer.get(STAFF))
    assert "(G-0000000A/1, G-0000000B/1, G-0000000C/1 …)" in shown
    assert "A2026-0001 ¥300,000 → ¥123,456" in shown
    japanese = page(visitor("auditor").get(STAFF))
    assert "（G-0000000A/1、G-0000000B/1、G-0000000C/1…）" in japanese
    assert "A2026-0001 300,000円 → 123,456円" in japanese


def test_a_draft_without_anything_to_allocate_is_refused_on_the_list(house, visitor):
    officer = visitor("officer")
    officer.get("/staff/runs")
    assert "助成がありません" in page(officer.post("/staff/runs"), 409)


def test_a_draft_is_withdrawn_with_a_reason(house, people, visitor):
    sample(house, people)
    officer = drafted(visitor)
    officer.get(STAFF)
    page(officer.post(f"{STAFF}/discard", {"reason": ""}), 400)
    assert officer.post(f"{STAFF}/discard", {"reason": "数字の見直し"}).status_code == 303
    assert "数字の見直し" in page(officer.get(STAFF))


def test_only_an_officer_drafts_and_the_council_does_not_approve(house, people, visitor, app_dsn):
    sample(house, people)
    for role in ("council", "decider", "treasurer", "auditor", "admin"):
        other = visitor(role)
        other.get("/staff/awards")
        assert other.post("/staff/runs").status_code in {400, 403}
    drafted(visitor)
    council = visitor("council")
    council.get(STAFF)
    assert council.post(f"{STAFF}/approve", {"plan_sha256": plan_hash(app_dsn)}).status_code == 403
    assert rows(app_dsn, "SELECT count(*) FROM allocation_line") == [(0,)]


@pytest.mark.parametrize(
    "address",
    [
        "/runs/RUN1999-001",
        "/runs/x",
        "/runs/%00",
        "/runs/RUN2026-001/plan.json",
        "/runs/' OR 1/lines.csv",
    ],
)
def test_unknown_runs_get_a_helpful_answer(house, visitor, address):
    assert visitor().get(address).status_code in {400, 404}


@pytest.mark.parametrize(
    "query", ["?after=-1", "?after=99999999999999999999", "?after=%FF", "?after=5"]
)
def test_no_query_string_breaks_a_run(house, people, visitor, query):
    sample(house, people)
    officer = drafted(visitor)
    assert officer.get(STAFF + query).status_code in {200, 400}
