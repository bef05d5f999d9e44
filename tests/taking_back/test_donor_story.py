"""The donor's page tells, in sentences, where every yen is and why, in both languages."""

from __future__ import annotations

import html
import re

import pytest
from award_books import Visitor
from test_donor_accounts import LATER
from whole_fund import Fund

from fund.allocation.terms import open_fallbacks
from fund.app import create_app
from fund.giving.commands.refusals import decide_refusal, propose_refusal
from fund.giving.domain import Wish
from fund.giving.store_donors import link_secret
from fund.grants import commands as grants
from fund.grants.domain import Change
from fund.kernel.money import Yen


@pytest.fixture
def page(fund: Fund):
    client = create_app(fund.house).test_client()

    def read(gift: str, prefix: str = "") -> str:
        with fund.house.database.reading() as connection:
            secret = link_secret(connection, fund.house.settings.secret_key, gift)
        answer = Visitor(client, prefix).get(f"/d/{secret}")
        assert answer.status_code == 200
        return html.unescape(answer.get_data(as_text=True))

    return read


def amounts(page: str) -> list[int]:
    """The yen at the head of each part."""
    found = re.findall(r'class="part-yen"><strong class="big">[¥]?([0-9,]+)', page)
    return [int(amount.replace(",", "")) for amount in found]


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_before_the_acceptance_nothing_is_divided(fund: Fund, page) -> None:
    assert amounts(page(fund.paid(10_000, "bank"))) == []


def test_a_gift_on_its_whole_way(fund: Fund, page) -> None:
    gift = fund.accepted(10_000, "bank", Wish("group", fund.group, "anywhere"))
    text = plain(page(gift))
    assert sum(amounts(page(gift))) == 10_000
    assert "使える助成が、まだ決まっていません" in text
    assert "そのあとは、選んでいただいたとおり基金全体のために使います" in text
    award = fund.award(6_000)
    assert "使える助成があり、次の配分で割り当てられます" in plain(page(gift))
    fund.allocate()
    text = plain(page(gift))
    assert sorted(amounts(page(gift))) != [10_000]
    assert sum(amounts(page(gift))) == 10_000
    assert "この団体のためにとのご希望だったからです" in text
    assert "まだ団体には渡していません" in text
    assert "使える助成は、いまはすべて必要な額に届いています" in text
    fund.disburse(award, 6_000)
    assert "いままでに6,000円を団体に渡しました" in plain(page(gift))
    grants.confirm_settlement(
        fund.house, by=fund.officer, now=fund.now, award_no=award,
        spent=Yen(5_000), returned=Yen(1_000), report="ひらいた",
    )  # fmt: skip
    text = plain(page(gift))
    assert "6,000円のうち5,000円を使い、1,000円を返しました" in text
    assert "そのうち1,000円は、あなたの寄附にもどりました" in text
    assert sum(amounts(page(gift))) == 10_000
    english = plain(page(gift, "/en"))
    assert "the group used" in english
    assert "came back to your gift" in english
    assert sum(amounts(page(gift, "/en"))) == 10_000


def test_a_refund_a_cancelled_award_and_a_term_are_told(fund: Fund, page) -> None:
    gift = fund.accepted(10_000, "bank", Wish("group", fund.group, "anywhere"))
    award = fund.award(6_000)
    fund.allocate()
    number = grants.propose_change(
        fund.house, by=fund.officer, now=fund.now, award_no=award,
        change=Change("cancelled", Yen(0), "group-withdrew", "代表が交代した"),
    )  # fmt: skip
    grants.decide_change(
        fund.house, by=fund.decider, now=fund.now, change_no=number, decision_no="8協第9号"
    )
    assert "に使うと決まりました" not in plain(page(gift))
    assert sum(amounts(page(gift))) == 10_000
    open_fallbacks(fund.house, now=fund.now + LATER)
    text = plain(page(gift))
    assert "使いみちが変わりました。理由：団体の助成が減額または取り消しになった" in text
    assert "the group's award was made smaller or cancelled" in plain(page(gift, "/en"))
    assert sum(amounts(page(gift))) == 10_000


def steps(page: str) -> list[str]:
    """The timeline's steps as they are read: title and how far it has come."""
    listed = re.search(r'<ol class="timeline">.*?</ol>', page, re.DOTALL)
    assert listed
    return [
        plain(one) for one in re.findall(r'<p class="time-title">.*?</p>', listed[0], re.DOTALL)
    ]


def test_the_way_of_a_gift_that_went_back_ends_there(fund: Fund, page) -> None:
    gift = fund.accepted(10_000)
    fund.refund(gift, 10_000)
    shown = page(gift)
    assert steps(shown) == ["申し込み 済み", "入金 済み", "採納 済み", "お返し 済み"]
    assert "採納）を決めたあと、このページから受け取れます" not in plain(shown)
    assert steps(page(gift, "/en"))[-1] == "Given back Done"


def test_a_lost_dispute_ends_the_way_too_and_a_part_given_back_does_not(fund: Fund, page) -> None:
    lost = fund.accepted(10_000)
    number = fund.dispute(lost)
    fund.control(f"disputes/{number}/close", outcome="lost")
    fund.heal()
    assert steps(page(lost))[-1] == "お返し 済み"
    partly = fund.paid(10_000)
    fund.refund(partly, 4_000)
    assert "採納 いまここ" in steps(page(partly))
    assert "お返し 済み" not in steps(page(partly))


def test_the_way_of_a_gift_that_was_not_accepted_says_so(fund: Fund, page) -> None:
    gift = fund.paid(10_000)
    number = propose_refusal(
        fund.house, by=fund.officer, now=fund.now, gift_no=gift,
        ground="law", reason="法令に触れます", course="6月1日に相談した",
    )  # fmt: skip
    decide_refusal(fund.house, by=fund.decider, now=fund.now, refusal_no=number, decline=True)
    refused = ["申し込み 済み", "入金 済み", "受け取らない決定 済み"]
    assert steps(page(gift)) == [*refused, "お返し いまここ"]
    fund.send(fund.refunds(gift)[0].no)
    assert steps(page(gift)) == [*refused, "お返し 済み"]
    assert "採納）を決めたあと、このページから受け取れます" not in plain(page(gift))
