"""Somebody tries stolen cards: many forms at once, one page again and again, other ways around."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
from counter_till import Till
from flask.testing import FlaskClient

from fund.giving import commands as giving

LIMIT, SENT = 6, 24
BAD_CARD = "4000000000000002"
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("use", {"wish": "anywhere"}),
    ("amount", {"amount": "other", "own_amount": "5000", "kind": "individual"}),
    (
        "donor",
        {
            "name_style": "split",
            "family_name": "見本",
            "given_name": "試子",
            "kana": "ミホン ココロコ",
            "where": "japan",
            "postal_code": "144-8621",
            "address1": "東京都見本区1番1号",
        },
    ),
    ("consents", {"publish": "no", "method": "card", "purpose_of_use": "y"}),
)


class Form:
    """A form filled in to its last step, from an address of the network."""

    def __init__(self, till: Till, address: str, email: str) -> None:
        self.client: FlaskClient = till.app.test_client()
        self.environ = {"REMOTE_ADDR": address}
        self.token = ""
        for step, typed in STEPS:
            self.read(f"/give/{step}")
            mail = {"email": email} if step == "donor" else {}
            assert self.post(f"/give/{step}", {**typed, **mail}).status_code == 303
        self.read("/give/check")

    def read(self, path: str) -> Any:
        answer = self.client.get(path, environ_base=self.environ)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
        self.token = unescape(found[1]) if found else self.token
        return answer

    def post(self, path: str, fields: dict[str, str] | None = None) -> Any:
        body = {"csrf_token": self.token, **(fields or {})}
        return self.client.post(path, data=body, environ_base=self.environ)

    def offer(self) -> int:
        return int(self.post("/give/check").status_code)


@pytest.fixture
def slow(till: Till) -> Callable[[list[Form]], list[int]]:
    """Forms filled in as slowly as people do, sent at the same moment."""
    till.app.config["FUND_BEGUN_PER_HOUR"] = LIMIT

    def send(forms: list[Form]) -> list[int]:
        age(till)
        start = threading.Barrier(len(forms))

        def one(form: Form) -> int:
            start.wait()
            return form.offer()

        with ThreadPoolExecutor(len(forms)) as pool:
            return list(pool.map(one, forms))

    return send


def age(till: Till) -> None:
    till.rows(
        "UPDATE gift_draft SET created_at = created_at - interval '1 minute' RETURNING form_key"
    )


def begun(till: Till) -> list[str]:
    return [number for (number,) in till.rows("SELECT no FROM gift ORDER BY id")]


def test_forms_sent_at_once_begin_as_many_gifts_as_the_limit_says(
    till: Till, slow: Callable[[list[Form]], list[int]]
) -> None:
    forms = [Form(till, "203.0.113.7", f"donor{number}@example.jp") for number in range(SENT)]
    answers = slow(forms)
    assert sorted(answers) == [303] * LIMIT + [429] * (SENT - LIMIT)
    assert len(begun(till)) == LIMIT
    # Nothing is lost: who had to wait finds the form as it was.
    waiting = next(form for form, answer in zip(forms, answers, strict=True) if answer == 429)
    assert waiting.read("/give/check").status_code == 200
    assert till.rows("SELECT count(*) FROM attempt WHERE act = 'slowed'") == [(SENT - LIMIT,)]


def test_one_mail_address_from_many_places_at_once_has_its_limit_too(
    till: Till, slow: Callable[[list[Form]], list[int]]
) -> None:
    forms = [Form(till, f"203.0.113.{number}", "One@example.jp") for number in range(12)]
    assert sorted(slow(forms)) == [303] * (LIMIT // 2) + [429] * (12 - LIMIT // 2)
    assert len(begun(till)) == LIMIT // 2


def test_forms_filled_in_by_a_program_count_twice_also_at_once(till: Till) -> None:
    till.app.config["FUND_BEGUN_PER_HOUR"] = LIMIT
    forms = [Form(till, "203.0.113.7", f"donor{number}@example.jp") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(Form.offer, forms))
    assert answers.count(303) == LIMIT // 2


def test_honest_people_of_one_house_do_not_wait_for_each_other(
    till: Till, slow: Callable[[list[Form]], list[int]]
) -> None:
    forms = [Form(till, "203.0.113.7", f"donor{number}@example.jp") for number in range(LIMIT)]
    assert slow(forms) == [303] * LIMIT


def test_a_double_click_is_one_gift_and_counts_once(
    till: Till, slow: Callable[[list[Form]], list[int]]
) -> None:
    form = Form(till, "203.0.113.7", "donor@example.jp")
    assert slow([form] * 10) == [303] * 10
    assert len(begun(till)) == 1
    assert till.rows("SELECT count(*) FROM attempt WHERE act = 'begun-from'") == [(1,)]


def offered(till: Till, address: str = "203.0.113.7", email: str = "donor@example.jp") -> Form:
    """A form that became a gift."""
    form = Form(till, address, email)
    age(till)
    assert form.offer() == 303
    return form


def declined(till: Till, gift_no: str, times: int, attempt: int = -1) -> None:
    """So many cards were declined on the gift's page, and we heard of it."""
    for _ in range(times):
        till.pay(gift_no, attempt, card=BAD_CARD)
    till.heal()


def link(till: Till, gift_no: str) -> str:
    return f"/d/{giving.secret_of(till.house, gift_no)}"


def test_after_declines_the_payment_page_is_not_opened_again_before_the_wait_is_over(
    till: Till,
) -> None:
    form = offered(till)
    (gift_no,) = begun(till)
    declined(till, gift_no, 5)
    for path in ("/pay", "/method"):
        answer = form.post(link(till, gift_no) + path, {"method": "card"})
        assert answer.status_code == 429, path
        assert 0 < int(answer.headers["Retry-After"]) <= 240
    assert form.offer() == 429, "the back button is no way around"
    # From another address of the network the gift's own declines count all the same.
    form.environ = {"REMOTE_ADDR": "198.51.100.9"}
    assert form.post(f"{link(till, gift_no)}/pay").status_code == 429
    # Another way to pay that no card is tested with stays open.
    answer = form.post(f"{link(till, gift_no)}/method", {"method": "konbini"})
    assert answer.status_code == 303


def test_declines_of_one_gift_make_the_same_visitor_wait_with_every_other(till: Till) -> None:
    first, second = offered(till), offered(till, email="second@example.jp")
    one, two = begun(till)
    declined(till, one, 5)
    assert second.post(f"{link(till, two)}/pay").status_code == 429
    third = Form(till, "203.0.113.7", "third@example.jp")
    age(till)
    assert third.offer() == 429
    stranger = offered(till, "198.51.100.9", "stranger@example.jp")
    assert stranger.post(f"{link(till, begun(till)[-1])}/pay").status_code == 303
    assert first.read(link(till, one)).status_code == 200


def test_two_declined_cards_are_no_reason_to_wait(till: Till) -> None:
    form = offered(till)
    (gift_no,) = begun(till)
    declined(till, gift_no, 2)
    assert form.post(f"{link(till, gift_no)}/pay").status_code == 303
    till.pay(gift_no)
    till.heal()
    assert till.gift(gift_no).state == "received"


def test_the_same_decline_told_again_counts_once(till: Till) -> None:
    form = offered(till)
    (gift_no,) = begun(till)
    declined(till, gift_no, 2)
    till.deliver(copies=4, order="shuffle", seed=1)
    till.heal()
    assert form.post(f"{link(till, gift_no)}/pay").status_code == 303


def test_a_page_on_which_card_after_card_is_declined_is_closed(till: Till) -> None:
    offered(till)
    (gift_no,) = begun(till)
    declined(till, gift_no, 10)
    assert till.payment(gift_no).state == "expired"
    answer = till.sandbox.till.store.find(str(till.payment(gift_no).session_id))
    assert answer is not None
    assert answer["status"] == "expired"
    assert "カード会社に承認されませんでした" in till.page(gift_no)
    assert till.broken() == []
