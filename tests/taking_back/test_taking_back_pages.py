"""The staff's and the donor's pages of money that goes back, as a browser without scripts sees them."""

from __future__ import annotations

import re

import pytest
from whole_fund import PASSWORD, Fund

from fund.giving import commands as giving
from fund.giving.domain.acceptance import CODES
from fund.payments import refunds


class Visitor:
    """Keeps cookies and sends the CSRF token of the last page."""

    def __init__(self, fund: Fund, email: str | None = None) -> None:
        self.client, self.token = fund.app.test_client(), ""
        if email:
            self.get("/staff/login")
            self.post("/staff/login", 303, email=email, password=PASSWORD)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
        return self._read(answer)

    def post(self, path: str, status: int = 303, **fields: object) -> str:
        answer = self.client.post(path, data={"csrf_token": self.token, **fields})
        assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
        return self._read(answer)

    def _read(self, answer) -> str:
        page = answer.get_data().decode(errors="replace")
        if found := re.search(r'name="csrf_token" value="([^"]+)"', page):
            self.token = found[1]
        return page


@pytest.fixture
def officer(fund: Fund) -> Visitor:
    return Visitor(fund, "officer0@example.jp")


@pytest.fixture
def decider(fund: Fund) -> Visitor:
    return Visitor(fund, "decider3@example.jp")


@pytest.fixture
def treasurer(fund: Fund) -> Visitor:
    return Visitor(fund, "treasurer4@example.jp")


def test_a_refund_from_the_gifts_page_to_the_donors_page(
    fund: Fund, officer: Visitor, decider: Visitor
) -> None:
    assert "返金はありません" in officer.get("/staff/refunds")
    gift = fund.accepted(10_000)
    payment = fund.payment(gift).no
    assert f"/staff/payments/{payment}/refund" in officer.get(f"/staff/gifts/{gift}")
    page = officer.get(f"/staff/payments/{payment}/refund")
    assert 'name="seen" value="10000"' in page
    wrong = officer.post(f"/staff/payments/{payment}/refund", 400, yen="２万", seen="10000")
    assert "1円から10,000円まで" in wrong
    assert "決裁の番号を入力してください" in wrong
    wrong = officer.post(f"/en/staff/payments/{payment}/refund", 400, yen="０", seen="10000")
    assert "Enter an amount from ¥1 to ¥10,000" in wrong
    officer.post(
        f"/staff/payments/{payment}/refund",
        yen="４，０００",
        seen="10000",
        reason="donor-request",
        decision_no="8見協第12号",
    )
    (made,) = fund.refunds(gift)
    assert "あなたの起案です" in officer.get(f"/staff/refunds/{made.no}")
    officer.post(f"/staff/refunds/{made.no}/approval", 403)
    assert "承認を待つ返金" in decider.get("/staff")
    assert "4,000円 の返金を承認する" in decider.get(f"/staff/refunds/{made.no}")
    decider.post(f"/staff/refunds/{made.no}/approval")
    fund.send(made.no)
    assert "お金が出ていった" in decider.get(f"/staff/refunds/{made.no}")
    donor = fund.page(gift)
    assert made.no in donor
    assert "6,000円" in donor
    assert "受領証明書を新しくしました" in donor
    assert "New receipt" not in donor
    receipts = officer.get(f"/staff/gifts/{gift}/receipts")
    assert "無効" in receipts
    assert "返金のため" in receipts
    for form in ("csv", "json", "xlsx"):
        officer.get(f"/staff/refunds.{form}")


def test_two_officers_see_the_same_money_once(fund: Fund, officer: Visitor) -> None:
    gift = fund.paid(10_000)
    payment = fund.payment(gift).no
    officer.get(f"/staff/payments/{payment}/refund")
    fund.propose(gift, 8_000)
    fields = {"yen": "8000", "seen": "10000", "reason": "wrong-payment", "decision_no": "1"}
    page = officer.post(f"/staff/payments/{payment}/refund", 409, **fields)
    assert "2,000円" in page


def test_the_treasurer_pays_offline_money_back(
    fund: Fund, officer: Visitor, decider: Visitor, treasurer: Visitor
) -> None:
    gift = fund.paid(10_000, "bank")
    number = fund.propose(gift, 10_000)
    page = decider.get(f"/staff/refunds/{number}")
    assert "出納の人が支払います" in page
    decider.post(f"/staff/refunds/{number}/approval")
    assert "出納の支払いを待つ返金" in treasurer.get("/staff")
    treasurer.get(f"/staff/refunds/{number}")
    assert "返した日を入力してください" in treasurer.post(f"/staff/refunds/{number}/payment", 400)
    wrong = {"source": "bank", "on": "2020-01-01"}
    treasurer.post(f"/staff/refunds/{number}/payment", 400, **wrong)
    treasurer.post(f"/staff/refunds/{number}/payment", source="bank", on=fund.today.isoformat())
    assert fund.gift(gift).state == "refunded"
    assert "銀行口座から振り込んだ" in officer.get(f"/staff/refunds/{number}")


def test_what_happened_elsewhere_waits_for_a_look(fund: Fund, officer: Visitor) -> None:
    gift = fund.paid(10_000)
    fund.dashboard_refund(gift, amount=1_000)
    fund.heal()
    (made,) = fund.refunds(gift)
    assert "確認してほしい返金" in officer.get("/staff")
    assert "決済会社の管理画面で行われました" in officer.get(f"/staff/refunds/{made.no}")
    officer.post(f"/staff/refunds/{made.no}/look")
    assert "確認してほしい返金" not in officer.get("/staff")


def test_a_dispute_with_its_last_day(fund: Fund, officer: Visitor) -> None:
    assert "決まっていない異議はありません" in officer.get("/staff/disputes")
    gift = fund.accepted(10_000)
    dispute = fund.dispute(gift)
    fund.heal()
    assert re.search(r"証拠を待つ異議.*?\d+月\d+日（.）", officer.get("/staff"), re.DOTALL)
    assert dispute in officer.get("/staff/disputes")
    page = officer.get(f"/staff/disputes/{dispute}")
    assert "出すとよいもの" in page
    assert "何を提出したかを書いてください" in officer.post(f"/staff/disputes/{dispute}/note", 400)
    officer.post(f"/staff/disputes/{dispute}/note", note="受領証明書を出した")
    assert "証拠を待つ異議" not in officer.get("/staff")
    assert "カード会社で確認が行われています" in fund.page(gift)
    for form in ("csv", "json", "xlsx"):
        officer.get(f"/staff/disputes.{form}")
    officer.get("/en/staff/disputes")
    officer.get(f"/en/staff/disputes/{dispute}")


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_disputes_page_says_nothing_was_returned_before_it_was(fund: Fund, outcome: str) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.disburse(award, 10_000)
    dispute = fund.dispute(gift)
    fund.heal()
    page = fund.page(gift)
    assert "カード会社の確認" in page
    assert "お返ししたお金" not in page
    assert "すでに助成に決まった分は、そのまま進みます" in page
    [(_subject, body, _html)] = fund.mails("gift.disputed")
    assert "すでに助成に決まった分は、そのまま進みます" in body
    fund.control(f"disputes/{dispute}/close", outcome=outcome)
    fund.heal()
    assert ("お返ししたお金" in fund.page(gift)) == (outcome == "lost")
    assert fund.broken() == []


def test_a_refused_gift_goes_back_by_two_hands(
    fund: Fund, officer: Visitor, decider: Visitor
) -> None:
    assert "受け入れなかった寄附はありません" in officer.get("/staff/refusals")
    gift = fund.paid(10_000)
    officer.get(f"/staff/gifts/{gift}/refusal")
    page = officer.post(f"/staff/gifts/{gift}/refusal", 400, ground="mood")
    assert "これまでの経過を書いてください" in page
    said = {"ground": "law", "reason": "法令に触れます", "course": "6月1日に相談した"}
    officer.post(f"/staff/gifts/{gift}/refusal", **said)
    officer.post(f"/staff/gifts/{gift}/refusal", 409, **said)
    ((number,),) = fund.rows("SELECT no FROM refusal")
    assert "あなたの起案です" in officer.get(f"/staff/refusals/{number}")
    decider.get(f"/staff/refusals/{number}")
    decider.post(f"/staff/refusals/{number}/decision", decision="decline")
    assert fund.gift(gift).state == "declined"
    (made,) = fund.refunds(gift)
    assert (made.state, made.reason, made.decision_no) == ("approved", "refused", number)
    fund.send(made.no)
    assert fund.gift(gift).state == "refunded"
    assert fund.occasions(gift) == ["gift.declined", "gift.refunded"]
    (mail,) = fund.mails("gift.declined")
    assert "法令に触れます" in mail[1]
    assert "6月1日に相談した" in fund.page(gift)
    assert "法令に触れます" in officer.get("/staff/refusals.csv")
    officer.get(f"/staff/refusals/{number}")
    fund.control(f"refunds/{fund.refunds(gift)[0].provider_id}", status="failed")
    fund.heal()
    assert fund.gift(gift).state == "declined"
    assert fund.broken() == []


def test_a_refusal_that_is_sent_back_leaves_the_gift(fund: Fund, decider: Visitor) -> None:
    gift = fund.paid(10_000)
    number = giving.propose_refusal(
        fund.house,
        by=fund.officer,
        now=fund.now,
        gift_no=gift,
        ground="other",
        reason="りゆう",
        course="けいか",
    )
    decider.get(f"/staff/refusals/{number}")
    decider.post(f"/staff/refusals/{number}/decision", 400, decision="send_back")
    decider.post(f"/staff/refusals/{number}/decision", decision="send_back", note="足りない")
    assert fund.gift(gift).state == "received"
    fund.accept(gift)
    assert fund.broken() == []


def test_pages_in_english(fund: Fund, officer: Visitor) -> None:
    gift = fund.accepted(10_000)
    number = fund.propose(gift, 4_000)
    refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=number)
    fund.send(number)
    pages = (
        "/en/staff/refunds",
        f"/en/staff/refunds/{number}",
        f"/en/staff/payments/{fund.payment(gift).no}/refund",
        "/en/staff/refusals",
        f"/en/staff/gifts/{gift}/refusal",
        f"/en/staff/gifts/{gift}/receipts",
    )
    for path in pages:
        officer.get(path)
    fund.page(gift, "/en")


def test_a_form_that_says_nothing_of_what_it_saw_proposes_nothing(
    fund: Fund, officer: Visitor
) -> None:
    payment = fund.payment(fund.paid(10_000)).no
    officer.get(f"/staff/payments/{payment}/refund")
    fields = {"yen": "100", "reason": "donor-request", "decision_no": "1号"}
    officer.post(f"/staff/payments/{payment}/refund", 409, **fields)
    officer.post(f"/staff/payments/{payment}/refund", 303, **fields, seen="10000")


def test_an_approval_sent_twice_leads_where_the_first_one_led(
    fund: Fund, officer: Visitor, treasurer: Visitor
) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 4_000)
    page = treasurer.get(f"/staff/refunds/{number}")
    sent = {
        "csrf_token": treasurer.token,
        "page": re.search(r'name="page" value="([^"]+)"', page)[1],
    }
    answers = [
        treasurer.client.post(f"/staff/refunds/{number}/approval", data=sent) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert fund.rows("SELECT count(*) FROM audit_trail WHERE act = 'refund.approved'") == [(1,)]


def test_a_batch_shows_what_would_be_accepted_and_only_that_is(
    fund: Fund, officer: Visitor, decider: Visitor
) -> None:
    gift = fund.paid(15_000)
    officer.get("/staff/acceptance")
    officer.post("/staff/acceptance", gift=gift, checklist=list(CODES))
    ((batch,),) = fund.rows("SELECT no FROM acceptance_batch")
    where = f"/staff/acceptance/{batch}"
    shown = decider.get(where)
    assert 'name="seen" value="15000"' in shown
    fund.refund(gift, 5_000)
    refused = decider.post(where, 409, decision="accept", seen="15000")
    assert "金額が変わりました" in refused
    assert fund.gift(gift).state == "received"
    shown = decider.get(where)
    assert "15,000円" not in shown
    assert "10,000円" in shown
    decider.post(where, decision="accept", seen="10000")
    assert fund.gift(gift).accepted_yen == 10_000
    assert "10,000円" in decider.get(where)
    assert fund.broken() == []
