"""A year is closed by two people over exactly the entries before it, once, and stays closed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
import time
from collections import defaultdict

import psycopg
import pytest
from award_books import rows
from closing_books import LAST, bodies, close, interest, publish_all
from sample_books import BY, Wish, pay

from fund.giving.bank_matching.commands import take_in_file
from fund.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from fund.kernel.money import Yen
from fund.ledger import facts, journal, years
from fund.ledger.domain import Entry
from fund.ledger.invariants import INVARIANTS as LEDGER
from fund.payments.bank.commands import keep_file
from fund.payments.bank.formats import Line, anser
from fund.payments.reconciliation.commands import reimburse_fees
from fund.platform.invariants import examine
from fund.publication.closing import queries
from fund.publication.closing.commands import (
    decide_closing,
    propose_closing,
    send_back_closing,
)
from fund.publication.closing.domain import summed
from fund.publication.closing.store import closings
from fund.publication.invariants import INVARIANTS as LOG
from fund.publication.verifier.findings import Findings
from fund.publication.verifier.ledger import Ledger


def read(entries):
    """The verifier's pass over some entries: its eleventh check."""
    findings = Findings()
    ledger = Ledger(findings)
    for no, body in enumerate(entries, 1):
        ledger.take(no, body)
    return findings[11]


def findings(house, now, fy=2025):
    with house.database.reading() as connection:
        return {one.code: one for one in queries.findings(connection, fy, now)}


def broken(house):
    """What must be zero of ledger and log and is not; the edition of these books is a stub row."""
    with house.database.reading() as connection:
        found = {one.name for one in examine(connection, (*LEDGER, *LOG)) if one.count}
    return found - {"editions-in-the-journal"}


def test_the_closing_is_over_exactly_the_entries_before_it(books, people, june) -> None:
    close(books, people, june)
    entries = [json.loads(body) for body in bodies(books)]
    closing = entries[-1]
    assert closing["kind"] == "period.closed"
    assert (closing["fy"], closing["on"], closing["postings"]) == (2025, "2026-03-31", [])
    assert closing["closed_on"] == "2026-06-10"
    balances: dict[str, int] = defaultdict(int)
    for entry in entries[:-1]:
        for posting in entry["postings"]:
            balances[posting["account"]] += posting["yen"]
    spelled = json.dumps(
        {name: yen for name, yen in balances.items() if yen}, sort_keys=True, separators=(",", ":")
    )
    assert closing["sha256"] == hashlib.sha256(spelled.encode()).hexdigest()
    checked = read(bodies(books))
    assert (checked.counted, checked.wrong) == (1, 0)
    assert broken(books) == set()


def test_what_waits_for_the_log_joins_it_before_the_closing(books, people, june) -> None:
    assert bodies(books) == []
    close(books, people, june)
    assert rows(books.settings.database_url, "SELECT count(*) FROM journal_entry") == [(9,)]
    kinds = [json.loads(body)["kind"] for body in bodies(books)]
    assert kinds[-1] == "period.closed"
    assert kinds.count("donation.received") == 3
    interest(books, dt.date(2026, 6, 11), "INTEREST-2", june)
    publish_all(books, june)
    assert [json.loads(body)["no"] for body in bodies(books)] == list(range(1, len(kinds) + 2))
    assert read(bodies(books)).wrong == 0


@pytest.mark.parametrize("change", ["fingerprint", "amount", "late", "day", "twice"])
def test_a_closing_that_is_tampered_with_is_named(books, people, june, change) -> None:
    close(books, people, june)
    interest(books, dt.date(2026, 6, 11), "INTEREST-2", june)
    publish_all(books, june)
    entries = [json.loads(body) for body in bodies(books)]
    closing = next(entry for entry in entries if entry["kind"] == "period.closed")
    if change == "fingerprint":
        closing["sha256"] = "0" * 64
    elif change == "amount":
        for posting, yen in zip(entries[0]["postings"], (1, -1), strict=True):
            posting["yen"] += yen
    elif change == "late":
        entries[-1].update(fy=2025, on="2026-03-30")
    elif change == "day":
        closing["on"] = "2026-03-30"
    else:
        entries.append({**closing, "no": len(entries) + 1})
    spelled = [
        json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        for entry in entries
    ]
    assert read(spelled).wrong >= 1


def test_the_one_who_proposes_does_not_decide(books, people, june) -> None:
    propose_closing(books, by=people.treasurer, now=june, fy=2025)
    for act, text in ((decide_closing, "decision_no"), (send_back_closing, "answer")):
        with pytest.raises(Forbidden):
            act(books, by=people.treasurer, now=june, fy=2025, **{text: "x"})
        with pytest.raises(Forbidden):
            act(books, by=BY, now=june, fy=2025, **{text: "x"})
    with pytest.raises(Forbidden):
        propose_closing(books, by=BY, now=june, fy=2025)
    assert bodies(books) == []


def test_the_database_keeps_the_four_eyes_and_the_one_way(books, people, june, owner_dsn) -> None:
    """What no command does, plain SQL may not do either, not even as the owner."""
    insert = (
        "INSERT INTO journal_entry (kind, fact_kind, fact_id, fy, on_day, booked_at, booked_by,"
        " sha256) VALUES ('{0}', '{0}', '{1}', {2}, '{3}', now(), 'x', sha256('x'))"
    )
    undecided = insert.format("period.closed", "FY2025", 2025, "2026-03-31")
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        with pytest.raises(psycopg.errors.RestrictViolation, match="two people"):
            owner.execute(undecided)
        propose_closing(books, by=people.treasurer, now=june, fy=2025)
        with pytest.raises(psycopg.errors.CheckViolation, match="four_eyes"):
            owner.execute(
                "UPDATE year_closing SET state = 'closed', decision_no = 'x',"
                " ended_by = proposed_by, ended_at = now()"
            )
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute("UPDATE year_closing SET fy = 2024")
        decide_closing(books, by=people.decider, now=june, fy=2025, decision_no="x")
        for late in (
            insert.format("manual.edition", "late", 2025, "2025-06-01"),
            insert.format("manual.edition", "older", 2023, "2023-06-01"),
            insert.format("manual.edition", "lying", 2026, "2026-03-31"),
            insert.format("period.closed", "FY2024", 2024, "2025-03-31"),
            insert.format("period.closed", "again", 2025, "2026-03-31"),
        ):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(late)
        for undone in (
            "UPDATE year_closing SET state = 'proposed'",
            "UPDATE year_closing SET state = 'sent_back', answer = 'x', decision_no = ''",
            "DELETE FROM journal_entry WHERE kind = 'period.closed'",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation):
                owner.execute(undone)
        owner.execute(insert.format("manual.edition", "fine", 2026, "2026-04-01"))


def test_a_year_is_closed_once(books, people, june) -> None:
    propose_closing(books, by=people.treasurer, now=june, fy=2025)
    with pytest.raises(Conflict):
        propose_closing(books, by=people.officer, now=june, fy=2025)
    decide_closing(books, by=people.decider, now=june, fy=2025, decision_no="x")
    with pytest.raises(Conflict):
        decide_closing(books, by=people.decider, now=june, fy=2025, decision_no="x")
    with pytest.raises(Conflict):
        propose_closing(books, by=people.treasurer, now=june, fy=2025)
    with pytest.raises(NotFound):
        decide_closing(books, by=people.decider, now=june, fy=2024, decision_no="x")


def test_sent_back_with_a_reason_it_may_be_proposed_again(books, people, june) -> None:
    propose_closing(books, by=people.treasurer, now=june, fy=2025, note="持ち越しあり")
    for answer, wrong in (("", Invalid), ("x" * 1_001, Invalid)):
        with pytest.raises(wrong):
            send_back_closing(books, by=people.decider, now=june, fy=2025, answer=answer)
    send_back_closing(books, by=people.decider, now=june, fy=2025, answer="利子を確かめて")
    close(books, people, june)
    with books.database.reading() as connection:
        kept = closings(connection, 2025)
    assert [one.state for one in kept] == ["closed", "sent_back"]
    assert (kept[1].note, kept[1].answer) == ("持ち越しあり", "利子を確かめて")


def test_an_unfinished_or_newer_year_is_not_closed(books, people, june) -> None:
    march = dt.datetime(2026, 3, 31, 14, 59, tzinfo=dt.UTC)
    assert findings(books, march)["year-runs"].blocks
    with pytest.raises(Conflict, match="締められません"):
        propose_closing(books, by=people.treasurer, now=march, fy=2025)
    april = march + dt.timedelta(minutes=1)
    assert "year-runs" not in findings(books, april)
    assert not findings(books, april)["cash-period"].blocks
    publish_all(books, june)
    next_june = june + dt.timedelta(days=365)
    assert findings(books, next_june, 2026)["earlier-year"].blocks
    close(books, people, june)
    assert "earlier-year" not in findings(books, next_june, 2026)


def test_what_is_unfinished_is_found_and_kept_with_the_proposal(books, people, june) -> None:
    before = findings(books, june)["gifts-waiting"]  # the rows of accepted gifts are stubs here
    with books.transaction(by=BY, now=june) as tx:
        pay(tx, 4, [Wish("anywhere", None, 2_000)], on=LAST)
        pay(tx, 5, [Wish("anywhere", None, 900)], on=LAST + dt.timedelta(days=1))
    found = findings(books, june)
    waiting = found["gifts-waiting"]
    assert (waiting.count, waiting.yen) == (before.count + 1, before.yen + 2_000)
    assert not any(one.blocks for one in found.values())
    propose_closing(books, by=people.treasurer, now=june, fy=2025)
    with books.database.reading() as connection:
        (kept,) = closings(connection, 2025)
    assert {one.code: one for one in kept.findings} == found


@pytest.mark.parametrize(("day", "blocks"), [(LAST, True), (dt.date(2026, 4, 1), False)])
def test_an_open_bank_line_of_the_year_blocks(books, people, june, day, blocks) -> None:
    number = keep_file(
        books,
        by=people.treasurer,
        now=june,
        profile_code="anser",
        filename="bank.csv",
        body=anser.write("見本銀行", [Line(1, day, 900, 900, "ﾐﾎﾝ", "")]),
    )
    take_in_file(books, by=people.treasurer, now=june, number=number)
    found = findings(books, june)
    assert ("bank-lines" in found) is blocks
    assert "bank-behind" not in found
    if not blocks:
        close(books, people, june)
        return
    assert found["bank-lines"].blocks
    with pytest.raises(Conflict, match="締められません"):
        propose_closing(books, by=people.treasurer, now=june, fy=2025)


def test_money_that_moved_in_a_closed_year_is_booked_in_the_open_one(books, people, june) -> None:
    close(books, people, june)
    with books.transaction(by=BY, now=june) as tx:
        pay(tx, 5, [Wish("anywhere", None, 2_000)], on=LAST)
        many = [facts.payment_received(f"P-{n}", f"G-{n}", Yen(10), "card", LAST) for n in range(3)]
        assert len(list(journal.record_many(tx, many))) == 3
        assert len(list(journal.record_many(tx, iter(many[:0])))) == 0
    booked = rows(
        books.settings.database_url,
        "SELECT DISTINCT on_day, fy, detail->>'happened_on' FROM journal_entry"
        " WHERE kind = 'payment.received' AND detail ? 'happened_on'",
    )
    assert booked == [(dt.date(2026, 4, 1), 2026, "2026-03-31")]
    (received,) = rows(
        books.settings.database_url, "SELECT max(received_on) FROM gift WHERE yen = 2000"
    )
    assert received == (LAST,)  # the donor's tax year is the day of the gift, not of the books
    assert broken(books) == set()


def test_an_act_of_the_house_is_refused_in_a_closed_year(books, people, june) -> None:
    close(books, people, june)
    edition = Entry("manual.edition", "2026-01", dt.date(2026, 1, 1), detail={"sha256": "0" * 64})
    refused = pytest.raises(Conflict, match="2025年度までの帳簿は締め切られて")
    with refused, books.transaction(by=BY, now=june) as tx:
        journal.record(tx, edition)
    with pytest.raises(Conflict), books.transaction(by=BY, now=june) as tx:
        list(journal.record_many(tx, [edition]))
    with books.transaction(by=BY, now=june) as tx:
        journal.record(tx, facts.fee_charged("F-1", Yen(300), dt.date(2026, 4, 2)))
    with pytest.raises(Invalid) as refused:
        reimburse_fees(
            books, by=people.treasurer, now=june, yen=Yen(300), on=LAST, reference="通帳 1"
        )
    assert "締め切られています" in refused.value.fields["on"]


def test_a_booking_under_way_is_waited_for(books, people, june) -> None:
    """The closing sees what a booking of the year writes that began before it."""
    propose_closing(books, by=people.treasurer, now=june, fy=2025)
    began, finish = threading.Event(), threading.Event()

    def book() -> None:
        with books.transaction(by=BY, now=june) as tx:
            journal.record(tx, facts.interest_earned("SLOW", Yen(77), LAST))
            began.set()
            finish.wait(10)

    booking = threading.Thread(target=book)
    booking.start()
    assert began.wait(10)
    closing = threading.Thread(
        target=decide_closing,
        args=(books,),
        kwargs={"by": people.decider, "now": june, "fy": 2025, "decision_no": "x"},
    )
    closing.start()
    time.sleep(0.5)
    assert closing.is_alive()
    finish.set()
    booking.join(10)
    closing.join(10)
    entries = [json.loads(body) for body in bodies(books)]
    assert entries[-1]["kind"] == "period.closed"
    slow = [one for one in entries if one.get("share") == "INTEREST-SLOW" or one["fy"] == 2025]
    assert sum(p["yen"] == 77 for one in slow for p in one["postings"]) == 1
    assert read(bodies(books)).wrong == 0


def test_a_booking_that_comes_too_late_is_not_lost(books, people, june) -> None:
    """It saw an open year, waits for the closing, is refused, and tried again it fits."""
    propose_closing(books, by=people.treasurer, now=june, fy=2025)
    outcome: list[object] = []
    looked, closed = threading.Event(), threading.Event()
    open_year = years.in_open_year

    def slow(tx, entry):
        found = open_year(tx, entry)
        looked.set()
        closed.wait(10)
        return found

    def book() -> None:
        try:
            with books.transaction(by=BY, now=june) as tx:
                journal.record(tx, facts.interest_earned("LATE", Yen(77), LAST))
            outcome.append("booked")
        except Unavailable as error:
            outcome.append(error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(years, "in_open_year", slow)
        booking = threading.Thread(target=book)
        booking.start()
        assert looked.wait(10)
        patch.undo()
        decide_closing(books, by=people.decider, now=june, fy=2025, decision_no="x")
        closed.set()
        booking.join(10)
    assert isinstance(outcome[0], Unavailable)
    interest(books, LAST, "LATE", june)
    publish_all(books, june)
    assert json.loads(bodies(books)[-1])["on"] == "2026-04-01"
    assert broken(books) == set()


def test_bookings_race_the_closing_and_nothing_is_late(books, people, june) -> None:
    """Eight hands book into the year while it is closed: each entry is before it or after it."""
    propose_closing(books, by=people.treasurer, now=june, fy=2025)
    failed: list[Exception] = []

    def book(hand: int) -> None:
        for turn in range(12):
            for _ in range(3):
                try:
                    interest(books, LAST, f"RACE-{hand}-{turn}", june)
                    break
                except Unavailable:
                    continue
                except Exception as error:  # noqa: BLE001 - shown by the assertion below
                    failed.append(error)
                    break

    hands = [threading.Thread(target=book, args=(hand,)) for hand in range(8)]
    for hand in hands:
        hand.start()
    time.sleep(0.15)
    decide_closing(books, by=people.decider, now=june, fy=2025, decision_no="x")
    for hand in hands:
        hand.join(30)
    publish_all(books, june)
    assert failed == []
    entries = [json.loads(body) for body in bodies(books)]
    raced = [one for one in entries if str(one.get("share", "")).startswith("RACE")]
    assert len(raced) == 96
    closing = next(one["no"] for one in entries if one["kind"] == "period.closed")
    assert all((one["fy"] == 2025) == (one["no"] < closing) for one in raced)
    assert read(bodies(books)).wrong == 0
    assert broken(books) == set()


def test_the_accounts_of_a_year_add_up(books, people, june) -> None:
    close(books, people, june)
    today = june.date()
    with books.database.reading() as connection:
        accounts = queries.trial_balance(connection, 2025, today)
        before = queries.trial_balance(connection, 2025, dt.date(2026, 5, 31))
    assert sum(one.opening for one in accounts) == 0
    assert sum(one.closing for one in accounts) == 0
    assert sum(one.debit for one in accounts) == sum(one.credit for one in accounts)
    where, whose = (summed(one for one in accounts if one.held is side) for side in (False, True))
    assert where.closing == whose.closing == 70_000
    assert where.may == whose.may == 70_000 + 10_000 + 12
    assert {one.may for one in before} == {None}


def test_what_a_tamperer_changes_is_named(books, people, june, superuser_dsn) -> None:
    close(books, people, june)
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE public_posting DISABLE TRIGGER ALL")
        connection.execute("UPDATE public_posting SET yen = yen + 1 WHERE no = 1 AND line = 1")
        connection.execute("UPDATE public_posting SET yen = yen - 1 WHERE no = 1 AND line = 2")
    assert "years-add-up" in broken(books)
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE journal_entry DISABLE TRIGGER ALL")
        connection.execute(
            "UPDATE journal_entry SET on_day = '2026-03-02', fy = 2025 WHERE fact_id = 'INTEREST-1'"
        )
        connection.execute("ALTER TABLE year_closing DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM year_closing")
    assert {"years-closed-by-two", "entries-unaltered"} <= broken(books)
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO journal_entry (kind, fact_kind, fact_id, fy, on_day, booked_at,"
            " booked_by, sha256) VALUES ('manual.edition', 'manual.edition', 'late', 2025,"
            " '2025-06-01', now(), 'x', sha256('x'))"
        )
    assert "years-stay-closed" in broken(books)
