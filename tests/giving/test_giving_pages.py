"""The five steps through the application, without JavaScript, in both languages."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
import requests
from giving_books import rows

from fund.giving import commands
from fund.kernel.actor import system

GROUP = {"wish": "group", "group": "0132", "group_fallback": "field"}
ANYWHERE = {"wish": "anywhere"}
AMOUNT = {"amount": "other", "own_amount": "１万５千円", "kind": "individual"}
DONOR = {
    "name_style": "split",
    "family_name": "髙\U000e0100橋",
    "given_name": "𠮷神",
    "kana": "たかはし　よしがみ",
    "where": "japan",
    "postal_code": "〒１４４－８６２１",
    "address1": "東京都見本区中央　一丁目①番",
    "address2": "",
    "phone": "０３ー５７４４ー１１１１",
    "email": "Hanako＠Example.JP",
}
CONSENTS = {"publish": "no", "method": "card", "purpose_of_use": "y"}
STEPS = [("use", GROUP), ("amount", AMOUNT), ("donor", DONOR), ("consents", CONSENTS)]


def fill(visitor, **changes):
    """Walk the four steps; ``changes`` replace what is typed on one of them."""
    for step, typed in STEPS:
        assert visitor.get(f"/give/{step}").status_code == 200
        answer = visitor.post(f"/give/{step}", changes.get(step, typed))
        assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def text(answer):
    return html.unescape(answer.get_data(as_text=True))


def test_everything_missing_is_named_at_once(paying_visit):
    """Whoever leaves the whole page empty is not told of the reading only the second time."""
    visitor = paying_visit("")
    for step, typed in STEPS[:2]:
        visitor.get(f"/give/{step}")
        visitor.post(f"/give/{step}", typed)
    visitor.get("/give/donor")
    answer = visitor.post("/give/donor", {"name_style": "split", "where": "japan"})
    assert answer.status_code == 400
    page = text(answer)
    for words in ("姓", "名", "フリガナ", "ご住所", "メールアドレス"):
        assert f">{words}を入力してください</a>" in page, words


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_gift_goes_from_wish_to_the_payment_page(paying_visit, sandbox, app_dsn, prefix):
    visitor = paying_visit(prefix)
    assert visitor.get("/give").status_code == 200
    assert fill(visitor) == f"{prefix}/give/check"
    page = text(visitor.get("/give/check"))
    assert "髙\U000e0100橋 𠮷神" in page
    assert "東京都見本区中央 一丁目①番" in page
    answer = visitor.post("/give/check")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(sandbox.url)
    assert requests.get(answer.headers["Location"], timeout=10).status_code == 200
    assert rows(
        app_dsn,
        "SELECT family_name, given_name, kana, postal_code, address1, phone, email, locale"
        " FROM donor",
    ) == [
        (
            "髙\U000e0100橋",
            "𠮷神",
            "タカハシ ヨシガミ",
            "1448621",
            "東京都見本区中央 一丁目①番",
            "0357441111",
            "Hanako@example.jp",
            prefix.strip("/") or "ja",
        )
    ]
    assert rows(app_dsn, "SELECT yen, state FROM gift") == [(15_000, "awaiting_payment")]
    shares = "SELECT kind, target, fallback, part, yen FROM gift_share ORDER BY position"
    assert rows(app_dsn, shares) == [
        ("group", "0132", "field", "wish", 10_500),
        ("anywhere", None, None, "kept", 4_500),
    ]
    (text_shown,) = rows(app_dsn, "SELECT text_shown FROM consent ORDER BY id LIMIT 1")[0]
    assert ("いただいた" in text_shown) == (prefix == "")


def test_sending_the_form_again_leads_to_the_same_payment(paying_visit, app_dsn):
    visitor = paying_visit()
    fill(visitor)
    visitor.get("/give/check")
    first, second = visitor.post("/give/check"), visitor.post("/give/check")
    assert first.headers["Location"] == second.headers["Location"]
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(1,)]


def test_browser_back_after_sending_says_so(paying_visit, app_dsn):
    visitor = paying_visit()
    fill(visitor)
    visitor.get("/give/check")
    visitor.post("/give/check")
    for path in ("check", "consents", "donor", "amount", "use"):
        page = text(visitor.get(f"/give/{path}"))
        assert "すでに送信済みです" in page
        assert "髙" not in page
    assert "送信済み" not in text(visitor.get("/give/use?start=1"))
    ((data,),) = rows(app_dsn, "SELECT data FROM gift_draft")
    assert set(data) == {"gift_no", "from"}, "what was typed is forgotten"


def test_a_second_gift_may_follow_the_first(paying_visit, app_dsn):
    visitor = paying_visit()
    for _ in range(2):
        visitor.get("/give/use?start=1")
        for step, typed in STEPS:
            assert visitor.post(f"/give/{step}", typed).status_code == 303
        assert visitor.post("/give/check").status_code == 303
    assert rows(app_dsn, "SELECT count(*) FROM gift") == [(2,)]


def test_a_provider_that_is_down_loses_nothing(visit, house, app_dsn):
    visitor = visit()
    fill(visitor)
    visitor.get("/give/check")
    answer = visitor.post("/give/check")
    assert answer.status_code == 503
    assert "入力し直す必要はありません" in text(answer)
    ((number, state),) = rows(app_dsn, "SELECT no, state FROM gift")
    assert state == "awaiting_payment"
    secret = commands.secret_of(house, number)
    assert f"/d/{secret}/pay" in text(answer)
    again = visitor.post(f"/d/{secret}/pay")
    assert again.status_code == 503
    assert rows(app_dsn, "SELECT count(*) FROM payment") == [(1,)]


def test_paying_by_the_secret_link_needs_no_draft(paying_visit, paying_house, sandbox, app_dsn):
    visitor = paying_visit()
    fill(visitor)
    visitor.get("/give/check")
    first = visitor.post("/give/check").headers["Location"]
    ((number,),) = rows(app_dsn, "SELECT no FROM gift")
    secret = commands.secret_of(paying_house, number)
    other = paying_visit()
    other.get("/give/use")
    assert other.post(f"/d/{secret}/pay").headers["Location"] == first
    assert other.post("/d/0123456789/pay").status_code == 404


def test_an_address_in_japan_is_asked_for_until_another_is_chosen(visit):
    """What the choice reveals stays hidden while nothing is chosen."""
    visitor = visit()
    for step, typed in STEPS[:2]:
        visitor.get(f"/give/{step}")
        visitor.post(f"/give/{step}", typed)
    page = visitor.get("/give/donor").get_data(as_text=True)
    assert re.findall(r'name="where" value="(\w+)" checked', page) == ["japan"]


def test_steps_cannot_be_skipped(visit):
    visitor = visit()
    for path in ("amount", "donor", "consents", "check"):
        answer = visitor.get(f"/give/{path}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/give/use")
    visitor.get("/give/use")
    visitor.post("/give/use", ANYWHERE)
    assert visitor.get("/give/check").headers["Location"] == "/give/amount"
    assert visitor.post("/give/consents", CONSENTS).headers["Location"] == "/give/amount"
    assert visitor.post("/give/check").headers["Location"] == "/give/amount"


def test_a_change_returns_straight_to_the_check_page(visit):
    visitor = visit()
    fill(visitor)
    page = text(visitor.get("/give/check"))
    assert "/give/amount?change=1" in page
    assert 'name="change"' in text(visitor.get("/give/amount?change=1"))
    answer = visitor.post("/give/amount", AMOUNT | {"amount": "3000", "change": "1"})
    assert answer.headers["Location"] == "/give/check"
    assert "3,000円" in text(visitor.get("/give/check"))


def test_changing_to_an_organisation_asks_for_its_name(visit):
    visitor = visit()
    fill(visitor)
    visitor.post("/give/amount", AMOUNT | {"kind": "organisation", "change": "1"})
    assert visitor.get("/give/check").headers["Location"] == "/give/donor?change=1"


def test_a_draft_resumes_and_is_forgotten_after_two_weeks(visit, house, app_dsn):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", GROUP)
    page = text(visitor.get("/give/use"))
    assert 'value="0132" checked' in page
    assert "入力の続きから始める" in text(visitor.get("/give"))
    now = dt.datetime.now(dt.UTC)
    assert commands.forget_drafts(house, by=system(), now=now + dt.timedelta(days=13)) == 0
    assert commands.forget_drafts(house, by=system(), now=now + dt.timedelta(days=15)) == 1
    assert visitor.get("/give/amount").headers["Location"] == "/give/use"


def test_the_cookie_is_for_the_server_only(visit, app_dsn):
    visitor = visit()
    visitor.get("/give/use")
    cookie = visitor.post("/give/use", ANYWHERE).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    secret = cookie.split(";", maxsplit=1)[0].split("=")[1]
    assert secret not in str(rows(app_dsn, "SELECT gift_draft::text FROM gift_draft"))


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/give/use?group=0132", 'value="0132" checked'),
        ("/give/use?field=nature", 'value="nature" checked'),
        ("/give/use?theme=flood-2026", 'value="flood-2026" checked'),
        ("/give/use", 'value="anywhere" checked'),
    ],
)
def test_the_address_preselects_the_wish(visit, address, shown):
    page = text(visit().get(address))
    assert shown in page
    assert page.count('name="amount"') == 0


def test_no_amount_is_preselected(visit):
    visitor = visit()
    visitor.get("/give/use")
    visitor.post("/give/use", ANYWHERE)
    page = text(visitor.get("/give/amount"))
    assert re.findall(r'name="(\w+)"[^>]*\bchecked', page) == ["rhythm"]
    assert re.search(r'value="once"[^>]*\bchecked', page)


def test_a_group_is_found_without_javascript(visit):
    visitor = visit()
    page = text(visitor.get("/give/use?q=こども"))
    assert "見本こども食堂の会" in page
    assert "見本みどりの会" not in page
    assert "むかしの会" not in text(visitor.get("/give/use?q=むかし"))
    answer = visitor.post("/give/use", GROUP | {"find": "1", "q": "みどり"})
    assert answer.status_code == 303
    page = text(visitor.get(answer.headers["Location"]))
    assert "見本みどりの会" in page
    assert 'value="0132" checked' in page, "what was chosen before stays chosen"


def test_the_share_that_is_passed_on_is_said_with_its_clause(visit):
    visitor = visit()
    page = text(visitor.get("/give/use"))
    assert "70%" in page
    assert "/manual/clause/pass-on-share" in page
    assert "/manual/clause/no-refund" in page
    visitor.post("/give/use", GROUP)
    page = text(visitor.get("/give/amount"))
    assert "2,100円" in page
    assert "900円" in page
