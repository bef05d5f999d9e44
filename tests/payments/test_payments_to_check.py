"""Payments that need a person: the officers see them, act, and they are gone from the list."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from counter_till import PUBLIC, Till

from fund.identity.commands import add_user
from fund.kernel.actor import system
from fund.kernel.errors import Conflict
from fund.payments.deliveries import remind

PASSWORD = "correct horse 見本"


def sign_in(till: Till, role: str):
    email = f"{role}@example.jp"
    add_user(
        till.house,
        by=system(),
        now=dt.datetime.now(dt.UTC),
        email=email,
        name=role,
        password=PASSWORD,
        roles=frozenset({role}),
    )
    client = till.app.test_client()
    token = token_of(client.get("/staff/login").get_data(as_text=True))
    fields = {"email": email, "password": PASSWORD, "csrf_token": token}
    assert client.post("/staff/login", data=fields).status_code == 303
    return client


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def troubles(till: Till) -> tuple[str, str, str]:
    """A gift paid twice, one transferred too much, one in part."""
    twice = till.begin("konbini")
    till.pay(twice, method="konbini")
    till.deliver()
    till.again(twice, "paypay")
    till.pay(twice, method="paypay")
    till.control(f"konbini/{till.payments(twice)[0].session_id}/pay")
    much, part = till.begin("bank_transfer"), till.begin("bank_transfer")
    for number, yen in ((much, 12_345), (part, 6_789)):
        till.pay(number, method="customer_balance")
        till.control("transfers", session=till.payment(number).session_id, amount=yen)
    till.deliver()
    return twice, much, part


def test_the_officer_sees_why_and_marks_what_is_done(till: Till) -> None:
    numbers = troubles(till)
    officer = sign_in(till, "officer")
    assert "確認が必要な支払い" in officer.get("/staff").get_data(as_text=True)
    page = officer.get("/staff/payments").get_data(as_text=True)
    for number in numbers:
        assert number in page
    for words in ("重ねて支払われた", "2,345円多く振り込まれた", "6,789円だけ振り込まれた"):
        assert words in page
    told = officer.get("/staff/payments.json").get_json()["rows"]
    assert {row["gift_no"] for row in told} == set(numbers)
    csv = officer.get("/staff/payments.csv").get_data(as_text=True)
    assert csv.count("\n") == 4
    assert officer.get("/staff/payments.xlsx").status_code == 200
    for row in told:
        path = f"/staff/payments/{row['payment_no']}/checked"
        assert officer.post(path, data={"csrf_token": token_of(page)}).status_code == 303
    assert "確認が必要な支払いはありません" in officer.get("/staff/payments").get_data(as_text=True)
    acts = till.rows("SELECT count(*) FROM audit_trail WHERE act = 'payment.checked'")
    assert acts == [(3,)]


def test_more_money_after_the_check_asks_again(till: Till) -> None:
    _, much, _ = troubles(till)
    officer = sign_in(till, "officer")
    page = officer.get("/staff/payments").get_data(as_text=True)
    path = f"/staff/payments/{till.payment(much).no}/checked"
    officer.post(path, data={"csrf_token": token_of(page)})
    assert much not in officer.get("/staff/payments").get_data(as_text=True)
    till.control("transfers", session=till.payment(much).session_id, amount=1)
    till.deliver()
    assert much in officer.get("/staff/payments").get_data(as_text=True)


@pytest.mark.parametrize(("role", "sees"), [("auditor", True), ("group", False)])
def test_only_the_officer_marks(till: Till, role: str, sees: bool) -> None:
    twice, _, _ = troubles(till)
    client = sign_in(till, role)
    answer = client.get("/staff/payments")
    assert (answer.status_code == 200) == sees
    token = token_of(client.get("/staff").get_data(as_text=True))
    path = f"/staff/payments/{till.payment(twice).no}/checked"
    assert client.post(path, data={"csrf_token": token}).status_code == 403


def test_a_gift_paid_twice_says_so_to_its_officers(till: Till) -> None:
    twice, _, _ = troubles(till)
    officer = sign_in(till, "officer")
    page = officer.get(f"/staff/gifts/{twice}").get_data(as_text=True)
    assert "（重ねて）" in page
    assert "コンビニ" in page


def test_part_of_a_transfer_keeps_the_method(till: Till) -> None:
    _, _, part = troubles(till)
    with pytest.raises(Conflict, match="一部が届いています"):
        till.again(part, "card")
    assert "方法を変える" not in till.page(part)
    assert till.payment(part).method == "bank_transfer"
    assert PUBLIC.person_id is None


def test_the_page_warns_of_numbers_that_still_take_money_also_after_the_gift_is_paid(
    till: Till,
) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini")
    till.deliver()
    warning = "前に受け取った払込番号や口座では、もう支払わないでください"
    assert warning not in till.page(number)
    till.again(number, "card")
    assert warning in till.page(number)
    till.pay(number)
    till.deliver()
    assert till.gift(number).state == "received"
    assert warning in till.page(number)
    assert "お支払いは済んでいます" in till.page(number)
    till.control(f"konbini/{till.payments(number)[0].session_id}/expire")
    till.deliver()
    assert warning not in till.page(number)


@pytest.mark.parametrize("method", ["card", "bank_transfer"])
def test_nobody_is_reminded_of_a_voucher_that_is_not_to_be_paid_any_more(
    till: Till, method: str
) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini")
    till.deliver()
    voucher = till.payment(number)
    till.again(number, method)
    till.pay(number, **({"method": "customer_balance"} if method == "bank_transfer" else {}))
    till.deliver()
    assert voucher.pay_by is not None
    till.pass_time(seconds=(voucher.pay_by - till.now).total_seconds() - 3_600)
    remind(till.house, now=till.now)
    assert till.payments(number)[0].state == "waiting"
    assert till.mails("gift.reminder") == []
