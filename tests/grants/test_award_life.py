"""An award's life on a real database: hands, amounts, numbers and the journal."""

from __future__ import annotations

import dataclasses
import threading

import psycopg
import pytest
import run_books
from award_books import ACCEPT, CLAIM, NOW, YES, awarded, rows

from fund.grants import commands, queries
from fund.grants.domain import Opinion, Verdict
from fund.grants.invariants import INVARIANTS
from fund.grants.messages import AwardDecided
from fund.kernel.actor import system
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.kernel.money import Yen
from fund.ledger import facts, journal
from fund.ledger.queries import sources_of
from fund.platform.invariants import examine

NO = Opinion(recommended=False, yen=Yen(0), score=30, comment="計画がまだ")
REFUSE = Verdict(accepted=False, yen=Yen(0), min_yen=Yen(0), tier=1, reason="")


def opened(house, yen=1_000_000, share="OPEN-1"):
    """The fund holds money without a wish."""
    with house.transaction(by=system(), now=NOW) as tx:
        journal.record(tx, facts.opening_balance(share, Yen(yen), NOW.date(), {}))


def committed(house, award_no, yen, line=1, rank=1, share="OPEN-1"):
    """A line of a run, as the ledger sees it."""
    pots = {"fund:general": Yen(yen)}
    with house.transaction(by=system(), now=NOW) as tx:
        run_books.approved(tx, "RUN2026-001", NOW.date(), 10**9)
        booked = facts.Line("RUN2026-001", line, share, None, pots, award_no, rank, "any")
        run_books.booked(tx, [booked], NOW.date(), ("allocation-rule@2024-04",))


def all_is_well(house):
    with house.database.reading() as connection:
        return [finding for finding in examine(connection, INVARIANTS) if finding.count]


def test_three_people_make_an_award_and_the_journal_says_so(house, people, app_dsn):
    heard = []
    house.reactions[AwardDecided] = (lambda tx, message: heard.append(message),)
    number = awarded(house, people)
    assert number == "A2026-0001"
    ((detail, clauses),) = rows(
        app_dsn, "SELECT detail, clauses FROM journal_entry WHERE kind = 'award.decided'"
    )
    assert detail == {
        "award": number,
        "group": "0132",
        "programme": "challenge",
        "theme": None,
        "fields": ["children"],
        "title": "こども食堂をひらく",
        "ceiling": 300_000,
    }
    assert clauses == ["recommendation@2024-04", "decision@2024-04", "four-eyes@2024-04"]
    assert [message.award_no for message in heard] == [number]
    assert all_is_well(house) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"group_no": "9999"}, "group_no"),
        ({"group_no": "0001"}, "group_no"),
        ({"programme_code": "flood-2026"}, "programme_code"),
        ({"programme_code": "none"}, "programme_code"),
        ({"theme_code": "old-theme"}, "theme_code"),
        ({"theme_code": "challenge"}, "theme_code"),
        ({"fy": 2019}, "programme_code"),
        ({"fields": ()}, "fields"),
        ({"fields": ("children", "magic")}, "fields"),
        ({"requested_yen": Yen(0)}, "requested_yen"),
        ({"title": " "}, "title"),
        ({"summary": ""}, "summary"),
    ],
)
def test_an_application_outside_the_register_is_refused_by_name(house, people, change, field):
    with pytest.raises(Invalid) as refused:
        commands.register_application(
            house, by=people.officer, now=NOW, claim=dataclasses.replace(CLAIM, **change)
        )
    assert field in refused.value.fields


def test_nobody_acts_twice_for_one_application(house, people):
    number = commands.register_application(house, by=people.officer, now=NOW, claim=CLAIM)
    with pytest.raises(Forbidden, match="申請を登録した人"):
        commands.recommend(house, by=people.officer, now=NOW, application_no=number, opinion=YES)
    commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=YES)
    for person in (people.officer, people.council):
        with pytest.raises(Forbidden):
            commands.decide(house, by=person, now=NOW, application_no=number, verdict=ACCEPT)
    with pytest.raises(Forbidden):
        commands.decide(house, by=system(), now=NOW, application_no=number, verdict=ACCEPT)


def test_a_decision_waits_for_the_council_and_happens_once(house, people):
    number = commands.register_application(house, by=people.officer, now=NOW, claim=CLAIM)
    with pytest.raises(Conflict):
        commands.decide(house, by=people.decider, now=NOW, application_no=number, verdict=ACCEPT)
    commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=YES)
    with pytest.raises(Conflict):
        commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=YES)
    commands.decide(house, by=people.decider, now=NOW, application_no=number, verdict=ACCEPT)
    with pytest.raises(Conflict):
        commands.decide(house, by=people.decider, now=NOW, application_no=number, verdict=ACCEPT)
    with pytest.raises(NotFound):
        commands.decide(
            house, by=people.decider, now=NOW, application_no="AP2026-0009", verdict=ACCEPT
        )


@pytest.mark.parametrize(
    ("opinion", "verdict"),
    [
        (YES, dataclasses.replace(ACCEPT, yen=Yen(200_000))),
        (NO, ACCEPT),
        (YES, REFUSE),
        (NO, REFUSE),
    ],
)
def test_a_deviation_or_refusal_needs_a_reason(house, people, opinion, verdict):
    number = commands.register_application(house, by=people.officer, now=NOW, claim=CLAIM)
    commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=opinion)
    with pytest.raises(Invalid) as refused:
        commands.decide(house, by=people.decider, now=NOW, application_no=number, verdict=verdict)
    assert "reason" in refused.value.fields
    explained = dataclasses.replace(verdict, reason="予算が足りないため")
    award = commands.decide(
        house, by=people.decider, now=NOW, application_no=number, verdict=explained
    )
    with house.database.reading() as connection:
        found = queries.application(connection, number)
        assert found is not None
        if award is None:
            assert (found.state, found.refusal_reason) == ("refused", "予算が足りないため")
            assert found.refusal_clause == "decision@2024-04"
        else:
            made = queries.award(connection, award)
            assert made is not None
            assert made.deviation_reason == "予算が足りないため"
    assert all_is_well(house) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"yen": Yen(300_001)}, "yen"),
        ({"yen": Yen(0)}, "yen"),
        ({"score": 101}, "score"),
        ({"comment": ""}, "comment"),
        ({"recommended": False}, "yen"),
    ],
)
def test_an_opinion_outside_its_bounds_is_refused(house, people, change, field):
    number = commands.register_application(house, by=people.officer, now=NOW, claim=CLAIM)
    with pytest.raises(Invalid) as refused:
        commands.recommend(
            house,
            by=people.council,
            now=NOW,
            application_no=number,
            opinion=dataclasses.replace(YES, **change),
        )
    assert field in refused.value.fields


def test_a_programmes_cap_binds_council_and_decider(house, people):
    small = dataclasses.replace(CLAIM, programme_code="startup")
    number = commands.register_application(house, by=people.officer, now=NOW, claim=small)
    with pytest.raises(Invalid):
        commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=YES)
    opinion = dataclasses.replace(YES, yen=Yen(200_000))
    commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=opinion)
    with pytest.raises(Invalid):
        commands.decide(house, by=people.decider, now=NOW, application_no=number, verdict=ACCEPT)


def test_award_numbers_have_no_gaps_even_when_a_decision_fails(house, people):
    first = awarded(house, people)
    number = commands.register_application(house, by=people.officer, now=NOW, claim=CLAIM)
    commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=YES)

    def fail(tx, message):
        raise Conflict("stop")

    house.reactions[AwardDecided] = (fail,)
    with pytest.raises(Conflict):
        commands.decide(house, by=people.decider, now=NOW, application_no=number, verdict=ACCEPT)
    house.reactions.clear()
    second = commands.decide(
        house, by=people.decider, now=NOW, application_no=number, verdict=ACCEPT
    )
    assert (first, second) == ("A2026-0001", "A2026-0002")
    assert all_is_well(house) == []


def test_only_allocated_money_is_asked_for_and_another_person_pays_it(house, people, app_dsn):
    award = awarded(house, people)
    opened(house)
    with pytest.raises(Conflict):
        commands.request_disbursement(house, by=people.officer, now=NOW, award_no=award, yen=Yen(1))
    committed(house, award, 200_000)
    first = commands.request_disbursement(
        house, by=people.officer, now=NOW, award_no=award, yen=Yen(150_000)
    )
    with pytest.raises(Invalid):
        commands.request_disbursement(
            house, by=people.officer, now=NOW, award_no=award, yen=Yen(50_001)
        )
    with pytest.raises(Forbidden):
        commands.pay_disbursement(house, by=people.officer, now=NOW, disbursement_no=first)
    commands.pay_disbursement(house, by=people.treasurer, now=NOW, disbursement_no=first)
    with pytest.raises(Conflict):
        commands.pay_disbursement(house, by=people.treasurer, now=NOW, disbursement_no=first)
    with house.database.reading() as connection:
        view = queries.award(connection, award)
        assert view is not None
        assert (view.state, view.allocated, view.disbursed, view.free) == (
            "decided",
            200_000,
            150_000,
            50_000,
        )
    second = commands.request_disbursement(
        house, by=people.officer, now=NOW, award_no=award, yen=Yen(50_000)
    )
    with pytest.raises(Invalid):
        commands.send_back_disbursement(
            house, by=people.treasurer, now=NOW, disbursement_no=second, reason=" "
        )
    commands.send_back_disbursement(
        house, by=people.treasurer, now=NOW, disbursement_no=second, reason="口座の名義"
    )
    third = commands.request_disbursement(
        house, by=people.officer, now=NOW, award_no=award, yen=Yen(50_000)
    )
    commands.pay_disbursement(house, by=people.treasurer, now=NOW, disbursement_no=third)
    assert rows(app_dsn, "SELECT state FROM award WHERE no = %s", award) == [("disbursed",)]
    assert all_is_well(house) == []


def test_two_requests_at_once_cannot_ask_for_more_than_there_is(house, people):
    award = awarded(house, people)
    opened(house)
    committed(house, award, 100_000)
    outcomes: list[object] = []
    gate = threading.Barrier(2)

    def ask():
        gate.wait()
        try:
            outcomes.append(
                commands.request_disbursement(
                    house, by=people.officer, now=NOW, award_no=award, yen=Yen(80_000)
                )
            )
        except Invalid:
            outcomes.append(None)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, outcomes)) == [False, True]


def paid_out(house, people, yen=200_000):
    award = awarded(house, people)
    opened(house, 500_000)
    opened(house, 500_000, share="OPEN-2")
    committed(house, award, yen // 2)
    committed(house, award, yen // 2, line=2, rank=2, share="OPEN-2")
    number = commands.request_disbursement(
        house, by=people.officer, now=NOW, award_no=award, yen=Yen(yen)
    )
    commands.pay_disbursement(house, by=people.treasurer, now=NOW, disbursement_no=number)
    return award


def settle(house, people, award, spent, returned, report="夕食を48回ひらいた"):
    commands.confirm_settlement(
        house,
        by=people.officer,
        now=NOW,
        award_no=award,
        spent=Yen(spent),
        returned=Yen(returned),
        report=report,
    )


def test_a_settlement_explains_all_that_was_paid(house, people):
    award = paid_out(house, people)
    for spent, returned, report in [
        (200_000, 1, "x"),
        (199_999, 0, "x"),
        (200_000, 0, " "),
        (-1, 200_001, "x"),
    ]:
        with pytest.raises(Invalid):
            settle(house, people, award, spent, returned, report)
    settle(house, people, award, 200_000, 0)
    with pytest.raises(Conflict):
        settle(house, people, award, 200_000, 0)
    with house.database.reading() as connection:
        view = queries.award(connection, award)
        assert view is not None
        assert (view.state, view.spent, view.returned) == ("settled", 200_000, 0)
        assert queries.open_for_allocation(connection) == []
    assert all_is_well(house) == []


def test_returned_money_stands_in_its_pots_and_lots_again(house, people, app_dsn):
    award = paid_out(house, people)
    settle(house, people, award, 70_000, 130_000)
    lots = "SELECT -sum(yen) FROM lot_posting WHERE account = 'fund:general'"
    assert rows(app_dsn, lots) == [(930_000,)]
    (entry,) = rows(
        app_dsn,
        "SELECT array_agg(account || ' ' || yen ORDER BY account) FROM posting"
        " JOIN journal_entry ON id = entry_id WHERE kind = 'grant.returned'",
    )
    assert entry[0] == ["assets:bank 130000", "fund:general -130000"]
    assert all_is_well(house) == []


def test_money_walks_back_worst_wish_first(house, people):
    award = paid_out(house, people)
    with house.database.reading() as connection:
        sources = sources_of(connection, award)
    assert [source.yen for source in sources] == [100_000, 100_000]
    assert [part.yen for part in facts.walk_back(sources, Yen(130_000))] == [100_000, 30_000]
    with pytest.raises(ValueError):
        facts.walk_back(sources, Yen(200_001))


def test_an_award_that_waits_for_payment_is_not_settled(house, people):
    award = awarded(house, people)
    opened(house)
    committed(house, award, 100_000)
    with pytest.raises(Conflict):
        settle(house, people, award, 0, 0)


@pytest.mark.parametrize("who", ["officer", "council"])
def test_the_database_itself_refuses_one_person_in_two_acts(house, people, app_dsn, who):
    number = commands.register_application(house, by=people.officer, now=NOW, claim=CLAIM)
    commands.recommend(house, by=people.council, now=NOW, application_no=number, opinion=YES)
    with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "INSERT INTO award (no, application_id, group_no, programme_code, fy, title, fields,"
            " yen, state, decided_by) SELECT 'A2026-0001', id, group_no, programme_code, fy, title,"
            " fields, 1, 'decided', %s FROM application",
            (getattr(people, who).person_id,),
        )


def test_the_database_itself_refuses_a_payment_by_who_asked(house, people, app_dsn):
    award = awarded(house, people)
    opened(house)
    committed(house, award, 100_000)
    commands.request_disbursement(house, by=people.officer, now=NOW, award_no=award, yen=Yen(1))
    with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "UPDATE disbursement SET state = 'paid', paid_on = '2026-06-10', paid_by = requested_by"
        )
