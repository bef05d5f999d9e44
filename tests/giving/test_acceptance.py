"""Acceptance: two people, one transaction, once."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import psycopg
import pytest
from giving_books import ALL_CHECKED, EDITION, NOW, PUBLIC, offer, received, rows

from fund.giving import commands, queries
from fund.giving.domain import Wish
from fund.giving.invariants import INVARIANTS
from fund.giving.messages import GiftsAccepted
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from fund.ledger.queries import balances, open_lots
from fund.platform.invariants import examine

GROUP = Wish("group", "0132", "field")


def propose(house, by, gifts, **more):
    facts = {"gift_nos": gifts, "checklist": ALL_CHECKED} | more
    return commands.propose_acceptance(house, by=by, now=NOW, **facts)


def decide(house, by, batch, accept=True, note="", now=NOW):
    commands.decide_acceptance(house, by=by, now=now, batch_no=batch, accept=accept, note=note)


def states(house, numbers):
    with house.database.reading() as connection:
        return [queries.gift(connection, number).state for number in numbers]


def broken(house):
    with house.database.reading() as connection:
        return [f for f in examine(connection, INVARIANTS) if f.count]


def test_an_accepted_gift_is_the_funds_with_its_lots_and_clauses(house, officer, decider, app_dsn):
    heard = []
    listening = replace(
        house, reactions={**house.reactions, GiftsAccepted: (lambda tx, m: heard.append(m),)}
    )
    number = received(house, officer, wish=GROUP)
    batch = propose(house, officer, [number])
    decide(listening, decider, batch)
    with house.database.reading() as connection:
        gift = queries.gift(connection, number)
        assert (gift.state, gift.accepted_on) == ("accepted", dt.date(2026, 6, 10))
        assert balances(connection, "fund:") == {"fund:general": -3001, "fund:group:0132": -7000}
        assert balances(connection, "held:") == {"held:unaccepted": 0}
        wished, kept = open_lots(connection, number)
    assert wished.wish == {
        "levels": [
            {"uses": ["group:0132"], "expires": "2029-03-31"},
            {"uses": ["field:children"], "opens": "2029-04-01"},
        ],
        "on_exhausted": "any",
    }
    assert kept.wish == {"levels": [{"uses": ["any"]}]}
    ((clauses,),) = rows(
        app_dsn, "SELECT clauses FROM journal_entry WHERE kind = 'donation.received'"
    )
    cited = ["acceptance", "wish-respected", "wish-term", "pass-on-share"]
    assert clauses == [f"{clause}@{EDITION}" for clause in cited]
    assert heard == [GiftsAccepted(batch, (number,), dt.date(2026, 6, 10))]
    assert not broken(house)


def test_a_batch_is_numbered_by_fiscal_year(house, officer):
    first = propose(house, officer, [received(house, officer, 1)])
    second = propose(house, officer, [received(house, officer, 2)])
    assert (first, second) == ("B2026-001", "B2026-002")


def test_the_proposer_cannot_decide(house, officer, app_dsn):
    number = received(house, officer)
    batch = propose(house, officer, [number])
    with pytest.raises(Forbidden, match="起案した人"):
        decide(house, officer, batch)
    assert states(house, [number]) == ["received"]
    assert rows(app_dsn, "SELECT state FROM acceptance_batch") == [("proposed",)]


def test_the_database_refuses_the_same_person_too(house, officer, app_dsn):
    propose(house, officer, [received(house, officer)])
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="four_eyes"),
        psycopg.connect(app_dsn) as connection,
    ):
        connection.execute(
            "UPDATE acceptance_batch SET state = 'accepted', decided_by = proposed_by,"
            " decided_at = now()"
        )


def test_nobody_decides_without_a_person(house, officer):
    batch = propose(house, officer, [received(house, officer)])
    with pytest.raises(Forbidden):
        decide(house, PUBLIC, batch)
    with pytest.raises(Forbidden):
        propose(house, PUBLIC, [received(house, officer, 2)])


def test_a_decision_is_made_once(house, officer, decider, app_dsn):
    batch = propose(house, officer, [received(house, officer)])
    decide(house, decider, batch)
    with pytest.raises(Conflict):
        decide(house, decider, batch)
    with pytest.raises(Conflict):
        decide(house, decider, batch, accept=False, note="やはり")
    count = "SELECT count(*) FROM journal_entry WHERE kind = 'donation.received'"
    assert rows(app_dsn, count) == [(1,)]


def test_decisions_at_once_book_once(house, officer, decider, app_dsn):
    numbers = [received(house, officer, n) for n in range(5)]
    batch = propose(house, officer, numbers)
    outcomes, start = [], threading.Barrier(6)

    def run():
        start.wait()
        try:
            decide(house, decider, batch)
            outcomes.append("accepted")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["accepted"] + ["conflict"] * 5
    count = "SELECT count(*) FROM journal_entry WHERE kind = 'donation.received'"
    assert rows(app_dsn, count) == [(5,)]
    assert not broken(house)


def test_proposals_at_once_take_a_gift_once(house, officer):
    number = received(house, officer)
    outcomes, start = [], threading.Barrier(5)

    def run():
        start.wait()
        try:
            outcomes.append(propose(house, officer, [number]))
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=run) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["B2026-001"] + ["conflict"] * 4


def test_what_is_sent_back_can_be_proposed_again(house, officer, decider):
    number = received(house, officer)
    batch = propose(house, officer, [number], note="住所を確認中")
    with pytest.raises(Invalid):
        decide(house, decider, batch, accept=False)
    decide(house, decider, batch, accept=False, note="住所の確認が済んでから")
    assert states(house, [number]) == ["received"]
    again = propose(house, officer, [number])
    decide(house, decider, again)
    assert states(house, [number]) == ["accepted"]
    with house.database.reading() as connection:
        gift = queries.gift(connection, number)
        assert [(b.no, b.state) for b in queries.batches_of_gift(connection, gift.id)] == [
            (again, "accepted"),
            (batch, "sent_back"),
        ]
    assert not broken(house)


def test_only_received_gifts_are_proposed(house, officer, decider):
    waiting = commands.begin_donation(house, by=PUBLIC, now=NOW, offer=offer()).gift_no
    accepted = received(house, officer)
    decide(house, decider, propose(house, officer, [accepted]))
    proposed = received(house, officer, 2)
    propose(house, officer, [proposed])
    for number in (waiting, accepted, proposed):
        with pytest.raises(Conflict, match=number):
            propose(house, officer, [number])
    with pytest.raises(NotFound):
        propose(house, officer, ["G-00000000"])
    with pytest.raises(Invalid):
        propose(house, officer, [])


def test_an_item_not_ticked_stops_the_proposal(house, officer, app_dsn):
    number = received(house, officer)
    with pytest.raises(Invalid) as refused:
        propose(house, officer, [number], checklist=ALL_CHECKED - {"election-act"})
    assert "checklist" in refused.value.fields
    assert rows(app_dsn, "SELECT count(*) FROM acceptance_batch") == [(0,)]


def test_a_reaction_that_fails_takes_everything_back(house, officer, decider, app_dsn):
    def fail(_tx, _message):
        raise RuntimeError("no receipt")

    number = received(house, officer)
    batch = propose(house, officer, [number])
    failing = replace(house, reactions={**house.reactions, GiftsAccepted: (fail,)})
    with pytest.raises(RuntimeError):
        decide(failing, decider, batch)
    assert states(house, [number]) == ["received"]
    assert rows(app_dsn, "SELECT state FROM acceptance_batch") == [("proposed",)]
    decide(house, decider, batch)
    assert states(house, [number]) == ["accepted"]


def test_commitments_and_register_know_the_accepted_gift(house, officer, decider):
    number = received(house, officer, wish=GROUP)
    batch = propose(house, officer, [number])
    decide(house, decider, batch)
    with house.database.reading() as connection:
        salt, day, name = queries.commitments(connection, [number])[number]
        (line,) = list(queries.register(connection, 2026))
        assert list(queries.register(connection, 2025)) == []
    assert (len(salt), day, name) == (32, NOW.date(), "山田 花子")
    assert (line.gift.no, line.batch_no, line.donor.name_on_receipt) == (number, batch, "山田 花子")


def test_the_board_names_an_accepted_gift_that_is_not_booked(house, officer, superuser_dsn):
    number = received(house, officer)
    with psycopg.connect(superuser_dsn) as connection:
        connection.execute("ALTER TABLE gift DISABLE TRIGGER accepted_by_two")
        connection.execute("UPDATE gift SET state = 'accepted', accepted_on = '2026-06-10'")
    names = {finding.name for finding in broken(house)}
    assert {"gift-accepted-is-booked", "gift-shares-are-lots", "gift-accepted-by-two"} == names
    assert all(number in row for f in broken(house) for row in f.rows)
