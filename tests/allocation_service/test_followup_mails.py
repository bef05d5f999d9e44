"""Donors who ticked it are told when their yen are decided, and when the project has ended."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest
from award_books import NOW, rows
from lots import GIFTS, draft_and_approve, sample

from fund.desk import followups, reactions
from fund.grants.messages import AwardSettled
from fund.kernel.actor import system
from fund.kernel.money import Yen

ROW = """
INSERT INTO gift (no, donor_id, yen, state, method, form_key, form_sha256, secret_hash,
  edition_code, offered_at, salt, report_mail)
VALUES (%s, %s, %s, 'awaiting_payment', 'bank', %s, '', %s, (SELECT code FROM edition LIMIT 1),
  now(), '', %s)
"""


@pytest.fixture
def told(house, people, app_dsn):
    """An approved run over gifts of donors of whom two ticked the reports, one in English."""
    awards = sample(house, people)
    listening = dataclasses.replace(house, reactions=dict(reactions.REACTIONS))
    with psycopg.connect(app_dsn) as connection:
        for number, gift_no in enumerate(GIFTS, start=1):
            donor = connection.execute(
                "INSERT INTO donor (kind, single_name, country, address1, email, locale,"
                " created_at)"
                " VALUES ('individual', '\ufa19 花子', 'France', '見本', %s, %s, now()) RETURNING id",
                (f"d{number}@example.jp", "en" if number == 2 else "ja"),
            ).fetchone()
            assert donor is not None
            connection.execute(
                ROW,
                (gift_no, donor[0], GIFTS[gift_no][3], gift_no, gift_no.encode(), number < 3),
            )
    return listening, awards, draft_and_approve(listening, people)


def mails(dsn, occasion):
    return rows(
        dsn,
        "SELECT recipient, locale, subject, body_text, stop_url FROM mail WHERE occasion = %s"
        " ORDER BY id",
        occasion,
    )


def test_only_those_who_ticked_are_told_what_was_decided_and_once(told, app_dsn):
    house, _awards, run_no = told
    queued = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'desk.tell_allocated'"
    assert rows(app_dsn, queued) == [(1,)]
    for _ in range(2):
        followups.tell_allocated(house, now=NOW, run_no=run_no)
    ja, en = mails(app_dsn, "gift.allocated")
    assert (ja[0], ja[1], en[0], en[1]) == ("d1@example.jp", "ja", "d2@example.jp", "en")
    assert "\ufa19 花子 様" in ja[3]
    assert "120,000円" in ja[3]
    assert "¥50,000 to みどりの道" in en[3]
    for mail in (ja, en):
        assert "/stop/G-0000000" in mail[4]
        assert mail[4] in mail[3]


def test_a_tick_taken_back_in_between_stops_the_mail(told, app_dsn):
    house, _awards, run_no = told
    with psycopg.connect(app_dsn) as connection:
        connection.execute("UPDATE gift SET report_mail = false WHERE no = 'G-00000001'")
    followups.tell_allocated(house, now=NOW, run_no=run_no)
    assert [mail[0] for mail in mails(app_dsn, "gift.allocated")] == ["d2@example.jp"]


def test_the_end_of_a_project_is_told_with_what_came_back(told, app_dsn):
    house, awards, _run_no = told
    with house.transaction(by=system(), now=NOW) as tx:
        tx.announce(AwardSettled(awards[1], Yen(1), Yen(0), NOW.date()))
    queued = "SELECT args FROM procrastinate_jobs WHERE task_name = 'desk.tell_settled'"
    assert rows(app_dsn, queued) == [({"award_no": awards[1]},)]
    followups.tell_settled(house, now=NOW, award_no=awards[1])
    (mail,) = mails(app_dsn, "gift.settled")
    assert mail[0] == "d2@example.jp"
    assert "Returned to the fund" in mail[3]
    assert "¥50,000" in mail[3]
