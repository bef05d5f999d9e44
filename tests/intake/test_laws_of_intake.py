"""What the database itself keeps of intake, whoever asks."""

from __future__ import annotations

import threading

import psycopg
import pytest
from giving_books import ALL_CHECKED, offer, rows
from intake_books import NOW, TODAY, broken, open_batch, type_row

from fund.giving import commands
from fund.giving.commands import begin_donation
from fund.giving.intake import batches
from fund.giving.intake.reading import Setting, read_row
from fund.giving.intake.uses import Uses
from fund.kernel.errors import Conflict, Forbidden
from fund.payments.commands import record_offline

_ONE_MORE = """
INSERT INTO intake_row (batch_id, position, state, typed, facts, yen, received_on, sha256, entered_at)
SELECT batch_id, 9, 'entered', '{}', '{}', 1, received_on, sha256, now() FROM intake_row
"""


@pytest.fixture
def typed(house, hand):
    """A batch of one row, handed in; its typist."""
    typist = hand()
    number = open_batch(house, typist, 1, 5000)
    type_row(house, typist, number)
    batches.hand_in(house, by=typist, now=NOW, number=number, reason="")
    return number, typist


def attack(dsn, sql, law):
    with pytest.raises(psycopg.Error) as caught:
        rows(dsn, sql)
    assert law in f"{caught.value.diag.constraint_name} {caught.value}"


def test_nobody_checks_what_he_typed_not_even_by_hand(house, typed, hand, app_dsn):
    number, typist = typed
    with pytest.raises(Forbidden):
        batches.check_batch(house, by=typist, now=NOW, number=number, confirm=True)
    attack(
        app_dsn,
        f"UPDATE intake_batch SET state='booked', checked_at=now(), checked_by={typist.person_id}",
        "four_eyes",
    )
    attack(app_dsn, "UPDATE intake_batch SET state='booked'", "booked_by_two")


def test_who_typed_one_row_for_another_does_not_check_it(house, hand, app_dsn):
    opener, helper = hand(), hand()
    number = open_batch(house, opener, 1, 5000)
    type_row(house, helper, number)
    batches.hand_in(house, by=opener, now=NOW, number=number, reason="")
    with pytest.raises(Forbidden):
        batches.check_batch(house, by=helper, now=NOW, number=number, confirm=True)
    attack(
        app_dsn,
        f"UPDATE intake_batch SET state='booked', checked_at=now(), checked_by={helper.person_id}",
        "intake_four_eyes",
    )


def test_a_difference_without_a_reason_is_not_handed_in(house, hand, app_dsn):
    typist = hand()
    number = open_batch(house, typist, 2, 10_000)
    type_row(house, typist, number)
    attack(
        app_dsn,
        "UPDATE intake_batch SET state='handed_in', handed_in_at=now(),"
        f" handed_in_by={typist.person_id}",
        "intake_control_total",
    )
    assert rows(app_dsn, f"SELECT state FROM intake_batch WHERE no='{number}'") == [("open",)]


def test_rows_stand_still_once_handed_in(house, typed, hand, app_dsn):
    number, _typist = typed
    for sql in (
        "UPDATE intake_row SET yen = 1",
        "UPDATE intake_row SET facts = '{}'",
        "DELETE FROM intake_row",
        _ONE_MORE,
    ):
        attack(app_dsn, sql, "intake_rows_hold")
    batches.check_batch(house, by=hand(), now=NOW, number=number, confirm=True)
    attack(
        app_dsn,
        "UPDATE intake_batch SET state='open', checked_by=NULL, checked_at=NULL",
        "intake_batch_ended",
    )
    attack(app_dsn, "UPDATE intake_row SET gift_no = 'G-00000000'", "intake_rows_hold")
    assert broken(house) == []


def test_two_checkers_at_once_book_the_batch_once(house, typed, hand, app_dsn):
    number, _typist = typed
    checkers, ends = [hand() for _ in range(4)], []

    def check(checker):
        try:
            ends.append(
                len(batches.check_batch(house, by=checker, now=NOW, number=number, confirm=True))
            )
        except Conflict:
            ends.append(0)

    threads = [threading.Thread(target=check, args=(one,)) for one in checkers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == [0, 0, 0, 1]
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]
    assert broken(house) == []


def test_a_row_that_can_no_longer_be_booked_books_nothing(house, hand, app_dsn):
    typist = hand()
    begun = begin_donation(house, by=typist, now=NOW, offer=offer(yen=5000, method="counter"))
    number = open_batch(house, typist, 2, 10_000)
    type_row(house, typist, number)
    type_row(
        house, typist, number, gift_no=begun.gift_no, name="", kana="", postal_code="", address1=""
    )
    batches.hand_in(house, by=typist, now=NOW, number=number, reason="")
    record_offline(
        house, by=typist, now=NOW, gift_no=begun.gift_no, method="counter", received_on=NOW.date()
    )
    with pytest.raises(Conflict, match="すでに入金"):
        batches.check_batch(house, by=hand(), now=NOW, number=number, confirm=True)
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]
    assert rows(app_dsn, "SELECT state FROM intake_batch") == [("handed_in",)]


def test_an_anonymous_gift_is_accepted_without_a_receipt(house, hand, app_dsn):
    typist = hand()
    number = open_batch(house, typist, 1, 777, "box")
    batches.put_row(house, by=typist, now=NOW, number=number, facts=_box(house), typed={})
    batches.hand_in(house, by=typist, now=NOW, number=number, reason="")
    [gift] = batches.check_batch(house, by=hand(), now=NOW, number=number, confirm=True)
    batch = commands.propose_acceptance(
        house, by=typist, now=NOW, gift_nos=[gift], checklist=ALL_CHECKED
    )
    commands.decide_acceptance(house, by=hand("decider"), now=NOW, batch_no=batch, accept=True)
    assert rows(app_dsn, "SELECT count(*) FROM receipt") == [(0,)]
    assert rows(app_dsn, "SELECT state FROM gift") == [("accepted",)]
    assert broken(house) == []


def _box(house):
    return read_row({"amount": "777"}, Uses(), Setting(TODAY, "box", TODAY, note="図書館"))
