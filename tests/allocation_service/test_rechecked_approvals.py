"""No approval without the word of the independent checker, in this process or in its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pathlib

import psycopg
import pytest
from award_books import NOW, rows
from lots import approve, draft_and_approve, give, sample

from fund.allocation import commands, queries, rechecking
from fund.kernel.errors import Conflict
from fund.kernel.money import Yen


@pytest.fixture(params=["in this process", "in its own"])
def judged(request, monkeypatch):
    """Where the checker works: small files are judged here, large ones in a process of their own."""
    if request.param == "in its own":
        monkeypatch.setattr(rechecking, "LARGE", 0)


def forge(app_dsn, change):
    """Replace the plan that waits, hash and all, as whoever writes SQL as the app could."""
    with psycopg.connect(app_dsn, autocommit=True) as connection:
        (stored,) = connection.execute("SELECT plan FROM allocation_run").fetchone()
        plan = json.loads(stored)
        change(plan)
        body = json.dumps(plan).encode()
        connection.execute(
            "UPDATE allocation_run SET plan = %s, plan_sha256 = %s",
            (body, hashlib.sha256(body).hexdigest()),
        )


def command_lines():
    """The command line of every process; of one that ended meanwhile nothing is left to read."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def one_yen_less(plan):
    plan["ledger"][0]["amount"] -= 1


def other_reason(plan):
    next(iter(plan["reasons"]["grants"].values()))["code"] = "cancelled_minimum"


@pytest.mark.usefixtures("judged")
def test_a_plan_that_follows_the_rule_is_posted(house, people, app_dsn):
    sample(house, people)
    number = draft_and_approve(house, people)
    assert rows(app_dsn, "SELECT state FROM allocation_run") == [("approved",)]
    with house.database.reading() as connection:
        lines = queries.lines_of_gift(connection, "G-00000002")
    assert [(line.run_no, line.yen) for line in lines] == [(number, Yen(50_000))]


def no_amount(plan):
    del plan["ledger"][-1]["amount"]


def amount_in_words(plan):
    plan["ledger"][0]["amount"] = "一万円"


def another_format(plan):
    plan["format"] = "alloc-plan/2"


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(
    "change", [one_yen_less, other_reason, no_amount, amount_in_words, another_format]
)
def test_a_forged_plan_is_refused_and_nothing_is_posted(house, people, app_dsn, change):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    forge(app_dsn, change)
    with pytest.raises(Conflict, match="計画がきまりに合いません。承認できません: "):
        approve(house, people.treasurer, number)
    assert rows(app_dsn, "SELECT state FROM allocation_run") == [("drafted",)]
    assert rows(app_dsn, "SELECT count(*) FROM allocation_line") == [(0,)]


@pytest.mark.usefixtures("judged")
def test_a_line_beyond_its_lot_is_refused_in_words(house, people, app_dsn):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)

    def too_much(plan):
        plan["ledger"][0]["amount"] += 10_000_000

    forge(app_dsn, too_much)
    with pytest.raises(Conflict, match=r"計画がきまりに合いません|残りが足りません"):
        approve(house, people.treasurer, number)
    assert rows(app_dsn, "SELECT count(*) FROM allocation_line") == [(0,)]


def test_a_checker_that_fails_is_no_verdict(house, people, app_dsn, tmp_path, monkeypatch):
    monkeypatch.setattr(rechecking, "LARGE", 0)
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    broken = tmp_path / "checker.py"
    broken.write_text("import sys; sys.exit(70)")
    monkeypatch.setattr(rechecking.checker, "__file__", str(broken))
    with pytest.raises(RuntimeError, match="the checker ended with 70"):
        approve(house, people.treasurer, number)
    assert rows(app_dsn, "SELECT count(*) FROM allocation_line") == [(0,)]


def test_a_refusal_leaves_no_process_and_no_file_behind(
    house, people, app_dsn, tmp_path, monkeypatch
):
    monkeypatch.setattr(rechecking, "LARGE", 0)
    monkeypatch.setattr(rechecking.tempfile, "tempdir", str(tmp_path))
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    give(house, "G-0000000A", "anywhere", None, [{"uses": ["any"]}], 1_000)
    with pytest.raises(Conflict, match="加わった寄附"):
        approve(house, people.treasurer, number)
    assert list(tmp_path.glob("recheck-*")) == []
    assert [line for line in command_lines() if str(tmp_path) in line] == []
