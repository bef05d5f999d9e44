"""Working on a draft: manual payments, taking them back, computing anew, and who may not approve."""

from __future__ import annotations

import dataclasses
import json

import psycopg
import pytest
from award_books import ACCEPT, NOW, awarded, rows
from lots import approve, give, opening, sample

from fund.allocation import checker, commands, queries, revisions
from fund.allocation.invariants import INVARIANTS
from fund.allocation.outdated import Outdated
from fund.allocation.revisions import Manual
from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.platform.invariants import examine
from fund.registry import interests


def run_of(house, number):
    with house.database.reading() as connection:
        found = queries.run(connection, number)
    assert found is not None
    return found


def override(house, by, number, payment, reason="会議の決定による"):
    share, award, yen = payment
    run = run_of(house, number)
    return revisions.override_run(
        house,
        by=by,
        now=NOW,
        run_no=number,
        plan_sha256=run.plan_sha256,
        wanted=Manual(share, award, Yen(yen), reason),
    )


def undo(house, by, number, position):
    run = run_of(house, number)
    revisions.undo_override(
        house, by=by, now=NOW, run_no=number, plan_sha256=run.plan_sha256, position=position
    )


@pytest.fixture
def draft(house, people):
    """A draft over the sample's two awards and four gifts; G-…4 is 100,000 yen for anywhere."""
    sample(house, people)
    return commands.draft_run(house, by=people.officer, now=NOW)


@pytest.fixture
def refused_draft(house, people, draft, app_dsn):
    """Everything a refused act needs."""
    return house, people, draft, app_dsn


def test_a_manual_payment_is_frozen_rechecked_posted_and_audited(house, people, draft, app_dsn):
    before = run_of(house, draft)
    override(house, people.officer, draft, ("G-00000004/1", "A2026-0002", 90_000), " 会議の\n決定 ")
    run = run_of(house, draft)
    assert run.plan_sha256 != before.plan_sha256
    assert run.problem_document["fixed"] == [
        {
            "donation": "G-00000004/1",
            "grant": "A2026-0002",
            "amount": 90_000,
            "reason": "会議の 決定",
            "by_role": "officer",
        }
    ]
    assert checker.check(json.loads(run.problem), json.loads(run.plan)) == []
    paid = {(row["donation"], row["grant"]): row["amount"] for row in run.plan_document["ledger"]}
    assert paid["G-00000004/1", "A2026-0002"] >= 90_000
    approve(house, people.treasurer, draft)
    posted = rows(
        app_dsn,
        "SELECT yen FROM allocation_line WHERE share_id = 'G-00000004/1'"
        " AND award_no = 'A2026-0002'",
    )
    assert posted[0][0] >= 90_000
    assert rows(app_dsn, "SELECT count(*) FROM audit_trail WHERE act = 'run.overridden'") == [(1,)]
    with house.database.reading() as connection:
        assert [found for found in examine(connection, INVARIANTS) if found.count] == []


def test_an_undone_payment_leaves_the_plan_as_it_was(house, people, draft):
    before = run_of(house, draft)
    position = override(house, people.officer, draft, ("G-00000004/1", "A2026-0002", 90_000))
    undo(house, people.second, draft, position)
    after = run_of(house, draft)
    assert (after.problem, after.plan) == (before.problem, before.plan)
    with house.database.reading() as connection:
        assert queries.standing_overrides(connection, after.id) == []
        assert [one.act for one in queries.revisions(connection, after.id)] == [
            "overridden",
            "undone",
        ]
    with pytest.raises(NotFound):
        undo(house, people.officer, draft, position)


@pytest.mark.parametrize(
    ("payment", "reason", "field"),
    [
        (("G-00000002/1", "A2026-0001", 1_000), "理由", "share_id"),
        (("G-00000003/1", "A2026-0002", 1_000), "理由", "share_id"),
        (("G-FFFFFFFF/1", "A2026-0001", 1_000), "理由", "share_id"),
        (("G-00000004/1", "A2026-0009", 1_000), "理由", "award_no"),
        (("G-00000004/1", "A2026-0001", 100_001), "理由", "yen"),
        (("G-00000004/1", "A2026-0001", 0), "理由", "yen"),
        (("G-00000004/1", "A2026-0001", 1_000), "  ", "reason"),
        (("G-00000004/1", "A2026-0001", 1_000), "あ" * 501, "reason"),
        (("G-00000004/1", "A2026-0001", 1_000), "\x00", "reason"),
    ],
)
def test_a_payment_outside_wish_share_or_award_is_refused(refused_draft, payment, reason, field):
    house, people, draft, app_dsn = refused_draft
    before = run_of(house, draft)
    with pytest.raises(Invalid) as refused:
        override(house, people.officer, draft, payment, reason)
    assert field in refused.value.fields
    assert run_of(house, draft).plan == before.plan
    assert rows(app_dsn, "SELECT count(*) FROM allocation_revision") == [(0,)]


def test_the_same_pair_is_decided_once_and_a_stale_screen_decides_nothing(house, people, draft):
    seen = run_of(house, draft).plan_sha256
    override(house, people.officer, draft, ("G-00000004/1", "A2026-0002", 10_000))
    with pytest.raises(Conflict, match="もう手動で"):
        override(house, people.officer, draft, ("G-00000004/1", "A2026-0002", 5_000))
    with pytest.raises(Conflict, match="ほかの人が変えました"):
        revisions.override_run(
            house,
            by=people.second,
            now=NOW,
            run_no=draft,
            plan_sha256=seen,
            wanted=Manual("G-00000004/1", "A2026-0001", Yen(1), "理由"),
        )
    with pytest.raises(Forbidden):
        override(house, system(), draft, ("G-00000004/1", "A2026-0001", 1))


def test_a_payment_below_an_awards_minimum_is_refused(house, people):
    awarded(house, people, verdict=dataclasses.replace(ACCEPT, min_yen=Yen(200_000)))
    awarded(house, people)
    give(house, "G-0000000C", "anywhere", None, [{"uses": ["any"]}], 150_000)
    number = commands.draft_run(house, by=people.officer, now=NOW)
    with pytest.raises(Invalid) as refused:
        override(house, people.officer, number, ("G-0000000C/1", "A2026-0001", 1_000))
    assert "最低額" in refused.value.fields["yen"]


def test_whoever_worked_on_a_draft_does_not_approve_it(house, people, draft, app_dsn):
    override(house, people.second, draft, ("G-00000004/1", "A2026-0002", 10_000))
    with pytest.raises(Forbidden, match="手を加えた"):
        approve(house, people.second, draft)
    with (
        psycopg.connect(app_dsn) as connection,
        pytest.raises(psycopg.errors.CheckViolation) as refused,
    ):
        connection.execute(
            "UPDATE allocation_run SET state = 'approved', approved_by = %s, approved_at = now()",
            (people.second.person_id,),
        )
    assert refused.value.diag.constraint_name == "run_four_eyes"
    approve(house, people.treasurer, draft)


def test_an_outdated_draft_is_computed_anew_and_keeps_its_manual_payments(house, people, draft):
    override(house, people.officer, draft, ("G-00000004/1", "A2026-0002", 90_000))
    opening(house, 20_000)
    with pytest.raises(Outdated) as refused:
        approve(house, people.treasurer, draft)
    assert [change.code for change in refused.value.changes] == ["gifts-added"]
    assert refused.value.changes[0].ids == ("OPEN-1",)
    revisions.refresh_run(house, by=people.second, now=NOW, run_no=draft)
    run = run_of(house, draft)
    assert run.total_yen == 290_000
    assert run.problem_document["fixed"][0]["amount"] == 90_000
    with pytest.raises(Forbidden):
        approve(house, people.second, draft)
    approve(house, people.treasurer, draft)
    with pytest.raises(Conflict):
        revisions.refresh_run(house, by=people.second, now=NOW, run_no=draft)


def test_an_ended_run_is_not_worked_on(house, people, draft):
    approve(house, people.treasurer, draft)
    with pytest.raises(Conflict):
        override(house, people.officer, draft, ("G-00000004/1", "A2026-0002", 1))


def test_a_declared_interest_keeps_a_person_from_approving_and_from_deciding_by_hand(
    house, people, draft, app_dsn
):
    declared = interests.declare(
        house, by=people.treasurer, now=NOW, group_no="0133", relation="member"
    )
    with pytest.raises(Forbidden, match="見本みどりの会"):
        approve(house, people.treasurer, draft)
    # Ending it while the draft waits does not help: it stood when the draft was made.
    interests.end(house, by=people.treasurer, now=NOW, interest_id=declared)
    with pytest.raises(Forbidden, match="関係がある"):
        approve(house, people.treasurer, draft)
    interests.declare(house, by=people.officer, now=NOW, group_no="0132", relation="family")
    with pytest.raises(Forbidden, match="手動"):
        override(house, people.officer, draft, ("G-00000004/1", "A2026-0001", 1))
    approve(house, people.decider, draft)
    assert rows(app_dsn, "SELECT count(*) FROM allocation_line WHERE yen > 0")[0][0] > 0


def test_an_interest_is_declared_once_by_oneself_and_only_ends(house, people, app_dsn):
    made = interests.declare(
        house, by=people.officer, now=NOW, group_no="0132", relation="officer", note="監事"
    )
    with pytest.raises(Conflict):
        interests.declare(house, by=people.officer, now=NOW, group_no="0132", relation="other")
    with pytest.raises(Invalid) as refused:
        interests.declare(house, by=people.officer, now=NOW, group_no="９", relation="friend")
    assert set(refused.value.fields) == {"group_no", "relation"}
    with pytest.raises(NotFound):
        interests.end(house, by=people.second, now=NOW, interest_id=made)
    with psycopg.connect(app_dsn) as connection:
        for change in ("note = 'x'", "person_id = 2", "declared_at = now()"):
            with pytest.raises(psycopg.errors.RestrictViolation), connection.transaction():
                connection.execute(f"UPDATE interest SET {change}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("DELETE FROM interest")
    interests.end(house, by=people.officer, now=NOW, interest_id=made)
    assert interests.declare(house, by=people.officer, now=NOW, group_no="0132", relation="member")
