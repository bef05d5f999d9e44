"""The donor's own page: corrections, consents, links; nothing of it needs an account."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html

import psycopg
import pytest
from giving_books import HANAKO, NOW, offer, rows

from fund.giving import commands, queries, store_donors
from fund.giving.commands import links
from fund.giving.domain import Consents, Wish
from fund.kernel.actor import donor
from fund.kernel.errors import Forbidden, Invalid, NotFound, TooMany

NAMES = ["\ufa19\u3000花子", "髙橋", "𠮷野", "葛\U000e0100城"]


def text(answer):
    return html.unescape(answer.get_data(as_text=True))


@pytest.fixture
def gift(house):
    """A gift for a group whose donor publishes a name and wants reports."""
    said = Consents(
        purpose_of_use=True,
        publish_name=True,
        display_name="はなこ",
        tell_group=True,
        report_mail=True,
    )
    wish = Wish("group", "0132", "field")
    return commands.begin_donation(
        house, by=donor("x"), now=NOW, offer=offer(consents=said, wish=wish)
    )


def read(house, number):
    with house.database.reading() as connection:
        return queries.gift(connection, number)


@pytest.mark.parametrize("purpose", ["publish_name", "tell_group", "report_mail"])
def test_a_consent_is_withdrawn_with_one_tap_and_given_again(visit, house, gift, app_dsn, purpose):
    visitor = visit()
    assert "はなこ" in text(visitor.get(f"/d/{gift.secret}"))
    address = f"/d/{gift.secret}/consent"
    assert visitor.post(address, {"purpose": purpose, "given": "0"}).status_code == 303
    assert getattr(read(house, gift.gift_no), purpose) is False
    assert visitor.post(address, {"purpose": purpose, "given": "0"}).status_code == 303
    fields = {"purpose": purpose, "given": "1", "display_name": "髙\U000e0100"}
    visitor.post(address, fields)
    assert getattr(read(house, gift.gift_no), purpose) is True
    answers = "SELECT given, name FROM consent WHERE purpose = %s ORDER BY id"
    told = ("はなこ", "", "髙\U000e0100") if purpose == "publish_name" else ("", "", "")
    assert rows(app_dsn, answers, purpose) == list(zip((True, False, True), told, strict=True))


def test_a_withdrawn_name_is_published_nowhere(visit, house, gift):
    visitor = visit()
    visitor.get(f"/d/{gift.secret}")
    visitor.post(f"/d/{gift.secret}/consent", {"purpose": "publish_name", "given": "0"})
    with house.database.reading() as connection:
        assert queries.published_names(connection, [gift.gift_no]) == {}
    assert read(house, gift.gift_no).display_name == ""


def test_the_purpose_of_use_cannot_be_taken_back(house, gift):
    with pytest.raises(Invalid):
        commands.change_consent(
            house,
            by=donor(gift.gift_no),
            now=NOW,
            gift_no=gift.gift_no,
            purpose="purpose_of_use",
            given=False,
        )


@pytest.mark.parametrize("name", ["", "あ" * 31])
def test_a_name_to_publish_must_be_one(visit, house, gift, name):
    visitor = visit()
    visitor.get(f"/d/{gift.secret}")
    fields = {"purpose": "publish_name", "given": "0"}
    visitor.post(f"/d/{gift.secret}/consent", fields)
    visitor.post(f"/d/{gift.secret}/consent", fields | {"given": "1", "display_name": name})
    assert read(house, gift.gift_no).publish_name is False


def test_old_answers_cannot_be_changed_by_the_application(gift, app_dsn):
    with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.Error):
        connection.execute("UPDATE consent SET given = true")


@pytest.mark.parametrize("name", NAMES)
def test_a_corrected_name_is_kept_as_typed_and_the_old_one_stays(house, gift, app_dsn, name):
    facts = dataclasses.replace(HANAKO, family_name=name)
    changed = commands.correct_donor(
        house, by=donor(gift.gift_no), now=NOW, gift_no=gift.gift_no, facts=facts
    )
    assert changed == ["family_name"]
    assert rows(app_dsn, "SELECT family_name FROM donor") == [(name,)]
    history = "SELECT before, after, actor_kind FROM donor_correction"
    assert rows(app_dsn, history) == [
        ({"family_name": "山田"}, {"family_name": name}, "donor"),
    ]
    again = commands.correct_donor(
        house, by=donor(gift.gift_no), now=NOW, gift_no=gift.gift_no, facts=facts
    )
    assert again == []


def test_the_history_cannot_be_rewritten(house, gift, app_dsn, superuser_dsn):
    facts = dataclasses.replace(HANAKO, address2="見本荘")
    commands.correct_donor(
        house, by=donor(gift.gift_no), now=NOW, gift_no=gift.gift_no, facts=facts
    )
    for dsn in (app_dsn, superuser_dsn):
        for attack in (
            "UPDATE donor_correction SET reason = 'x'",
            "DELETE FROM donor_correction",
            "TRUNCATE donor_correction",
        ):
            with psycopg.connect(dsn) as connection, pytest.raises(psycopg.Error):
                connection.execute(attack)


def test_a_donor_corrects_on_the_page_and_the_mail_address_stays(visit, gift, app_dsn):
    visitor = visit()
    page = text(visitor.get(f"/d/{gift.secret}/correct"))
    assert 'value="山田"' in page
    typed = {
        "name_style": "single",
        "single_name": "𠮷田 ゾエ",
        "kana": "よしだ",
        "where": "abroad",
        "country": "France",
        "foreign_address": "1 rue de l’Été, Paris",
        "email": "thief@example.com",
    }
    assert visitor.post(f"/d/{gift.secret}/correct", typed).status_code == 303
    found = "SELECT single_name, family_name, country, postal_code, address1, email FROM donor"
    assert rows(app_dsn, found) == [
        ("𠮷田 ゾエ", "", "France", "", "1 rue de l’Été, Paris", "hanako@example.jp")
    ]
    answer = visitor.post(f"/d/{gift.secret}/correct", typed | {"single_name": ""})
    assert answer.status_code == 400
    assert "1 rue de l’Été, Paris" in text(answer)


def test_an_officer_gives_a_reason(house, gift, officer):
    with pytest.raises(Invalid, match="理由"):
        commands.correct_donor(house, by=officer, now=NOW, gift_no=gift.gift_no, facts=HANAKO)


def test_a_new_mail_address_counts_after_its_confirmation_only(visit, house, gift, app_dsn):
    visitor = visit()
    visitor.get(f"/d/{gift.secret}/correct")
    visitor.post(f"/d/{gift.secret}/email", {"email": "Neu@Example.jp"})
    assert rows(app_dsn, "SELECT email FROM donor") == [("hanako@example.jp",)]
    ((recipient, body),) = rows(
        app_dsn, "SELECT recipient, body_text FROM mail WHERE occasion = 'gift.email'"
    )
    assert recipient == "Neu@example.jp"
    path = next(line for line in body.splitlines() if "/email/" in line)
    path = path.removeprefix("http://localhost")
    assert visitor.get(path).status_code == 200
    assert rows(app_dsn, "SELECT email FROM donor") == [("hanako@example.jp",)]
    assert visitor.post(path).status_code == 200
    assert rows(app_dsn, "SELECT email FROM donor") == [("Neu@example.jp",)]
    assert visitor.post(path).status_code == 404


def test_a_renewed_link_closes_the_old_one(visit, house, gift):
    visitor = visit()
    visitor.get(f"/d/{gift.secret}/renew")
    answer = visitor.post(f"/d/{gift.secret}/renew")
    fresh = answer.headers["Location"].rpartition("/d/")[2].partition("#")[0]
    assert fresh != gift.secret
    assert visitor.get(f"/d/{gift.secret}").status_code == 404
    assert visitor.get(f"/d/{fresh}").status_code == 200
    assert commands.secret_of(house, gift.gift_no) == fresh


def test_a_lost_link_gets_one_answer_and_only_the_right_contact_a_mail(visit, house, gift, app_dsn):
    visitor = visit()
    visitor.get("/d/find")
    answers = set()
    for number, contact in (
        (gift.gift_no, "HANAKO@example.jp"),
        (gift.gift_no.lower(), "〒144-8621"),
        (gift.gift_no, "other@example.jp"),
        ("G-00000000", "hanako@example.jp"),
    ):
        answer = visitor.post("/d/find", {"number": number, "contact": contact})
        answers.add((answer.status_code, answer.headers["Location"], answer.get_data()))
    assert len(answers) == 1
    tasks = rows(
        app_dsn, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", "giving.find_link"
    )
    assert tasks == [(4,)]

    def proof(contact):
        return links.contact_proof(house, contact)

    found = [
        commands.find_link(house, by=donor("x"), now=NOW, number=number, proof=proof(contact))
        for number, contact in (
            (gift.gift_no, "hanako＠EXAMPLE.jp"),
            (gift.gift_no, "1448621"),
            (gift.gift_no, "other@example.jp"),
            (gift.gift_no, ""),
            ("G-00000000", "hanako@example.jp"),
        )
    ]
    assert found == [True, True, False, False, False]
    mails = "SELECT DISTINCT recipient, body_text LIKE %s FROM mail WHERE occasion = 'gift.link'"
    assert rows(app_dsn, mails, f"%/d/{gift.secret}%") == [("hanako@example.jp", True)]


def test_looking_for_links_has_an_end_for_each_number_and_each_visitor(house, gift):
    def ask(number, origin):
        commands.ask_link(
            house, by=donor("x"), now=NOW, number=number, contact="1448621", origin=origin
        )

    for n in range(5):
        ask(gift.gift_no, f"10.0.0.{n}")
    with pytest.raises(TooMany):
        ask(gift.gift_no, "10.0.1.1")
    for n in range(10):
        ask(f"G-0000000{n}", "10.0.2.2")
    with pytest.raises(TooMany):
        ask("G-00000011", "10.0.2.2")


def test_a_forwarded_for_header_is_no_other_visitor(visit, gift):
    visitor = visit()
    visitor.get("/d/find")
    codes = [
        visitor.post(
            "/d/find",
            {"number": f"G-0000000{n % 10}", "contact": "1448621"},
            headers={"X-Forwarded-For": f"203.0.113.{n}"},
        ).status_code
        for n in range(11)
    ]
    assert codes == [303] * 10 + [429]


def test_one_tap_in_the_mail_stops_reports_but_opening_the_page_does_not(visit, house, gift):
    visitor = visit()
    path = commands.stop_url(house, gift.gift_no, "ja").removeprefix("http://localhost")
    assert visitor.get(path).status_code == 200
    assert read(house, gift.gift_no).report_mail is True
    fresh = visit()
    assert fresh.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert read(house, gift.gift_no).report_mail is False
    visitor.post(path, {"again": "1"})
    assert read(house, gift.gift_no).report_mail is True
    assert visitor.get(path[:-1] + "0").status_code == 404 or path.endswith("0")
    assert visitor.get(path.replace(gift.gift_no, "G-00000000")).status_code == 404


def test_a_corrected_receipt_is_asked_for_once_and_only_after_acceptance(visit, house, gift):
    visitor = visit()
    visitor.get(f"/d/{gift.secret}/correct")
    answer = visitor.post(f"/d/{gift.secret}/receipt-request", {"note": "字がちがいます"})
    assert answer.status_code == 409


def test_nobody_but_staff_closes_a_request(house, gift):
    with pytest.raises(Forbidden):
        commands.close_receipt_request(house, by=donor(gift.gift_no), now=NOW, request_id=1)


def test_a_draft_goes_on_elsewhere_and_the_old_cookie_opens_nothing(visit, app_dsn):
    first, second = visit(), visit()
    first.get("/give/use")
    first.post("/give/use", {"wish": "anywhere"})
    first.get("/give/keep")
    assert first.post("/give/keep", {"email": "a@example.jp", "remind": "y"}).status_code == 303
    ((body,),) = rows(app_dsn, "SELECT body_text FROM mail WHERE occasion = 'draft.resume'")
    path = next(line for line in body.splitlines() if "/give/resume/" in line)
    path = path.removeprefix("http://localhost")
    assert second.get(path).status_code == 200
    assert first.get("/give/amount").status_code == 200
    assert second.post(path).status_code == 303
    assert second.get("/give/amount").status_code == 200
    assert first.get("/give/amount").status_code == 303
    assert second.post(path).status_code == 404


def test_only_a_ticked_draft_is_reminded_and_once(visit, house, app_dsn):
    for ticked in ({}, {"remind": "y"}):
        visitor = visit()
        visitor.get("/give/use")
        visitor.post("/give/use", {"wish": "anywhere"})
        visitor.get("/give/keep")
        visitor.post("/give/keep", {"email": "a@example.jp", **ticked})
    life = commands.DRAFT_LIFE
    moment = dt.datetime.now(dt.UTC)
    early = commands.remind_drafts(house, by=donor("x"), now=moment, life=life)
    late = moment + dt.timedelta(days=12, hours=1)
    due = [commands.remind_drafts(house, by=donor("x"), now=late, life=life) for _ in range(2)]
    assert [early, *due] == [0, 1, 0]
    assert rows(app_dsn, "SELECT count(*) FROM gift_draft WHERE mail_to IS NOT NULL") == [(0,)]


def test_what_was_typed_is_deleted_at_once(visit, app_dsn):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", {"wish": "anywhere"})
    visitor.get("/give/keep")
    assert visitor.post("/give/forget").status_code == 303
    assert rows(app_dsn, "SELECT count(*) FROM gift_draft") == [(0,)]
    assert visitor.get("/give/amount").status_code == 303


def test_the_published_commitment_keeps_the_name_of_the_acceptance(house, gift, app_dsn):
    with house.transaction(by=donor(gift.gift_no), now=NOW) as tx:
        row = store_donors.lock_gift_by_id(tx, 1)
        before = store_donors.lock_donor(tx, row.donor_id)
        after = dataclasses.replace(before, family_name="鈴木")
        store_donors.correct_donor(tx, row.donor_id, before, after, accepted=True, reason="")
    with house.database.reading() as connection:
        names = queries.names_at_acceptance(connection, [gift.gift_no])
    assert names == {gift.gift_no: "山田 花子"}
    assert rows(app_dsn, "SELECT family_name FROM donor") == [("鈴木",)]


def test_an_unknown_gift_is_not_found(house):
    with pytest.raises(NotFound):
        commands.mail_own_link(house, by=donor("x"), now=NOW, gift_no="G-00000000")
