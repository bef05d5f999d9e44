"""Runs on a real database: frozen, approved by a second person, posted once."""

from __future__ import annotations

import datetime as dt
import json
import threading

import psycopg
import pytest
from award_books import NOW, awarded, rows
from lots import approve, draft_and_approve, give, opening, pay_out, sample, small_award

from fund.allocation import checker, commands, queries
from fund.allocation.invariants import INVARIANTS
from fund.allocation.messages import RunApproved
from fund.grants import commands as grants
from fund.grants import queries as grant_queries
from fund.grants.invariants import INVARIANTS as GRANT_INVARIANTS
from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.ledger import queries as ledger
from fund.platform.invariants import examine


def broken(house):
    with house.database.reading() as connection:
        return [f for f in examine(connection, INVARIANTS + GRANT_INVARIANTS) if f.count]


def run_of(house, number):
    with house.database.reading() as connection:
        found = queries.run(connection, number)
    assert found is not None
    return found


def test_a_run_posts_every_line_within_its_wish(house, people, app_dsn):
    first, second = sample(house, people)
    heard = []
    house.reactions[RunApproved] = (lambda tx, message: heard.append(message),)
    number = draft_and_approve(house, people)
    assert number == "RUN2026-001"
    with house.database.reading() as connection:
        lines = queries.lines_of_award(connection, second)
        assert {line.use for line in lines} <= {"field:nature", "any"}
        assert [line.award_no for line in queries.lines_of_gift(connection, "G-00000002")] == [
            second
        ]
        assert queries.lines_of_gift(connection, "G-00000003") == []
        found = ledger.commitments(connection, [first, second])
        assert sum(item.allocated for item in found.values()) == 270_000
        (idle,) = queries.idle_of_gift(connection, "G-00000003")
        assert (idle.yen, idle.code, idle.run_no) == (30_000, "no_grant", number)
        assert queries.idle_of_gift(connection, "G-00000002") == []
        sources = queries.sources_of_award(connection, second)
        assert sum(source.yen for source in sources) == found[second].allocated
    assert heard[0].award_nos == (first, second)
    assert heard[0].gift_nos == ("G-00000001", "G-00000002", "G-00000004")
    assert rows(
        app_dsn, "SELECT count(*) FROM journal_entry WHERE kind = 'allocation.approved'"
    ) == [(1,)]
    assert broken(house) == []


def test_stored_files_recheck_and_carry_their_hashes(house, people):
    sample(house, people)
    run = run_of(house, draft_and_approve(house, people))
    assert checker.check(json.loads(run.problem), json.loads(run.plan)) == []
    assert run.plan_document["problem_sha256"] == run.problem_sha256


def test_the_frozen_problem_holds_public_ids_and_no_day_of_receipt(house, people):
    sample(house, people)
    opening(house, 10_000)
    run = run_of(house, commands.draft_run(house, by=people.officer, now=NOW))
    donations = run.problem_document["donations"]
    assert {gift["received"] for gift in donations} == {"2026-04-01", "2024-04-01"}
    assert {gift["id"] for gift in donations} >= {"G-00000001/1", "OPEN-1"}
    assert run.problem_document["policy"]["spend_order"] == ["flex", "vintage"]


def test_a_draft_touches_no_book(house, people, app_dsn):
    sample(house, people)
    before = rows(app_dsn, "SELECT count(*) FROM posting")
    commands.draft_run(house, by=people.officer, now=NOW)
    assert rows(app_dsn, "SELECT count(*) FROM posting") == before
    assert broken(house) == []


def test_a_draft_without_awards_or_money_says_what_is_missing(house, people):
    with pytest.raises(Conflict, match="助成がありません"):
        commands.draft_run(house, by=people.officer, now=NOW)
    awarded(house, people)
    with pytest.raises(Conflict, match="寄附がありません"):
        commands.draft_run(house, by=people.officer, now=NOW)
    give(house, "G-00000009", "field", "arts", [{"uses": ["field:arts"]}], 5_000)
    with pytest.raises(Conflict, match="希望に合う寄附"):
        commands.draft_run(house, by=people.officer, now=NOW)
    with pytest.raises(Forbidden):
        commands.draft_run(house, by=system(), now=NOW)


def test_a_second_draft_waits_for_the_first(house, people):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    with pytest.raises(Conflict, match="承認を待つ"):
        commands.draft_run(house, by=people.second, now=NOW)
    with pytest.raises(Invalid):
        commands.discard_run(house, by=people.officer, now=NOW, run_no=number, reason=" ")
    commands.discard_run(house, by=people.officer, now=NOW, run_no=number, reason="やり直す")
    assert commands.draft_run(house, by=people.second, now=NOW) == "RUN2026-002"
    with pytest.raises(Conflict):
        commands.discard_run(house, by=people.officer, now=NOW, run_no=number, reason="もう一度")


def test_who_drafted_does_not_approve(house, people, app_dsn):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    for by in (people.officer, system()):
        with pytest.raises(Forbidden):
            approve(house, by, number)
    with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "UPDATE allocation_run SET state = 'approved', approved_by = drafted_by, approved_at = now()"
        )


def test_an_approval_is_bound_to_the_plan_that_was_seen(house, people):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    with pytest.raises(Conflict, match="ちがいます"):
        commands.approve_run(
            house, by=people.treasurer, now=NOW, run_no=number, plan_sha256="0" * 64
        )
    with pytest.raises(NotFound):
        commands.approve_run(
            house, by=people.treasurer, now=NOW, run_no="RUN2026-999", plan_sha256=""
        )
    approve(house, people.treasurer, number)
    with pytest.raises(Conflict, match="すでに"):
        approve(house, people.treasurer, number)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda house, people: give(
                house, "G-0000000A", "anywhere", None, [{"uses": ["any"]}], 1_000
            ),
            "加わった寄附：1件（G-0000000A/1）",
        ),
        (awarded, "加わった助成：1件（A2026-0003）"),
    ],
)
def test_an_outdated_run_is_refused_and_says_what_changed(house, people, app_dsn, change, words):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    change(house, people)
    with pytest.raises(Conflict) as refused:
        approve(house, people.treasurer, number)
    assert words in str(refused.value)
    assert rows(app_dsn, "SELECT count(*) FROM allocation_line") == [(0,)]
    assert rows(app_dsn, "SELECT state FROM allocation_run") == [("drafted",)]


def test_a_wish_that_lapsed_since_the_draft_makes_it_outdated(house, people):
    awarded(house, people)
    last = NOW.date() + dt.timedelta(days=1)
    give(
        house,
        "G-0000000B",
        "group",
        "0132",
        [{"uses": ["group:0132"], "expires": last.isoformat()}],
        9_000,
    )
    number = commands.draft_run(house, by=people.officer, now=NOW)
    with pytest.raises(Conflict, match="希望の期限が変わった寄附：1件"):
        approve(house, people.treasurer, number, NOW + dt.timedelta(days=2))
    approve(house, people.treasurer, number, NOW + dt.timedelta(days=1))
    assert broken(house) == []


def test_two_approvals_at_once_post_once(house, people, app_dsn):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def act(by):
        gate.wait()
        try:
            approve(house, by, number)
            outcomes.append("posted")
        except Conflict:
            outcomes.append("refused")

    threads = [
        threading.Thread(target=act, args=(by,)) for by in (people.treasurer, people.decider)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["posted", "refused"]
    assert rows(app_dsn, "SELECT sum(yen) FROM allocation_line") == [(270_000,)]
    assert broken(house) == []


def test_two_drafts_at_once_leave_one(house, people, app_dsn):
    sample(house, people)
    outcomes: list[object] = []
    gate = threading.Barrier(2)

    def act(by):
        gate.wait()
        try:
            outcomes.append(commands.draft_run(house, by=by, now=NOW))
        except Conflict:
            outcomes.append(None)

    threads = [threading.Thread(target=act, args=(by,)) for by in (people.officer, people.second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, outcomes)) == [False, True]
    assert rows(app_dsn, "SELECT count(*) FROM allocation_run") == [(1,)]


def test_a_later_run_goes_on_where_the_first_stopped(house, people):
    award = small_award(house, people, 100_000)
    opening(house, 40_000)
    draft_and_approve(house, people)
    pay_out(house, people, award, 40_000)
    with house.database.reading() as connection:
        assert grant_queries.award(connection, award).state == "disbursed"
    opening(house, 90_000, "OPEN-2")
    number = draft_and_approve(house, people)
    run = run_of(house, number)
    assert run.problem_document["previous"] == [
        {"donation": "OPEN-1", "grant": award, "amount": 40_000}
    ]
    with house.database.reading() as connection:
        view = grant_queries.award(connection, award)
        assert (view.state, view.allocated, view.free) == ("decided", 100_000, 60_000)
        assert grant_queries.open_for_allocation(connection) == []
    assert broken(house) == []


def test_returned_money_enters_the_next_run_with_its_own_wish(house, people):
    first = small_award(house, people, 50_000)
    give(house, "G-0000000C", "field", "children", [{"uses": ["field:children"]}], 50_000)
    draft_and_approve(house, people)
    pay_out(house, people, first, 50_000)
    grants.confirm_settlement(
        house,
        by=people.officer,
        now=NOW,
        award_no=first,
        spent=Yen(35_000),
        returned=Yen(15_000),
        report="済",
    )
    second = small_award(house, people, 80_000)
    draft_and_approve(house, people)
    with house.database.reading() as connection:
        assert [line.yen for line in queries.lines_of_award(connection, second)] == [15_000]
        assert queries.lines_of_gift(connection, "G-0000000C")[-1].use == "field:children"
    assert broken(house) == []


def insert_line(dsn, number, line):
    with psycopg.connect(dsn) as connection:
        entry = connection.execute("SELECT min(entry_id) FROM posting").fetchone()
        connection.execute(
            "INSERT INTO allocation_line (run_id, line, share_id, award_no, yen, rank, use, entry_id)"
            " SELECT id, 99, %s, %s, %s, %s, %s, %s FROM allocation_run WHERE no = %s",
            (*line, entry[0], number),
        )


@pytest.mark.parametrize(
    ("line", "law"),
    [
        (("G-00000002/1", "A2026-0001", 1, 1, "field:nature"), "allocation_respects_wish"),
        (("G-00000002/1", "A2026-0002", 1, 1, "any"), "allocation_respects_wish"),
        (("G-00000001/1", "A2026-0002", 1, 1, "any"), "allocation_respects_wish"),
        (("G-00000003/1", "A2026-0001", 1, 1, "programme:flood-2026"), "allocation_respects_wish"),
        (("G-00000004/1", "A2026-0001", 300_001, 1, "any"), "allocation_within_award"),
    ],
)
def test_the_database_itself_refuses_a_line_against_wish_or_ceiling(
    house, people, app_dsn, line, law
):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        insert_line(app_dsn, number, line)
    assert refused.value.diag.constraint_name == law
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        insert_line(app_dsn, number, ("G-00000001/1", "A2026-0002", 1, 2, "any"))
    assert refused.value.diag.constraint_name == "line_of_approved_run"


def test_a_tampered_plan_is_not_approved(house, people, app_dsn, superuser_dsn):
    sample(house, people)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    run = run_of(house, number)
    plan = dict(run.plan_document)
    plan["ledger"] = [{**plan["ledger"][0], "amount": 1}, *plan["ledger"][1:]]
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("UPDATE allocation_run SET plan = %s", (json.dumps(plan).encode(),))
    with pytest.raises(Conflict, match="きまりに合いません"):
        approve(house, people.treasurer, number)
    assert [finding.name for finding in broken(house)] == ["runs.files-unchanged"]


def test_the_board_names_a_tampered_line(house, people, superuser_dsn):
    sample(house, people)
    number = draft_and_approve(house, people)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("ALTER TABLE allocation_line DISABLE TRIGGER ALL")
        connection.execute("UPDATE allocation_line SET yen = yen + 1 WHERE line = 1")
    found = {finding.name: finding.rows for finding in broken(house)}
    assert found["runs.lines-booked"][0].startswith(f"run={number} line=1")
    assert {"runs.lines-booked", "runs.committed-explained", "runs.files-unchanged"} <= set(found)
