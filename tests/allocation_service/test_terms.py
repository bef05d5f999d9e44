"""Terms of wishes: what opens after them, why, and that the books and the donor follow."""

from __future__ import annotations

import dataclasses
import datetime as dt

import psycopg
import pytest
from award_books import ACCEPT, CLAIM, YES, rows
from lots import draft_and_approve, give, small_award

from fund.allocation.invariants import INVARIANTS
from fund.allocation.messages import WishRedirected
from fund.allocation.terms import near_terms, open_fallbacks, standing_wishes
from fund.giving.domain.terms import Meanwhile, cause, fallback_of
from fund.grants import commands as grants
from fund.kernel.money import Yen
from fund.ledger.invariants import INVARIANTS as OF_THE_LEDGER
from fund.ledger.queries import open_lots
from fund.ledger.reasons import CODES, WORDS, Redirected
from fund.platform.invariants import examine

TERM = dt.date(2029, 3, 31)
BEFORE = dt.datetime(2029, 3, 31, 14, 0, tzinfo=dt.UTC)
AFTER = dt.datetime(2029, 3, 31, 15, 10, tzinfo=dt.UTC)
"""Ten past midnight of 1 April in Japan."""


def wished(house, app_dsn, no, kind, target, fallback, *, yen=50_000):
    """A gift of one share whose wish ends on 31 March 2029, and its recorded wish."""
    use = {"group": "group", "field": "field", "theme": "programme"}[kind]
    second = "field:children" if (kind, fallback) == ("group", "field") else "any"
    levels = [
        {"uses": [f"{use}:{target}"], "expires": TERM.isoformat()},
        {"uses": [second], "opens": "2029-04-01"},
    ]
    give(house, no, kind, target, levels, yen)
    with psycopg.connect(app_dsn) as connection:
        connection.execute(
            "WITH one AS (INSERT INTO donor (kind, family_name, given_name, kana, postal_code, address1, locale,"
            " created_at) VALUES ('individual', '山田', '花子', 'ヤマダ ハナコ', '1448621', '東京都見本区中央1-1', 'ja', now()) RETURNING id),"
            " made AS (INSERT INTO gift (no, donor_id, yen, state, method, form_key, form_sha256,"
            " secret_hash, edition_code, offered_at, paid_at, received_on, accepted_on,"
            " accepted_yen, salt) SELECT %(no)s::text, id, %(yen)s, 'accepted', 'bank', %(no)s::text, '',"
            " sha256(%(no)s::text::bytea), '2024-04', now(), now(), '2026-05-20', '2026-06-10', %(yen)s,"
            " sha256(%(no)s::text::bytea) FROM one RETURNING id)"
            " INSERT INTO gift_share (id, gift_id, position, kind, target, fallback, part, yen)"
            " SELECT %(no)s::text || '/1', id, 1, %(kind)s, %(target)s, %(fallback)s, 'wish', %(yen)s"
            " FROM made",
            {"no": no, "yen": yen, "kind": kind, "target": target, "fallback": fallback},
        )


def redirected(app_dsn):
    return rows(
        app_dsn,
        "SELECT share_id, new_share_id, kind, target, yen, reason, clause FROM redirection"
        " ORDER BY id",
    )


def broken(house):
    with house.database.reading() as connection:
        laws = (*INVARIANTS, *OF_THE_LEDGER)
        return {one.name for one in examine(connection, laws) if one.count} - {
            "editions-in-the-journal"
        }


def test_a_wish_binds_until_its_last_day_and_opens_on_the_next(house, people, app_dsn) -> None:
    wished(house, app_dsn, "G-00000001", "group", "0132", "field")
    assert open_fallbacks(house, now=BEFORE) == 0
    assert open_fallbacks(house, now=AFTER) == 1
    assert redirected(app_dsn) == [
        ("G-00000001/1", "G-00000001/2", "field", "children", 50_000, "no-application",
         "wish-term@2024-04")
    ]  # fmt: skip
    with house.database.reading() as connection:
        assert [(lot.share_id, lot.pot) for lot in open_lots(connection)] == [
            ("G-00000001/2", "fund:field:children")
        ]
    assert open_fallbacks(house, now=AFTER) == 0
    assert broken(house) == set()


@pytest.mark.parametrize(
    ("kind", "target", "fallback", "pot"),
    [
        ("group", "0132", "anywhere", "fund:general"),
        ("field", "nature", "anywhere", "fund:general"),
        ("theme", "flood-2026", "anywhere", "fund:general"),
    ],
)
def test_the_second_use_is_the_donors(house, app_dsn, kind, target, fallback, pot) -> None:
    wished(house, app_dsn, "G-00000001", kind, target, fallback)
    open_fallbacks(house, now=AFTER)
    with house.database.reading() as connection:
        assert [lot.pot for lot in open_lots(connection)] == [pot]
    assert broken(house) == set()


def test_the_reason_is_what_happened_meanwhile(house, people, app_dsn) -> None:
    for at, group in enumerate(("0132", "0133", "0001"), start=1):
        wished(house, app_dsn, f"G-0000000{at}", "group", group, "anywhere")
    claim = dataclasses.replace(CLAIM, group_no="0132")
    refused = grants.register_application(house, by=people.officer, now=BEFORE, claim=claim)
    grants.recommend(
        house, by=people.council, now=BEFORE, application_no=refused,
        opinion=dataclasses.replace(YES, recommended=False, yen=Yen(0)),
    )  # fmt: skip
    grants.decide(
        house, by=people.decider, now=BEFORE, application_no=refused,
        verdict=dataclasses.replace(ACCEPT, accepted=False, yen=Yen(0), reason="準備が足りない"),
    )  # fmt: skip
    small_award(house, people, 30_000, group_no="0133", fields=("nature",))
    draft_and_approve(house, people)
    with psycopg.connect(app_dsn) as connection:
        connection.execute("UPDATE civic_group SET state = 'removed' WHERE no = '0001'")
    open_fallbacks(house, now=AFTER)
    assert [(share, yen, why) for share, _, _, _, yen, why, _ in redirected(app_dsn)] == [
        ("G-00000001/1", 50_000, "not-selected"),
        ("G-00000002/1", 20_000, "over-target"),
        ("G-00000003/1", 50_000, "group-removed"),
    ]
    assert broken(house) == set()


def test_everybody_who_listens_learns_of_each(house, app_dsn) -> None:
    heard: list[WishRedirected] = []
    house.reactions[WishRedirected] = (lambda _tx, message: heard.append(message),)
    wished(house, app_dsn, "G-00000001", "group", "0132", "field")
    open_fallbacks(house, now=AFTER)
    assert heard == [
        WishRedirected(
            "G-00000001", "G-00000001/2", Yen(50_000), ("group", "0132"), ("field", "children"),
            "no-application",
        )
    ]  # fmt: skip


def test_a_field_that_waits_for_ever_has_no_term(house, app_dsn) -> None:
    give(house, "G-00000001", "field", "nature", [{"uses": ["field:nature"]}], 10_000)
    assert open_fallbacks(house, now=AFTER) == 0


def test_many_shares_are_redirected_in_many_transactions(house, app_dsn, monkeypatch) -> None:
    monkeypatch.setattr("fund.allocation.terms.AT_ONCE", 2)
    for at in range(1, 6):
        wished(house, app_dsn, f"G-0000000{at}", "group", "0132", "anywhere")
    assert open_fallbacks(house, now=AFTER) == 5
    assert broken(house) == set()


def test_terms_that_are_near_are_named_with_their_money(house, app_dsn) -> None:
    wished(house, app_dsn, "G-00000001", "group", "0132", "field")
    wished(house, app_dsn, "G-00000002", "group", "0132", "anywhere", yen=20_000)
    wished(house, app_dsn, "G-00000003", "theme", "flood-2026", "anywhere", yen=1_000)
    with house.database.reading() as connection:
        assert len(standing_wishes(connection)) == 3
        early = TERM - dt.timedelta(days=181)
        assert near_terms(connection, early) == []
        found = near_terms(connection, TERM - dt.timedelta(days=30))
    assert [(one.kind, one.target, one.gifts, one.yen, one.days) for one in found] == [
        ("group", "0132", 2, 70_000, 30),
        ("theme", "flood-2026", 1, 1_000, 30),
    ]


def test_a_group_with_several_fields_falls_back_to_its_first_then_the_others() -> None:
    opened = fallback_of("group", "field", ("arts", "nature"))
    assert opened is not None
    assert (opened.wish.kind, opened.wish.target, opened.wish.fallback) == (
        "field",
        "arts",
        "field",
    )
    assert opened.levels == {"levels": [{"uses": ["field:arts"]}, {"uses": ["field:nature"]}]}
    assert fallback_of("anywhere", None) is None
    assert fallback_of("field", "field") is None
    assert fallback_of("group", "field", ()).wish.kind == "anywhere"


@pytest.mark.parametrize(
    ("kind", "meanwhile", "reason"),
    [
        ("group", Meanwhile(returned=True, awarded=True), "grant-returned"),
        ("group", Meanwhile(taken_back=True, group_gone=True), "award-cancelled"),
        ("group", Meanwhile(applied=True), "wish-term"),
        ("field", Meanwhile(), "wish-term"),
        ("theme", Meanwhile(ended=True), "project-stopped"),
        ("theme", Meanwhile(), "wish-term"),
    ],
)
def test_the_cause_nearest_to_the_yen_is_told(kind, meanwhile, reason) -> None:
    assert cause(kind, meanwhile) == reason


def test_every_code_has_words_and_the_database_knows_every_code(app_dsn) -> None:
    assert set(WORDS) == CODES
    ((law,),) = rows(
        app_dsn,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s",
        "ck_redirection_reason",
    )
    assert all(f"'{code.value}'" in law for code in Redirected)
