"""Each way of paying from the hosted page to the books, with the real sandbox and its events."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from counter_till import PUBLIC, Till

from fund.giving import commands as giving
from fund.kernel.calendar import ZONE, day_in_japan
from fund.kernel.errors import Conflict, Invalid
from fund.payments.deliveries import remind

GOOD, CHALLENGED, POOR = "4242424242424242", "4000002500003155", "4000000000009995"


def states(till: Till, gift_no: str) -> tuple[str, str]:
    return till.payment(gift_no).state, till.gift(gift_no).state


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("card", {"card": GOOD}),
        ("card", {"card": CHALLENGED, "approve": True}),
        ("paypay", {"method": "paypay"}),
    ],
)
def test_what_is_paid_at_once_is_booked_once(till: Till, method: str, asked: dict) -> None:
    number = till.begin(method)
    till.pay(number, **asked)
    till.deliver()
    payment, gift = till.payment(number), till.gift(number)
    assert (payment.state, payment.method, gift.state, gift.method) == (
        "succeeded",
        method,
        "received",
        method,
    )
    assert payment.charge_id
    assert not payment.late
    assert till.rows("SELECT paid_by FROM gift") == [(payment.no,)]
    assert till.held() == 10_000
    assert till.broken() == []


@pytest.mark.parametrize(
    ("method", "asked", "said"),
    [
        ("card", {"card": POOR}, "残高や利用枠"),
        ("card", {"card": CHALLENGED, "approve": False}, "本人認証"),
        ("card", {"card": "4000000000009979"}, "カード会社に承認されませんでした"),
        ("paypay", {"method": "paypay", "approve": False}, "途中で止まりました"),
    ],
)
def test_what_fails_keeps_the_page_open_and_says_what_to_do(
    till: Till, method: str, asked: dict, said: str
) -> None:
    number = till.begin(method)
    till.pay(number, **asked)
    till.deliver()
    assert states(till, number) == ("open", "awaiting_payment")
    page = till.page(number)
    assert said in page
    assert "支払いを続ける" in page
    assert "方法を変える" in page
    till.pay(number, **({"card": GOOD} if method == "card" else {"method": "paypay"}))
    till.deliver()
    assert states(till, number) == ("succeeded", "received")
    assert till.broken() == []


def test_a_stolen_card_is_not_told_so(till: Till) -> None:
    number = till.begin()
    till.pay(number, card="4000000000009979")
    till.deliver()
    page = till.page(number)
    assert till.payment(number).failure_code == "stolen_card"
    assert "盗難" not in page
    assert "stolen" not in page


def test_a_page_that_is_left_ends_with_its_time(till: Till) -> None:
    number = till.begin()
    till.pass_time(hours=24)
    till.deliver()
    assert states(till, number) == ("expired", "expired")
    assert "お支払いの期限が過ぎました" in till.page(number)


def test_a_voucher_is_shown_mailed_paid_and_booked(till: Till) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini", phone="0312345678")
    till.deliver()
    assert states(till, number) == ("waiting", "awaiting_payment")
    payment = till.payment(number)
    assert payment.pay_by is not None
    local = payment.pay_by.astimezone(ZONE)
    assert (local.hour, local.minute) == (23, 59)
    assert local.date() - till.now.astimezone(ZONE).date() == dt.timedelta(days=7)
    page = till.page(number)
    for words in ("お店でのお支払いを待っています", "ファミリーマート", "セイコーマート", "Loppi"):
        assert words in page
    stores = dict(payment.voucher or {})["stores"]
    assert isinstance(stores, dict)
    for codes in stores.values():
        assert codes["payment_code"] in page
        assert codes["confirmation_number"] in page
    weekday = "月火水木金土日"[local.weekday()]
    assert f"{local.month}月{local.day}日（{weekday}）23:59まで" in page
    [(subject, body, html)] = till.mails("gift.waiting")
    assert number in subject
    for text in (body, html):
        assert f"（{weekday}）23:59まで" in text
        assert "ローソン" in text
        assert "10,000円" in text
    till.pass_time(days=3)
    till.control(f"konbini/{payment.session_id}/pay")
    till.deliver()
    paid = till.payment(number)
    assert (paid.state, paid.late, paid.method) == ("succeeded", False, "konbini")
    assert paid.received_on == day_in_japan(till.now), "the day it was paid at the shop counts"
    assert len(till.mails("gift.waiting")) == 1
    assert till.broken() == []


def test_a_voucher_that_nobody_pays_expires_and_may_be_tried_again(till: Till) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini")
    till.deliver()
    till.pass_time(days=8)
    till.deliver()
    assert states(till, number) == ("expired", "expired")
    assert "お支払いの期限が過ぎました" in till.page(number)
    till.again(number)
    till.pay(number, method="konbini")
    till.deliver()
    assert states(till, number) == ("waiting", "awaiting_payment")
    assert len(till.mails("gift.waiting")) == 2, "each voucher has its own mail"


def test_money_after_the_end_of_a_voucher_is_received_and_marked(till: Till) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini")
    till.deliver()
    session = till.payment(number).session_id
    till.control(f"konbini/{session}/expire")
    till.deliver()
    assert states(till, number) == ("expired", "expired")
    # A slip printed at the kiosk a minute before the end can still be paid.
    till.control(f"konbini/{session}/pay", late=True)
    till.deliver()
    assert states(till, number) == ("succeeded", "received")
    assert till.payment(number).late
    assert "期限のあとに届きましたが、受け付けました" in till.page(number)
    assert till.broken() == []


def test_a_voucher_is_reminded_of_once_a_day_before_its_end(till: Till) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini")
    paid = till.begin("konbini")
    till.pay(paid, method="konbini")
    till.deliver()
    ends = till.payment(number).pay_by
    assert ends is not None
    # Vouchers end at midnight in Japan: how long they live depends on the hour they are drawn.
    till.pass_time(seconds=(ends - till.now).total_seconds() - 26 * 3600)
    remind(till.house, now=till.now)
    assert till.mails("gift.reminder") == []
    till.control(f"konbini/{till.payment(paid).session_id}/pay")
    till.deliver()
    till.pass_time(hours=10)
    for _ in range(3):
        remind(till.house, now=till.now)
    [(subject, body, html)] = till.mails("gift.reminder")
    assert number in subject
    assert "23:59まで" in body
    assert "ミニストップ" in html


def transfer(till: Till, number: str, yen: int) -> None:
    till.control("transfers", session=till.payment(number).session_id, amount=yen)
    till.deliver()


def test_a_transfer_may_come_in_parts_and_too_much_is_flagged(till: Till) -> None:
    number = till.begin("bank_transfer")
    till.pay(number, method="customer_balance")
    till.deliver()
    assert states(till, number) == ("waiting", "awaiting_payment")
    payment = till.payment(number)
    assert payment.customer_id
    voucher = dict(payment.voucher or {})
    page = till.page(number)
    assert voucher["account_number"] in page
    assert voucher["account_holder"] in page
    assert "普通" in page
    [(_subject, body, html)] = till.mails("gift.waiting")
    assert voucher["account_number"] in body
    assert voucher["account_number"] in html
    transfer(till, number, 4_000)
    assert till.payment(number).funded == 4_000
    assert till.payment(number).state == "waiting"
    assert "あと6,000円のお振り込みを待っています" in till.page(number)
    assert till.held() == 0
    transfer(till, number, 7_000)
    paid = till.payment(number)
    assert (paid.state, paid.excess) == ("succeeded", 1_000)
    assert till.held() == 10_000, "what lies with the provider beyond the gift is not ours"
    assert "多く届いています" in till.page(number)
    assert till.broken() == []


def test_every_part_of_a_transfer_is_told_by_mail_once(till: Till) -> None:
    number = till.begin("bank_transfer")
    till.pay(number, method="customer_balance")
    till.deliver()
    transfer(till, number, 4_000)
    transfer(till, number, 7_000)
    [(part, body, html)] = till.mails("gift.part-arrived")
    assert "一部が届きました" in part
    assert "あと6,000円" in body
    assert "あと6,000円" in html
    assert "4,000円" in body
    [(_subject, body, html)] = till.mails("gift.exceeded")
    assert "1,000円" in body
    assert "まだ寄附になっていません" in html
    [(_subject, body, _html)] = till.mails("gift.received")
    assert "10,000円" in body
    transfer(till, number, 500)
    assert [("1,500円" in body) for _s, body, _h in till.mails("gift.exceeded")] == [False, True]
    till.heal()
    assert len(till.mails("gift.part-arrived")) == len(till.mails("gift.received")) == 1
    assert till.broken() == []


@pytest.mark.parametrize("method", ["card", "paypay", "konbini"])
def test_a_payment_that_arrived_is_confirmed_by_mail_once(till: Till, method: str) -> None:
    number = till.begin(method, locale="en")
    till.pay(number, method=method)
    if method == "konbini":
        till.deliver()
        assert till.mails("gift.received") == []
        till.control(f"konbini/{till.payment(number).session_id}/pay")
    till.deliver(copies=3)
    till.heal()
    [(subject, body, html)] = till.mails("gift.received")
    assert f"Your payment has arrived ({number})" in subject
    for text in (body, html):
        assert "Thank you for your gift" in text
        assert "¥10,000" in text
        assert "/en/d/" in text


def test_a_transfer_that_never_comes_is_given_up_and_accepted_when_it_comes_late(
    till: Till,
) -> None:
    number = till.begin("bank_transfer")
    till.pay(number, method="customer_balance")
    till.deliver()
    till.pass_time(days=31)
    till.sweep()
    assert states(till, number) == ("expired", "expired")
    transfer(till, number, 10_000)
    assert states(till, number) == ("succeeded", "received")
    assert till.payment(number).late
    assert till.broken() == []


def test_part_of_a_transfer_is_never_given_up(till: Till) -> None:
    number = till.begin("bank_transfer")
    till.pay(number, method="customer_balance")
    transfer(till, number, 9_999)
    till.pass_time(days=60)
    till.sweep()
    assert states(till, number) == ("waiting", "awaiting_payment")


def test_the_method_changes_and_the_former_page_cannot_be_paid(till: Till) -> None:
    number = till.begin("card")
    first = till.payment(number)
    till.again(number, "paypay")
    assert [payment.state for payment in till.payments(number)] == ["expired", "open"]
    assert till.gift(number).state == "awaiting_payment"
    told = till.pay(number, attempt=0, card=GOOD)
    assert told["outcome"] == "closed"
    till.pay(number, method="paypay")
    till.deliver()
    assert till.gift(number).method == "paypay"
    assert till.rows("SELECT paid_by FROM gift") == [(till.payment(number).no,)]
    assert first.no != till.payment(number).no
    assert till.broken() == []


def test_a_voucher_paid_after_the_method_changed_is_held_as_extra(till: Till) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini")
    till.deliver()
    till.again(number, "card")
    assert "もう支払わないでください" in till.page(number)
    till.pay(number, card=GOOD)
    till.control(f"konbini/{till.payments(number)[0].session_id}/pay")
    till.deliver()
    voucher, card = till.payments(number)
    assert (voucher.state, card.state) == ("succeeded", "succeeded")
    assert [voucher.extra, card.extra].count(True) == 1
    kept = card if voucher.extra else voucher
    assert till.rows("SELECT paid_by, method FROM gift") == [(kept.no, kept.method)]
    assert till.held() == 20_000
    assert "重ねて届いています" in till.page(number)
    assert till.broken() == []


def test_going_back_to_a_living_voucher_issues_no_second_one(till: Till) -> None:
    number = till.begin("konbini")
    till.pay(number, method="konbini")
    till.deliver()
    till.again(number, "card")
    with pytest.raises(Conflict):
        till.again(number, "konbini")
    assert [payment.state for payment in till.payments(number)] == ["waiting", "expired"]
    assert till.gift(number).method == "konbini"
    assert "お店でのお支払いを待っています" in till.page(number)


def test_a_donor_who_paid_a_moment_ago_cannot_change_the_method(till: Till) -> None:
    number = till.begin("card")
    till.pay(number, card=GOOD)
    with pytest.raises(Conflict):
        till.again(number, "konbini")
    assert till.gift(number).state == "received", "closing the page found the payment"


@pytest.mark.parametrize(
    ("method", "yen"),
    [("konbini", 300_001), ("counter", 10_000), ("gold", 10_000)],
)
def test_a_method_out_of_its_range_is_refused(till: Till, method: str, yen: int) -> None:
    number = till.begin("card", yen)
    with pytest.raises(Invalid):
        giving.retry_payment(till.house, by=PUBLIC, now=till.now, gift_no=number, method=method)


def test_the_pages_speak_english(till: Till) -> None:
    konbini = till.begin("konbini", locale="en")
    till.pay(konbini, method="konbini")
    bank = till.begin("bank_transfer", locale="en")
    till.pay(bank, method="customer_balance")
    till.deliver()
    shop, account = (till.page(number, "/en") for number in (konbini, bank))
    for words in ("How to pay at a store", "FamilyMart", "Payment code", "Pay another way", "None"):
        assert words in shop
    for words in ("We are waiting for your transfer", "Ordinary (futsu)", "Account holder"):
        assert words in account
    assert "(Japan time)" in shop
    for text in (shop, account):
        assert not re.search("お店|お振り込み|払込番号|期限", text)
    mails = till.mails("gift.waiting")
    assert all("(Japan time)" in body and "Dear " in body for _, body, _ in mails)
