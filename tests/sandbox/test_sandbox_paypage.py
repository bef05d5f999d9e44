"""The hosted pay page without a browser: forms, redirects, retries, both languages."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

import html5lib
import pytest
import requests
import stripe
from conftest import World, attempt_of

CARD = {
    "email": "hanako@example.com",
    "number": "4242 4242 4242 4242",
    "expiry": "12/34",
    "cvc": "123",
    "name": "見本 花子",
}
KONBINI = {"email": "hanako@example.com", "name": "見本 花子", "store": "lawson"}


def open_page(url: str, **query: str) -> str:
    answer = requests.get(url, params=query, timeout=30)
    assert answer.status_code == 200
    return answer.text


def submit(
    session: stripe.checkout.Session, method: str, form: dict[str, str], attempt: str = ""
) -> requests.Response:
    attempt = attempt or attempt_of(open_page(str(session.url), method=method))
    data = {"attempt": attempt, **form}
    return requests.post(f"{session.url}/{method}", data=data, allow_redirects=False, timeout=30)


def follow(answer: requests.Response) -> requests.Response:
    assert answer.status_code == 303, answer.text
    return requests.get(
        urljoin(answer.url, answer.headers["Location"]), timeout=30, allow_redirects=False
    )


def answer_aside(page: requests.Response, **form: str) -> requests.Response:
    return requests.post(page.url, data=form, allow_redirects=False, timeout=30)


def success(session: stripe.checkout.Session) -> str:
    return f"http://127.0.0.1:9/done?session={session.id}"


def reload(world: World, session: stripe.checkout.Session) -> Any:
    return world.stripe.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge"]}
    )


def test_a_good_card_leads_to_the_success_address(world: World) -> None:
    session = world.session()
    answer = submit(session, "card", CARD)
    assert (answer.status_code, answer.headers["Location"]) == (303, success(session))
    paid = reload(world, session)
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.name == "見本 花子"
    assert paid.payment_intent.latest_charge.payment_method_details.card.last4 == "4242"


def test_the_card_number_and_code_are_kept_nowhere(world: World) -> None:
    submit(world.session(), "card", {**CARD, "cvc": "987"})
    text = "\n".join(
        str(list(row))
        for table in ("thing", "event", "request")
        for row in world.running.till.store.rows(f"SELECT * FROM {table}")
    )
    assert "4242424242424242" not in text
    assert "4242 4242 4242 4242" not in text
    assert "987'" not in text


def test_a_decline_stays_on_the_page_with_its_reason_and_can_be_retried(world: World) -> None:
    session = world.session()
    page = follow(submit(session, "card", {**CARD, "number": "4000000000009995"}))
    assert page.status_code == 200
    assert "残高または利用枠が足りません" in page.text
    declined = reload(world, session)
    assert (declined.status, declined.payment_intent.status) == ("open", "requires_payment_method")
    assert declined.payment_intent.last_payment_error.decline_code == "insufficient_funds"
    assert "payment_intent.payment_failed" in [e.type for e in world.stripe.events.list().data]
    again = submit(session, "card", CARD, attempt_of(page.text))
    assert again.headers["Location"] == success(session)
    intent = reload(world, session).payment_intent
    assert intent.id == declined.payment_intent.id
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert [c.status for c in world.stripe.charges.list({"payment_intent": intent.id}).data] == [
        "succeeded",
        "failed",
    ]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4000000000000002", "card_declined"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
        ("4111111111111111", "card_declined"),
    ],
)
def test_each_refusing_card_has_its_code(world: World, number: str, code: str) -> None:
    session = world.session()
    submit(session, "card", {**CARD, "number": number})
    assert reload(world, session).payment_intent.last_payment_error.code == code


def test_a_form_sent_twice_charges_once(world: World) -> None:
    session = world.session()
    attempt = attempt_of(open_page(str(session.url)))
    answers = [submit(session, "card", CARD, attempt) for _ in range(3)]
    assert {answer.headers["Location"] for answer in answers} == {success(session)}
    assert len(world.stripe.charges.list().data) == 1
    bad = world.session()
    attempt = attempt_of(open_page(str(bad.url)))
    for _ in range(3):
        page = follow(submit(bad, "card", {**CARD, "number": "4000000000000002"}, attempt))
        assert "カードが拒否されました" in page.text
    assert (
        len(
            world.stripe.charges.list({"payment_intent": reload(world, bad).payment_intent.id}).data
        )
        == 1
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("number", "4242424242424241", "カード番号を確かめてください"),
        ("number", "", "カード番号を確かめてください"),
        ("expiry", "13/34", "有効期限を、月/年"),
        ("expiry", "01/20", "有効期限が過ぎています"),
        ("cvc", "12", "セキュリティコードを"),
        ("name", "", "お名前を入力してください"),
        ("email", "花子", "メールアドレスを入力してください"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_is_charged(
    world: World, field: str, value: str, words: str
) -> None:
    session = world.session()
    answer = submit(session, "card", {**CARD, field: value})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert words in answer.text
    assert "4242" not in re.sub("例：4242 4242 4242 4242|<code>.*?</code>", "", answer.text)
    assert reload(world, session).payment_intent is None


def test_full_width_digits_are_read(world: World) -> None:
    form = {
        **CARD,
        "number": "４２４２　４２４２　４２４２　４２４２",
        "expiry": "１２／３４",
        "cvc": "１２３",
    }
    session = world.session()
    assert submit(session, "card", form).headers["Location"] == success(session)


def test_three_d_secure_can_fail_and_then_be_approved(world: World) -> None:
    session = world.session()
    form = {**CARD, "number": "4000002500003155"}
    ask = follow(submit(session, "card", form))
    assert "/c/3ds/" in ask.url
    assert reload(world, session).payment_intent.status == "requires_action"
    page = follow(answer_aside(ask, answer="reject"))
    assert "本人認証ができませんでした" in page.text
    error = reload(world, session).payment_intent.last_payment_error
    assert error.code == "payment_intent_authentication_failure"
    ask = follow(submit(session, "card", form, attempt_of(page.text)))
    done = answer_aside(ask, answer="approve")
    assert done.headers["Location"] == success(session)
    assert answer_aside(ask, answer="approve").headers["Location"] == success(session)
    assert len(world.stripe.charges.list().data) == 1


def test_a_challenge_left_alone_does_not_bar_another_card(world: World) -> None:
    session = world.session()
    submit(session, "card", {**CARD, "number": "4000002500003155"})
    assert submit(session, "card", CARD).headers["Location"] == success(session)


@pytest.mark.parametrize("approve", [True, False])
def test_paypay_is_approved_or_cancelled(world: World, approve: bool) -> None:
    session = world.session()
    ask = follow(submit(session, "paypay", {"email": "hanako@example.com"}))
    assert "/c/paypay/" in ask.url
    answer = answer_aside(ask, answer="approve" if approve else "reject")
    if approve:
        assert answer.headers["Location"] == success(session)
        assert (
            reload(world, session).payment_intent.latest_charge.payment_method_details.type
            == "paypay"
        )
    else:
        assert "お支払いは取りやめられました" in follow(answer).text
        assert reload(world, session).status == "open"


def test_konbini_gives_number_store_and_deadline_and_can_be_paid_on_its_page(world: World) -> None:
    session = world.session(payment_method_options={"konbini": {"expires_after_days": 7}})
    voucher = follow(submit(session, "konbini", {**KONBINI, "phone": "03-1234-5678"}))
    for words in ("ローソン", "0312345678", "5,000円", "23:59まで", success(session)):
        assert words in voucher.text
    promised = reload(world, session)
    assert (promised.status, promised.payment_status) == ("complete", "unpaid")
    assert (
        promised.payment_intent.next_action.konbini_display_details.hosted_voucher_url
        == voucher.url
    )
    for _ in range(2):
        follow(answer_aside(voucher, outcome="paid"))
    assert "お支払いが済みました" in open_page(voucher.url)
    assert reload(world, session).payment_status == "paid"
    assert len(world.stripe.charges.list().data) == 1


def test_konbini_needs_a_store(world: World) -> None:
    session = world.session()
    answer = submit(session, "konbini", {**KONBINI, "store": "seven"})
    assert answer.status_code == 422
    assert "お店を選んでください" in answer.text


def test_a_transfer_page_shows_the_account_and_takes_money(world: World) -> None:
    customer = world.stripe.customers.create({"name": "見本"}).id
    session = world.session(8000, customer=customer)
    page = follow(submit(session, "customer_balance", {"email": "hanako@example.com"}))
    assert "見本銀行" in page.text
    assert answer_aside(page, amount="たくさん").status_code == 422
    assert "5,000円" in follow(answer_aside(page, amount="3000")).text
    assert "お支払いが済みました" in follow(answer_aside(page, amount="５,０００")).text
    assert reload(world, session).payment_status == "paid"


def test_the_page_speaks_the_sessions_language(world: World) -> None:
    japanese, english = (
        open_page(str(world.session().url)),
        open_page(str(world.session(locale="en").url)),
    )
    assert '<html lang="ja">' in japanese
    assert "5,000円を支払う" in japanese
    assert '<html lang="en">' in english
    assert "Pay ¥5,000" in english
    assert "お支払い" not in english
    for page in (japanese, english):
        assert "支払いの見本環境（テスト）" in page
        assert "Test payment sandbox" in page


def test_the_way_back_leads_to_the_cancel_address(world: World) -> None:
    assert '<a href="http://127.0.0.1:9/cancelled">' in open_page(str(world.session().url))
    without = world.stripe.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://127.0.0.1:9/done",
            "line_items": [
                {
                    "price_data": {
                        "currency": "jpy",
                        "unit_amount": 500,
                        "product_data": {"name": "<b>寄附</b>"},
                    }
                }
            ],
        }
    )
    page = open_page(str(without.url))
    assert "支払わずに戻る" not in page
    assert "&lt;b&gt;寄附&lt;/b&gt;" in page


def test_an_expired_session_says_so(world: World) -> None:
    session = world.session()
    world.control(f"sessions/{session.id}/expire")
    answer = requests.get(str(session.url), timeout=30)
    assert answer.status_code == 410
    assert "もう一度お手続きください" in answer.text
    assert requests.post(f"{session.url}/card", data=CARD, timeout=30).status_code == 410
    assert requests.get(f"{world.url}/c/pay/cs_test_unknown", timeout=30).status_code == 404


def test_every_page_is_valid_html_and_locked_down(world: World) -> None:
    customer = world.stripe.customers.create({"name": "見本"}).id
    session = world.session(customer=customer)
    pages = [
        requests.get(str(session.url), params={"method": m}, timeout=30)
        for m in session.payment_method_types
    ]
    pages.append(submit(session, "card", {}))
    pages.append(submit(session, "konbini", {}))
    pages.append(follow(submit(session, "card", {**CARD, "number": "4000002500003155"})))
    pages.append(follow(submit(session, "konbini", KONBINI)))
    pages += [requests.get(f"{world.url}/_sandbox/{path}", timeout=30) for path in ("", "mail")]
    for page in pages:
        html5lib.HTMLParser(strict=True).parse(page.text)
        assert page.text.count("<h1") == 1
        assert "<script" not in page.text
        for label in re.findall(
            r'<(?:input|select)(?![^>]*type="hidden")[^>]* id="([\w-]+)"', page.text
        ):
            assert f'<label for="{label}"' in page.text
    for page in pages[:-2]:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self' http://127.0.0.1:9" in policy


@pytest.mark.parametrize(
    "junk", ["\x00", "%FF", "9" * 5000, "' OR 1=1 --", "../../etc/passwd", "cs_test_é"]
)
def test_junk_in_addresses_never_breaks_a_page(world: World, junk: str) -> None:
    session = world.session()
    for path in (
        f"c/pay/{junk}",
        f"c/voucher/{junk}",
        f"c/pay/{session.id}/{junk}",
        f"_sandbox/mail/{junk}",
        f"v1/events/{junk}",
    ):
        assert requests.get(f"{world.url}/{path}", timeout=30).status_code in (401, 404, 405)
    assert requests.get(str(session.url), params={"method": junk}, timeout=30).status_code == 200
    for method in ("card", "konbini", "paypay"):
        form = dict.fromkeys(("attempt", *CARD, "store", "phone"), junk)
        assert requests.post(f"{session.url}/{method}", data=form, timeout=30).status_code == 422
