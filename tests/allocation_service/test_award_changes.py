"""An award made smaller or cancelled: two people, a number, money that walks back, donors told."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from award_books import NOW, rows
from lots import draft_and_approve, give, pay_out, sample, small_award
from sqlalchemy.exc import IntegrityError

from fund.allocation import reactions
from fund.allocation.invariants import INVARIANTS
from fund.grants import commands, queries
from fund.grants.changes_store import changes_of_award
from fund.grants.domain import Change
from fund.grants.invariants import INVARIANTS as OF_AWARDS
from fund.kernel.errors import Conflict, Forbidden, Invalid
from fund.kernel.money import Yen
from fund.ledger.invariants import INVARIANTS as OF_THE_LEDGER
from fund.ledger.queries import open_lots
from fund.platform.house import House
from fund.platform.invariants import examine


@pytest.fixture
def house(house: House) -> House:
    house.reactions.update(reactions.REACTIONS)  # type: ignore[attr-defined]
    return house


def smaller(yen: int, **changes: str) -> Change:
    facts = {"kind": "reduced", "reason": "smaller-project", "explanation": "回数を減らした"}
    facts |= changes
    return Change(facts["kind"], Yen(yen), facts["reason"], facts["explanation"])


def cancelled() -> Change:
    return smaller(0, kind="cancelled", reason="group-withdrew")


def change(house, people, award, asked):
    number = commands.propose_change(
        house, by=people.officer, now=NOW, award_no=award, change=asked
    )
    commands.decide_change(
        house, by=people.decider, now=NOW, change_no=number, decision_no="8協第123号"
    )
    return number


def open_yen(house):
    with house.database.reading() as connection:
        return {lot.share_id: int(lot.open_yen) for lot in open_lots(connection)}


def broken(house):
    with house.database.reading() as connection:
        laws = (*INVARIANTS, *OF_AWARDS, *OF_THE_LEDGER)
        return {one.name for one in examine(connection, laws) if one.count} - {
            "editions-in-the-journal"
        }


def test_a_cancelled_award_gives_every_yen_back_to_its_lots(house, people, app_dsn) -> None:
    before_any = None
    first, _ = sample(house, people)
    before_any = open_yen(house)
    draft_and_approve(house, people)
    assert open_yen(house) != before_any
    change(house, people, first, cancelled())
    after = open_yen(house)
    given = rows(app_dsn, "SELECT share_id, sum(yen) FROM allocation_line WHERE award_no <> %s"
                 " GROUP BY 1", first)  # fmt: skip
    expected = {share: yen - int(dict(given).get(share, 0)) for share, yen in before_any.items()}
    assert after == {share: yen for share, yen in expected.items() if yen}
    assert broken(house) == set()
    ((kind, reason, back),) = rows(
        app_dsn, "SELECT kind, reason, detail->'back' FROM journal_entry WHERE kind LIKE %s",
        "award.%led",
    )  # fmt: skip
    assert (kind, reason) == ("award.cancelled", "group-withdrew")
    assert {part["share"] for part in back} <= set(before_any)


def test_what_a_cancelled_award_freed_is_there_for_the_next_run(house, people, app_dsn) -> None:
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 80_000)
    first = small_award(house, people, 80_000)
    draft_and_approve(house, people)
    change(house, people, first, cancelled())
    second = small_award(house, people, 50_000, title="べつの事業")
    draft_and_approve(house, people)
    with house.database.reading() as connection:
        assert queries.award(connection, second).allocated == 50_000
        assert queries.award(connection, first).allocated == 0
    assert broken(house) == set()


def test_a_reduction_takes_the_worst_ranked_yen_first(house, people, app_dsn) -> None:
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 60_000)
    give(house, "G-00000002", "field", "nature",
         [{"uses": ["field:nature"]}, {"uses": ["any"]}], 40_000)  # fmt: skip
    award = small_award(house, people, 100_000)
    draft_and_approve(house, people)
    change(house, people, award, smaller(70_000))
    assert open_yen(house) == {"G-00000002/1": 30_000}
    with house.database.reading() as connection:
        view = queries.award(connection, award)
    assert (view.yen, view.allocated, view.state) == (70_000, 70_000, "decided")
    assert broken(house) == set()


def test_a_reduction_to_what_was_paid_leaves_the_award_paid_off(house, people) -> None:
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 60_000)
    award = small_award(house, people, 60_000)
    draft_and_approve(house, people)
    pay_out(house, people, award, 45_000)
    change(house, people, award, smaller(45_000))
    with house.database.reading() as connection:
        assert queries.award(connection, award).state == "disbursed"
    assert open_yen(house) == {"G-00000001/1": 15_000}
    commands.confirm_settlement(
        house, by=people.officer, now=NOW, award_no=award,
        spent=Yen(40_000), returned=Yen(5_000), report="ひらいた",
    )  # fmt: skip
    assert open_yen(house) == {"G-00000001/1": 20_000}
    assert broken(house) == set()


def test_what_is_paid_or_asked_for_bounds_a_change(house, people) -> None:
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 60_000)
    award = small_award(house, people, 60_000)
    draft_and_approve(house, people)
    commands.request_disbursement(
        house, by=people.officer, now=NOW, award_no=award, yen=Yen(20_000)
    )
    with pytest.raises(Invalid) as refused:
        change(house, people, award, smaller(19_999))
    assert set(refused.value.fields) == {"yen"}
    with pytest.raises(Invalid) as refused:
        change(house, people, award, cancelled())
    assert set(refused.value.fields) == {"kind"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (smaller(300_000), "yen"),
        (smaller(0), "yen"),
        (smaller(10, reason="whim"), "reason"),
        (smaller(10, explanation=" "), "explanation"),
        (smaller(10, kind="doubled"), "kind"),
    ],
)
def test_a_change_that_cannot_be_names_its_field(house, people, asked, field) -> None:
    award = small_award(house, people, 300_000)
    with pytest.raises(Invalid) as refused:
        commands.propose_change(house, by=people.officer, now=NOW, award_no=award, change=asked)
    assert field in refused.value.fields


def test_two_people_and_one_change_at_a_time(house, people) -> None:
    award = small_award(house, people, 300_000)
    number = commands.propose_change(
        house, by=people.officer, now=NOW, award_no=award, change=smaller(10_000)
    )
    with pytest.raises(Conflict):
        commands.propose_change(
            house, by=people.second, now=NOW, award_no=award, change=smaller(20_000)
        )
    with pytest.raises(Forbidden):
        commands.decide_change(house, by=people.officer, now=NOW, change_no=number, decision_no="1")
    with pytest.raises(Invalid):
        commands.decide_change(house, by=people.decider, now=NOW, change_no=number, decision_no=" ")
    commands.send_back_change(
        house, by=people.decider, now=NOW, change_no=number, answer="額を見直してください"
    )
    with pytest.raises(Conflict):
        commands.decide_change(house, by=people.decider, now=NOW, change_no=number, decision_no="1")
    with house.database.reading() as connection:
        (sent_back,) = changes_of_award(connection, award)
        assert (sent_back.state, queries.award(connection, award).yen) == ("sent_back", 300_000)


def test_a_change_overtaken_by_a_payment_is_refused(house, people) -> None:
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 60_000)
    award = small_award(house, people, 60_000)
    draft_and_approve(house, people)
    number = commands.propose_change(
        house, by=people.officer, now=NOW, award_no=award, change=cancelled()
    )
    pay_out(house, people, award, 1_000)
    with pytest.raises(Invalid):
        commands.decide_change(house, by=people.decider, now=NOW, change_no=number, decision_no="1")
    assert broken(house) == set()


def test_nothing_comes_to_a_cancelled_award(house, people) -> None:
    award = small_award(house, people, 60_000)
    change(house, people, award, cancelled())
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 60_000)
    with pytest.raises(Conflict, match="お金を待っている助成がありません"):
        draft_and_approve(house, people)
    with pytest.raises(Conflict):
        change(house, people, award, smaller(1))


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE award SET yen = yen - 1",
        "UPDATE award SET yen = yen + 1",
        "UPDATE award SET state = 'cancelled'",
        "UPDATE award_change SET yen_after = 1",
        (
            "UPDATE award_change SET state = 'decided', decision_no = 'x', ended_by = proposed_by,"
            " ended_at = now()"
        ),
        "DELETE FROM award_change",
    ],
)
def test_the_database_lets_no_award_change_without_a_decision(
    house, people, app_dsn, attack
) -> None:
    award = small_award(house, people, 300_000)
    commands.propose_change(
        house, by=people.officer, now=NOW, award_no=award, change=smaller(10_000)
    )
    with pytest.raises(psycopg.Error), psycopg.connect(app_dsn) as connection:
        connection.execute(attack)


def test_without_the_room_that_books_it_no_award_gets_smaller_than_its_money(
    app_dsn: str, people, house: House, tmp_path: Path
) -> None:
    give(house, "G-00000001", "group", "0132", [{"uses": ["group:0132"]}], 60_000)
    award = small_award(house, people, 60_000)
    draft_and_approve(house, people)
    house.reactions.clear()  # type: ignore[attr-defined]
    with pytest.raises(IntegrityError, match="would hold more"):
        change(house, people, award, smaller(10_000))
