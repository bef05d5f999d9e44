"""What people and programs type wrongly: told once, kept as typed, never a broken page."""

from __future__ import annotations

import re

import pytest
from giving_books import rows
from test_giving_pages import AMOUNT, ANYWHERE, CONSENTS, DONOR, GROUP, fill, text

from fund.giving import commands

LONG = "あ" * 10_000
ODD = ["神", "髙", "𠮷", "葛\U000e0100", "🐟", "①㈱", "<script>alert(1)</script>", "' OR 1=1 --"]


def reach(visitor, step):
    """Go to a step with everything before it answered."""
    visitor.get("/give/use")
    for name, typed in [("use", GROUP), ("amount", AMOUNT), ("donor", DONOR)]:
        if name == step:
            break
        assert visitor.post(f"/give/{name}", typed).status_code == 303
    visitor.get(f"/give/{step}")


@pytest.mark.parametrize(
    ("step", "typed", "field"),
    [
        ("use", {}, "wish"),
        ("use", {"wish": "everything"}, "wish"),
        ("use", {"wish": "field", "field_fallback": "anywhere"}, "field"),
        ("use", {"wish": "field", "field": "nature"}, "field_fallback"),
        ("use", {"wish": "field", "field": "closed-field", "field_fallback": "field"}, "field"),
        ("use", {"wish": "group", "group_fallback": "field"}, "group"),
        ("use", GROUP | {"group": "0001"}, "group"),
        ("use", GROUP | {"group": "0133"}, "group_fallback"),
        ("use", GROUP | {"group": LONG}, "group"),
        ("use", {"wish": "theme", "theme": "old-theme"}, "theme"),
        ("amount", {}, "amount"),
        ("amount", {"amount": "3000"}, "kind"),
        ("amount", AMOUNT | {"own_amount": ""}, "own_amount"),
        ("amount", AMOUNT | {"own_amount": "999"}, "own_amount"),
        ("amount", AMOUNT | {"own_amount": "1000.5"}, "own_amount"),
        ("amount", AMOUNT | {"own_amount": "-5000"}, "own_amount"),
        ("amount", AMOUNT | {"own_amount": "9" * 10_000}, "own_amount"),
        ("amount", AMOUNT | {"own_amount": "２００万円"}, "own_amount"),
        ("donor", DONOR | {"family_name": "　"}, "family_name"),
        ("donor", DONOR | {"family_name": LONG}, "family_name"),
        ("donor", DONOR | {"given_name": "a\x07b"}, "given_name"),
        ("donor", DONOR | {"kana": "髙橋"}, "kana"),
        ("donor", DONOR | {"kana": ""}, "kana"),
        ("donor", DONOR | {"postal_code": "144-862"}, "postal_code"),
        ("donor", DONOR | {"address1": ""}, "address1"),
        ("donor", DONOR | {"address1": LONG}, "address1"),
        ("donor", DONOR | {"email": ""}, "email"),
        ("donor", DONOR | {"email": "hanako"}, "email"),
        ("donor", DONOR | {"phone": "110"}, "phone"),
        ("donor", DONOR | {"name_style": "single"}, "single_name"),
        ("donor", DONOR | {"where": "abroad"}, "country"),
        ("donor", DONOR | {"where": "abroad", "country": "日本"}, "country"),
        ("consents", {"publish": "no"}, "purpose_of_use"),
        ("consents", {"purpose_of_use": "y"}, "publish"),
        ("consents", CONSENTS | {"publish": "alias"}, "display_name"),
        ("consents", CONSENTS | {"publish": "alias", "display_name": "あ" * 31}, "display_name"),
    ],
)
def test_what_must_change_is_said_at_the_field_and_nothing_typed_is_lost(visit, step, typed, field):
    visitor = visit()
    reach(visitor, step)
    answer = visitor.post(f"/give/{step}", typed)
    page = text(answer)
    assert answer.status_code == 400
    assert "<title>エラー：" in page
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page
    for name, value in typed.items():
        if name not in {"group", "field", "theme", "wish", "amount", "kind"} and len(value) > 1:
            assert value in page, name


@pytest.mark.parametrize("name", ODD)
def test_odd_names_come_back_as_typed_and_are_stored_so(paying_visit, app_dsn, name):
    visitor = paying_visit()
    reach(visitor, "donor")
    wrong = visitor.post("/give/donor", DONOR | {"family_name": name, "postal_code": "1"})
    assert f'value="{name}"' in text(wrong)
    assert "<script>alert" not in wrong.get_data(as_text=True)
    visitor.post("/give/donor", DONOR | {"family_name": name})
    visitor.post("/give/consents", CONSENTS | {"publish": "alias", "display_name": name})
    assert f"{name} 𠮷神" in text(visitor.get("/give/check"))
    assert visitor.post("/give/check").status_code == 303
    assert rows(app_dsn, "SELECT family_name FROM donor") == [(name,)]
    assert rows(app_dsn, "SELECT display_name FROM gift") == [(name,)]


def test_a_donor_abroad_and_an_organisation_are_welcome(paying_visit, app_dsn):
    visitor = paying_visit("/en")
    abroad = {
        "name_style": "single",
        "single_name": "Zoë O’Brien-Łukasz",
        "where": "abroad",
        "country": "Österreich",
        "foreign_address": "Ring 1\r\n1010 Wien",
        "email": "zoe@example.at",
    }
    fill(visitor, donor=abroad)
    visitor.get("/give/check")
    assert visitor.post("/give/check").status_code == 303
    company = {
        "organisation": "㈱みほん",
        "contact_person": "髙橋",
        "where": "japan",
        "postal_code": "1448621",
        "address1": "東京都見本区1-1",
        "email": "a@example.jp",
    }
    second = paying_visit()
    fill(second, amount=AMOUNT | {"kind": "organisation"}, donor=company)
    second.get("/give/check")
    assert second.post("/give/check").status_code == 303
    columns = "SELECT kind, single_name, country, postal_code, address1, contact_person FROM donor"
    assert rows(app_dsn, columns + " ORDER BY id") == [
        ("individual", "Zoë O’Brien-Łukasz", "Österreich", "", "Ring 1 1010 Wien", ""),
        ("organisation", "㈱みほん", "JP", "1448621", "東京都見本区1-1", "髙橋"),
    ]


def test_a_post_without_its_token_changes_nothing(visit, app_dsn):
    visitor = visit()
    for path in ("use", "amount", "donor", "consents", "check"):
        assert visitor.client.post(f"/give/{path}", data=GROUP).status_code == 400
    assert visitor.client.post("/d/x/pay").status_code == 400
    assert rows(app_dsn, "SELECT count(*) FROM gift_draft") == [(0,)]


@pytest.mark.parametrize("path", ["use", "amount", "donor", "consents", "check"])
def test_nul_and_bad_bytes_are_refused_and_never_fail(visit, path):
    visitor = visit()
    reach(visitor, "consents")
    assert visitor.post(f"/give/{path}", {"family_name": "a\x00b"}).status_code == 400
    raw = visitor.client.post(
        f"/give/{path}",
        data=b"family_name=%FF%FE&csrf_token=" + visitor.token.encode(),
        content_type="application/x-www-form-urlencoded",
    )
    assert raw.status_code in {303, 400}


@pytest.mark.parametrize(
    "query",
    [
        "group=%00",
        "group=%FF",
        "group=" + "9" * 5000,
        "field=';--",
        "theme=%F0%9F%90%9F",
        "q=%25_\\",
        "q=" + "x" * 3000,
        "q=%00",
        "change=%FF",
        "start=1&group=0132&field=nature",
    ],
)
def test_any_query_gets_a_page(visit, query):
    for path in ("/give", "/give/use", "/give/amount", "/give/check", "/en/give/use"):
        assert visit().get(f"{path}?{query}").status_code in {200, 303, 400}


def test_a_cookie_of_somebodys_own_making_is_no_draft(visit):
    for value in ("x", "0" * 32, "é" * 40, "a" * 3000):
        visitor = visit()
        visitor.client.set_cookie("fund_gift", value)
        assert visitor.get("/give/amount").status_code == 303
        visitor.get("/give/use")
        assert visitor.post("/give/use", ANYWHERE).status_code == 303
        assert visitor.get("/give/amount").status_code == 200


def test_a_program_that_fills_in_everything_is_stopped(visit, app_dsn):
    visitor = visit()
    fill(visitor)
    visitor.get("/give/check")
    assert visitor.post("/give/check", {"website": "http://spam.example"}).status_code == 400
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(0,)]


def test_too_many_donations_from_one_address_must_wait(paying_visit, app_dsn):
    for number in range(3):
        visitor = paying_visit()
        visitor.client.application.config["FUND_BEGUN_PER_HOUR"] = 4
        fill(visitor)
        visitor.get("/give/check")
        answer = visitor.post("/give/check")
        assert answer.status_code == (303 if number < 2 else 429)
    assert answer.headers["Retry-After"] == "3600"
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(2,)]
    assert visitor.get("/give/check").status_code == 200, "what was typed is still there"
    stored = str(rows(app_dsn, "SELECT data::text FROM gift_draft"))
    assert "127.0.0.1" not in stored


def test_the_offer_needs_both_consents_and_wish(visit):
    assert commands.DRAFT_LIFE.days == 14
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", ANYWHERE)
    visitor.post("/give/amount", AMOUNT)
    visitor.post("/give/donor", DONOR)
    assert "団体に、お名前" not in text(visitor.get("/give/consents"))


def test_what_another_tab_changed_is_shown_before_it_is_offered(paying_visit, app_dsn):
    visitor = paying_visit()
    reach(visitor, "consents")
    visitor.post("/give/consents", CONSENTS)
    shown = re.search(r'name="seen" value="([0-9a-f]{64})"', text(visitor.get("/give/check")))
    visitor.get("/give/amount")
    visitor.post("/give/amount", AMOUNT | {"amount": "other", "own_amount": "40万円"})
    visitor.get("/give/donor")
    answer = visitor.post("/give/check", {"seen": shown[1]})
    page = text(answer)
    assert answer.status_code == 409
    assert "ほかの画面で内容が変わりました" in page
    assert "400,000円" in page
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(0,)]
    now_shown = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert visitor.post("/give/check", {"seen": now_shown[1]}).status_code == 303
    assert rows(app_dsn, "SELECT yen FROM gift") == [(400_000,)]
