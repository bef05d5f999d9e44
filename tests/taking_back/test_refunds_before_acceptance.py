"""Money that goes back before the ward has accepted the gift: everything is held."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import requests
from giving_books import HANAKO
from whole_fund import Fund

from fund.giving.domain import Wish
from fund.kernel.errors import Conflict, Forbidden, Invalid
from fund.kernel.money import Yen
from fund.payments import refunds, refunds_deliveries


def test_a_refund_by_two_people_leaves_through_the_provider(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.refund(gift, 10_000)
    (made,) = fund.refunds(gift)
    assert (made.no, made.state, made.origin, made.yen) == (number, "succeeded", "asked", 10_000)
    assert fund.gift(gift).state == "refunded"
    assert fund.kinds(gift) == ["payment.received", "payment.returned"]
    assert fund.balances() == {}
    assert fund.occasions(gift) == ["gift.refunded"]
    # the provider's own event about the same refund changes nothing
    fund.heal()
    fund.heal()
    assert len(fund.refunds(gift)) == 1
    assert fund.kinds(gift) == ["payment.received", "payment.returned"]
    assert fund.broken() == []


def test_a_refund_in_the_dashboard_is_booked_as_external(fund: Fund) -> None:
    gift = fund.paid(10_000)
    fund.dashboard_refund(gift, amount=4_000)
    fund.heal()
    (made,) = fund.refunds(gift)
    assert (made.origin, made.state, made.yen) == ("external", "succeeded", 4_000)
    assert made.wants_a_look
    refunds.look_at(fund.house, by=fund.officer, now=fund.now, refund_no=made.no)
    assert not fund.refunds(gift)[0].wants_a_look
    assert fund.gift(gift).state == "received"
    assert (fund.gift(gift).net_yen, fund.held()) == (6_000, 6_000)
    assert fund.broken() == []


def test_two_equal_partial_refunds_are_two(fund: Fund) -> None:
    gift = fund.paid(10_000)
    fund.dashboard_refund(gift, amount=3_000)
    fund.dashboard_refund(gift, amount=3_000)
    fund.heal()
    assert [(one.yen, one.state) for one in fund.refunds(gift)] == [(3_000, "succeeded")] * 2
    assert fund.held() == 4_000
    assert fund.broken() == []


def test_a_refund_known_before_its_payment(fund: Fund) -> None:
    gift = fund.offered(10_000)
    fund.pay(gift)
    session = fund.payment(gift).session_id
    (found,) = [one for one in _sessions(fund) if one["id"] == session]
    fund.control("refunds", payment_intent=found["payment_intent"])
    fund.heal()
    assert fund.gift(gift).state == "refunded"
    assert fund.kinds(gift) == ["payment.received", "payment.returned"]
    assert fund.broken() == []


def _sessions(fund: Fund) -> list[dict[str, object]]:
    return list(requests.get(f"{fund.sandbox.url}/_sandbox/sessions", timeout=10).json())


def test_a_refund_that_fails_comes_back(fund: Fund) -> None:
    gift = fund.paid(10_000)
    fund.refund(gift, 10_000)
    (made,) = fund.refunds(gift)
    fund.control(f"refunds/{made.provider_id}", status="failed", reason="lost_or_stolen_card")
    fund.heal()
    (made,) = fund.refunds(gift)
    assert (made.state, made.failure) == ("failed", "lost_or_stolen_card")
    assert made.came_back_on is not None
    assert made.wants_a_look
    assert fund.gift(gift).state == "received"
    assert fund.held() == 10_000
    assert fund.kinds(gift) == ["payment.received", "payment.returned", "payment.reinstated"]
    assert fund.occasions(gift) == ["gift.refunded", "gift.refund-failed"]
    assert fund.broken() == []
    # and it may be tried again
    fund.refund(gift, 10_000)
    assert fund.gift(gift).state == "refunded"
    assert fund.broken() == []


def test_a_refund_first_seen_after_it_failed_books_both_movements(fund: Fund) -> None:
    gift = fund.paid(10_000)
    made = fund.dashboard_refund(gift)
    fund.control(f"refunds/{made['id']}", status="failed")
    fund.heal()
    (known,) = fund.refunds(gift)
    assert (known.state, known.left_on) == ("failed", known.came_back_on)
    assert fund.kinds(gift) == ["payment.received", "payment.returned", "payment.reinstated"]
    assert fund.gift(gift).state == "received"
    assert fund.broken() == []


def test_a_konbini_refund_asks_the_payer_for_an_account(fund: Fund) -> None:
    gift = fund.paid(10_000, "konbini")
    fund.refund(gift, 10_000)
    (made,) = fund.refunds(gift)
    assert made.state == "requires_action"
    (mail,) = fund.mails("gift.refunded")
    assert "振込先の口座をうかがうメール" in mail[1]
    fund.control(f"refunds/{made.provider_id}", status="succeeded")
    fund.heal()
    assert fund.refunds(gift)[0].state == "succeeded"
    assert fund.gift(gift).state == "refunded"
    assert fund.broken() == []


def test_offline_money_is_paid_back_by_the_treasurer(fund: Fund) -> None:
    gift = fund.paid(10_000, "counter")
    number = fund.propose(gift, 4_000)
    refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=number)
    with pytest.raises(Forbidden):
        refunds.mark_paid(
            fund.house,
            by=fund.officer,
            now=fund.now,
            refund_no=number,
            source="bank",
            on=fund.today,
        )
    refunds.mark_paid(
        fund.house,
        by=fund.treasurer,
        now=fund.now,
        refund_no=number,
        source="counter",
        on=fund.today,
    )
    assert fund.balance("assets:clearing:counter") == 6_000
    rest = fund.propose(gift, 6_000)
    refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=rest)
    refunds.mark_paid(
        fund.house, by=fund.treasurer, now=fund.now, refund_no=rest, source="bank", on=fund.today
    )
    assert fund.balances() == {"assets:clearing:counter": 6_000, "assets:bank": -6_000}
    assert fund.gift(gift).state == "refunded"
    assert fund.broken() == []


def test_more_cash_than_there_is_cannot_be_handed_back(fund: Fund) -> None:
    gift = fund.paid(10_000, "bank")
    number = fund.propose(gift, 10_000)
    refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=number)
    with pytest.raises(Invalid) as refusal:
        refunds.mark_paid(
            fund.house,
            by=fund.treasurer,
            now=fund.now,
            refund_no=number,
            source="counter",
            on=fund.today,
        )
    assert "source" in refusal.value.fields


def test_what_is_asked_must_be_left_seen_and_explained(fund: Fund) -> None:
    gift = fund.paid(10_000)
    with pytest.raises(Invalid) as refusal:
        fund.propose(gift, 10_001, reason="whim", decision_no=" ")
    assert set(refusal.value.fields) == {"yen", "reason", "decision_no"}
    fund.propose(gift, 4_000)
    with pytest.raises(Conflict, match="先に入りました"):
        fund.propose(gift, 4_000, seen=Yen(10_000))
    with pytest.raises(Invalid):
        fund.propose(gift, 6_001)


def test_the_same_person_does_not_approve(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 4_000)
    with pytest.raises(Forbidden):
        refunds.approve_refund(fund.house, by=fund.officer, now=fund.now, refund_no=number)
    refunds.reject_refund(
        fund.house, by=fund.decider, now=fund.now, refund_no=number, reason="まちがい"
    )
    with pytest.raises(Conflict):
        refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=number)
    assert fund.held() == 10_000


def test_a_plan_that_the_dashboard_overtook_is_given_up(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 8_000)
    fund.dashboard_refund(gift, amount=5_000)
    fund.heal()
    states = {one.no: one.state for one in fund.refunds(gift)}
    assert states[number] == "canceled"
    assert fund.held() == 5_000
    assert fund.broken() == []


def test_the_provider_says_no(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 10_000)
    refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=number)
    fund.dashboard_refund(gift)
    fund.send(number)
    (ours,) = fund.refunds(gift)
    assert (ours.state, ours.failure) == ("failed", "charge_already_refunded")
    fund.heal()
    assert fund.gift(gift).state == "refunded"
    assert fund.broken() == []


def test_a_lost_answer_does_not_refund_twice(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 4_000)
    refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=number)
    fund.control(
        "failures", fail_next=[{"path": "/v1/refunds", "status": 0, "times": 3, "when": "after"}]
    )
    with pytest.raises(Exception, match="決済会社"):
        fund.send(number)
    fund.control("failures", clear=True)
    fund.send(number)
    fund.send(number)
    (made,) = fund.refunds(gift)
    assert made.state == "succeeded"
    assert fund.held() == 6_000
    assert fund.broken() == []


def test_a_refund_whose_task_was_lost_is_sent_by_the_clock(fund: Fund) -> None:
    gift = fund.paid(10_000)
    number = fund.propose(gift, 4_000)
    refunds.approve_refund(fund.house, by=fund.decider, now=fund.now, refund_no=number)
    refunds_deliveries.resend_refunds(fund.house, now=fund.now)
    assert fund.refunds(gift)[0].state == "approved"
    later = fund.now + dt.timedelta(minutes=11)
    refunds_deliveries.resend_refunds(fund.house, now=later)
    refunds_deliveries.resend_refunds(fund.house, now=later)
    assert fund.refunds(gift)[0].state == "succeeded"
    assert fund.held() == 6_000
    assert fund.broken() == []


def test_a_gift_that_lost_a_part_is_accepted_over_the_rest(fund: Fund) -> None:
    gift = fund.paid(10_000, wish=Wish("group", fund.group, "anywhere"))
    kept = fund.gift(gift).shares[-1]
    assert kept.part == "kept"
    fund.refund(gift, int(kept.yen) + 500)
    fund.accept(gift)
    view = fund.gift(gift)
    assert (view.accepted_yen, view.net_yen) == (10_000 - kept.yen - 500,) * 2
    assert fund.balance(f"fund:group:{fund.group}") == view.net_yen
    (payload,) = fund.rows("SELECT convert_from(payload, 'UTF8')::jsonb->>'yen' FROM receipt")[0]
    assert int(payload) == view.net_yen
    assert fund.broken() == []


def paid_twice(fund: Fund) -> str:
    """A gift paid by card (attempt 1), and afterwards by the voucher the donor held (attempt 0)."""
    gift = fund.offered(10_000, "konbini")
    fund.pay(gift, method="konbini")
    fund.heal()
    fund.again(gift, "card")
    fund.pay(gift)
    fund.heal()
    fund.pass_time(minutes=1)
    fund.control(f"konbini/{fund.payments(gift)[0].session_id}/pay")
    fund.heal()
    assert fund.held() == 20_000
    return gift


def own_payment(fund: Fund, gift: str) -> tuple[str, bool]:
    """The payment whose money a gift is, and whether it counts as extra."""
    sql = "SELECT paid_by, extra FROM gift JOIN payment ON payment.no = paid_by WHERE gift.no = %s"
    return tuple(fund.rows(sql, gift)[0])  # type: ignore[return-value]


def test_a_second_payment_takes_the_place_of_the_first(fund: Fund) -> None:
    gift = paid_twice(fund)
    voucher, card = fund.payments(gift)
    assert own_payment(fund, gift) == (card.no, False)
    fund.refund(gift, 10_000, 1)
    assert own_payment(fund, gift) == (voucher.no, False)
    assert (fund.gift(gift).state, fund.gift(gift).method) == ("received", "konbini")
    fund.accept(gift)
    assert fund.held() == 0
    assert fund.broken() == []


def test_news_of_the_second_payment_after_the_first_went_back(fund: Fund) -> None:
    gift = fund.offered(10_000, "konbini")
    fund.pay(gift, method="konbini")
    fund.heal()
    fund.again(gift, "card")
    fund.pay(gift)
    fund.heal()
    fund.refund(gift, 10_000, 1)
    assert fund.gift(gift).state == "refunded"
    fund.control(f"konbini/{fund.payments(gift)[0].session_id}/pay")
    fund.heal()
    assert fund.gift(gift).state == "received"
    assert own_payment(fund, gift) == (fund.payments(gift)[0].no, False)
    assert fund.broken() == []


def test_an_extra_payment_goes_back_and_the_gift_stays(fund: Fund) -> None:
    gift = paid_twice(fund)
    fund.accept(gift)
    assert "お支払いが重ねて届いています" in fund.page(gift)
    fund.refund(gift, 10_000, 0)
    assert "お支払いが重ねて届いています" not in fund.page(gift)
    assert fund.gift(gift).state == "accepted"
    assert fund.held() == 0
    assert fund.kinds(gift)[-1] == "payment.returned"
    assert fund.broken() == []


def test_after_the_acceptance_too_the_gift_survives_the_wrong_one_of_two(fund: Fund) -> None:
    gift = paid_twice(fund)
    fund.accept(gift)
    fund.dashboard_refund(gift, 1)
    fund.heal()
    assert (fund.gift(gift).state, fund.gift(gift).net_yen) == ("accepted", 10_000)
    assert fund.held() == 0
    assert fund.broken() == []


def test_money_from_before_the_acceptance_that_comes_back_after_it_is_held(fund: Fund) -> None:
    gift = fund.paid(10_000)
    fund.refund(gift, 4_000)
    fund.accept(gift)
    fund.control(f"refunds/{fund.refunds(gift)[0].provider_id}", status="failed")
    fund.heal()
    assert (fund.held(), fund.balance("fund:general")) == (4_000, 6_000)
    # and goes back from where it is held, before the fund gives anything
    fund.refund(gift, 5_000)
    assert (fund.held(), fund.balance("fund:general")) == (0, 5_000)
    assert fund.gift(gift).net_yen == 5_000
    assert fund.broken() == []


def test_every_mail_to_an_organisation_begins_as_letters_to_organisations_do(fund: Fund) -> None:
    fund.donor = replace(
        HANAKO, kind="organisation", family_name="", given_name="",
        single_name="株式会社見本商事", contact_person="見本 太郎",
    )  # fmt: skip
    gift = fund.accepted(10_000)
    fund.refund(gift, 4_000)
    number = fund.dispute(gift)
    fund.control(f"disputes/{number}/close", outcome="lost")
    fund.heal()
    written = fund.rows("SELECT occasion, body_text, body_html FROM mail ORDER BY id")
    assert {row[0] for row in written} >= {
        "gift.received", "gift.accepted", "gift.refunded", "gift.disputed", "gift.dispute-lost",
    }  # fmt: skip
    said = {occasion: text for occasion, text, _html in written}
    assert "お返しする金額　4,000円" in said["gift.refunded"]
    assert "受付番号　　　　G-" in said["gift.refunded"]
    for occasion, text, html in written:
        assert text.startswith("株式会社見本商事 御中\n"), occasion
        assert "<p>株式会社見本商事 御中</p>" in html, occasion
        assert "様\n" not in text, occasion
