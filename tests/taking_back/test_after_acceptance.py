"""Rule R9: money that goes back when it is the fund's already, allocated or paid out."""

from __future__ import annotations

import json

import pytest
from whole_fund import Fund

from fund.allocation.queries import lines_of_gift
from fund.desk.state import state_lines
from fund.grants import commands as grants
from fund.kernel.money import Yen
from fund.publication.queries import origin_of_award
from fund.receipts.queries import receipt_of, receipts_of


def receipts(fund: Fund, gift: str) -> list[tuple[str, int, str | None]]:
    """(state, yen, replaces) of every receipt of a gift."""
    with fund.house.database.reading() as connection:
        found = receipts_of(connection, gift)
        valid = receipt_of(connection, gift)
    assert [one.no for one in found if one.state == "valid"] == ([valid.no] if valid else [])
    return [(one.state, int(str(one.content["yen"])), one.replaces) for one in found]


def standing(fund: Fund, gift: str) -> int:
    """Yen of a gift's allocation lines that stand."""
    with fund.house.database.reading() as connection:
        return sum(line.standing for line in lines_of_gift(connection, gift))


def origin(fund: Fund, award: str) -> tuple[int, int]:
    """How many gifts stand behind an award in public, and with how many yen."""
    fund.publish()
    with fund.house.database.reading() as connection:
        found = origin_of_award(connection, award)
    return found.gifts, int(found.yen)


def told(fund: Fund, kind: str) -> list[str]:
    """What ``fund state`` prints of one kind of thing."""
    with fund.house.database.reading() as connection:
        return [line for line in state_lines(connection) if line.startswith(f"{kind} ")]


def award_state(fund: Fund, award: str) -> str:
    ((state,),) = fund.rows("SELECT state FROM award WHERE no = %s", award)
    return str(state)


def words(fund: Fund) -> tuple[int, int, int, int]:
    """入った, 決まった, 渡した, のこり, as the public log adds up."""
    fund.publish()
    row = fund.rows(
        "SELECT sum(in_yen), sum(committed_yen), sum(out_yen), sum(left_yen) FROM public_entry"
    )[0]
    return tuple(int(yen) for yen in row)  # type: ignore[return-value]


def test_unspent_yen_leave_their_pot(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    fund.refund(gift, 4_000)
    assert fund.gift(gift).state == "accepted"
    assert fund.balances() == {"assets:clearing:stripe": 6_000, "fund:general": 6_000}
    assert words(fund) == (6_000, 0, 0, 6_000)
    (old, new) = receipts(fund, gift)
    assert old[:2] == ("void", 10_000)
    assert (new[0], new[1]) == ("valid", 6_000)
    assert new[2] is not None
    fund.refund(gift, 6_000)
    assert fund.gift(gift).state == "refunded"
    assert [state for state, _, _ in receipts(fund, gift)] == ["void", "void"]
    assert fund.balances() == {}
    assert fund.occasions(gift) == ["gift.refunded", "gift.refunded"]
    assert fund.broken() == []


def test_a_refund_that_fails_gives_gift_pot_and_receipt_back(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    fund.refund(gift, 10_000)
    assert fund.gift(gift).state == "refunded"
    fund.control(f"refunds/{fund.refunds(gift)[0].provider_id}", status="failed")
    fund.heal()
    assert fund.gift(gift).state == "accepted"
    assert fund.balance("fund:general") == 10_000
    assert words(fund) == (10_000, 0, 0, 10_000)
    assert [(state, yen) for state, yen, _ in receipts(fund, gift)] == [
        ("void", 10_000),
        ("valid", 10_000),
    ]
    assert fund.kinds(gift)[-2:] == ["donation.refunded", "entry.reversed"]
    assert fund.broken() == []


def test_allocated_yen_leave_the_award_and_the_next_run_refills_it(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(8_000)
    fund.allocate()
    fund.refund(gift, 7_000)
    # two thousand were unspent, five thousand leave the award that was not paid yet
    assert fund.balance("fund:general") == 0
    assert fund.balance(f"committed:{award}") == 3_000
    assert standing(fund, gift) == 3_000
    assert words(fund) == (3_000, 3_000, 0, 0)
    assert origin(fund, award) == (1, 3_000)
    assert told(fund, "award") == [f"award {award} {award_state(fund, award)} 8000 3000"]
    other = fund.accepted(20_000)
    fund.allocate()
    assert origin(fund, award) == (2, 8_000)
    assert fund.balance(f"committed:{award}") == 8_000
    assert standing(fund, other) == 5_000
    assert fund.broken() == []


def test_paid_yen_stay_with_the_group_and_the_ward_stands_in(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.disburse(award, 7_000)
    fund.refund(gift, 10_000)
    assert fund.balance(f"committed:{award}") == 0
    assert fund.balance("assets:due-from-ward") == 7_000
    assert fund.gift(gift).state == "refunded"
    assert words(fund) == (0, 0, 7_000, 0)
    ((state,),) = fund.rows("SELECT state FROM award WHERE no = %s", award)
    assert state == "disbursed"
    assert fund.broken() == []


def test_an_instalment_that_is_asked_for_counts_as_paid(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.ask(award, 6_000)
    fund.refund(gift, 10_000)
    assert fund.balance(f"committed:{award}") == 6_000
    assert fund.balance("assets:due-from-ward") == 6_000
    assert fund.broken() == []


def test_a_failed_refund_finds_its_place_filled_and_waits_in_the_pot(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.refund(gift, 10_000)
    fund.accepted(10_000)
    fund.allocate()
    assert fund.balance(f"committed:{award}") == 10_000
    fund.control(f"refunds/{fund.refunds(gift)[0].provider_id}", status="failed")
    fund.heal()
    assert fund.balance(f"committed:{award}") == 10_000
    assert fund.balance("fund:general") == 10_000
    assert (standing(fund, gift), fund.gift(gift).state) == (0, "allocated")
    assert words(fund) == (20_000, 10_000, 0, 10_000)
    assert fund.broken() == []


def test_a_failed_refund_pays_the_wards_debt_back(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.disburse(award, 7_000)
    fund.refund(gift, 10_000)
    fund.control(f"refunds/{fund.refunds(gift)[0].provider_id}", status="failed")
    fund.heal()
    assert fund.balance("assets:due-from-ward") == 0
    assert fund.balance(f"committed:{award}") == 3_000
    assert standing(fund, gift) == 10_000
    ((state,),) = fund.rows("SELECT state FROM award WHERE no = %s", award)
    assert state == "decided"
    assert words(fund) == (10_000, 3_000, 7_000, 0)
    assert fund.broken() == []


def test_a_drafted_run_notices_that_money_went_back(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    fund.award(8_000)
    run = fund.draft()
    fund.refund(gift, 5_000)
    with pytest.raises(Exception, match="案を作ったあとに変わりました"):
        fund.approve(run)
    assert fund.broken() == []


def test_money_a_group_returns_goes_to_the_ward_where_the_donor_has_his(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(10_000)
    fund.allocate()
    fund.disburse(award, 10_000)
    fund.refund(gift, 4_000)
    assert fund.balance("assets:due-from-ward") == 4_000
    grants.confirm_settlement(
        fund.house,
        by=fund.officer,
        now=fund.now,
        award_no=award,
        spent=Yen(3_000),
        returned=Yen(7_000),
        report="半分だけ使いました",
    )
    assert fund.balance("assets:due-from-ward") == 0
    assert fund.balance("fund:general") == 3_000
    assert fund.broken() == []
    fund.refund(gift, 6_000)
    # three thousand had come back to the pot, the other three the group has spent
    assert fund.balance("fund:general") == 0
    assert fund.balance("assets:due-from-ward") == 3_000
    assert fund.broken() == []


def test_the_public_log_tells_which_lines_were_taken_back(fund: Fund) -> None:
    gift = fund.accepted(10_000)
    award = fund.award(8_000)
    run = fund.allocate()
    fund.refund(gift, 7_000)
    fund.publish()
    (body, on, groups) = fund.rows(
        "SELECT body, on_text, groups FROM public_entry WHERE kind = 'donation.refunded'"
    )[0]
    told = json.loads(bytes(body))
    assert told["lots"] == [{"share": f"{gift}/1", "yen": 2_000}]
    assert told["lines"] == [
        {
            "award": award,
            "from": "committed",
            "line": f"{run}#1",
            "share": f"{gift}/1",
            "yen": 5_000,
        }
    ]
    assert (told["reason"], len(on), groups) == ("mistake", 7, [fund.group])
