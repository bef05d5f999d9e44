"""From the bank's line to the gift: certain, likely, by hand, split, and taken back."""

from __future__ import annotations

import pytest
from bank_books import (
    DAY,
    LATER,
    bank_lines,
    broken,
    open_lines,
    state_of,
    take_in,
    waiting_gift,
)
from giving_books import ALL_CHECKED, received, rows

from fund.giving.bank_matching import commands as matching
from fund.giving.bank_matching import queries as desk
from fund.giving.bank_matching.commands import Choice
from fund.giving.commands import decide_acceptance, propose_acceptance
from fund.kernel.actor import Actor
from fund.kernel.errors import Conflict, Invalid, NotFound
from fund.kernel.money import Yen
from fund.ledger import accounts, facts, journal
from fund.ledger import queries as ledger
from fund.payments.bank import queries as bank
from fund.platform.house import House
from fund.publication.commands import append_pending


def matches(house: House, line_id: int) -> list[bank.MatchView]:
    with house.database.reading() as connection:
        return bank.matches_of(connection, line_id)


def balance(house: House, account: str) -> int:
    with house.database.reading() as connection:
        return int(ledger.balance(connection, account))


def matched(house: House) -> bank.BankMatch:
    with house.database.reading() as connection:
        found = bank.bank_matched(connection)
    assert found is not None
    return found


def test_name_and_amount_book_a_waiting_gift_at_once(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    gift = waiting_gift(house, 1, "ヤマダ ハナコ")
    other = waiting_gift(house, 2, "サトウ イチロウ")
    _, found = take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ")))
    assert found.matched == 1
    assert state_of(app_dsn, gift) == "received"
    assert state_of(app_dsn, other) == "awaiting_payment"
    assert open_lines(house) == []
    assert rows(app_dsn, "SELECT received_on, method FROM gift WHERE no = %s", gift) == [
        (DAY, "bank")
    ]
    here = matched(house)
    assert (here.statement, here.ledger, here.open_items, here.equal) == (10_000, 10_000, 0, True)
    assert broken(house) == []


def test_the_gift_number_before_the_name_is_enough(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    gift = waiting_gift(house, 1, "ヤマダ ハナコ")
    twin = waiting_gift(house, 2, "ヤマダ ハナコ")
    _, found = take_in(house, treasurer, bank_lines((10_000, f"{twin.removeprefix('G-')} ｷﾀ ｼﾞﾛｳ")))
    assert found.matched == 1
    assert state_of(app_dsn, twin) == "received"
    assert state_of(app_dsn, gift) == "awaiting_payment"


def test_two_possible_gifts_for_one_line_are_left_to_a_person(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    gifts = [waiting_gift(house, number, "ヤマダ ハナコ") for number in (1, 2)]
    _, found = take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ")))
    assert found.matched == 0
    (line,) = open_lines(house)
    with house.database.reading() as connection:
        offered = desk.offers(connection, [line])[line.id]
    assert {offer.expected.gift_no for offer in offered} == set(gifts)
    assert all(offer.enough and offer.proposal.level == "B" for offer in offered)
    refused = matching.confirm(
        house, by=treasurer, now=LATER, choices=[Choice(line.id, ("gift", gifts[1]))]
    )
    assert refused == {}
    assert [state_of(app_dsn, gift) for gift in gifts] == ["awaiting_payment", "received"]
    assert [match.level for match in matches(house, line.id)] == ["B"]
    again = matching.confirm(
        house, by=treasurer, now=LATER, choices=[Choice(line.id, ("gift", gifts[0]))]
    )
    assert again == {line.id: "明細の金額が寄附の金額に足りません"}


def test_as_many_lines_as_gifts_of_one_person_are_certain(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    gifts = [waiting_gift(house, number, "ヤマダ ハナコ") for number in (1, 2)]
    _, found = take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ"), (10_000, "ﾔﾏﾀﾞ ﾊﾅｺ")))
    assert found.matched == 2
    assert {state_of(app_dsn, gift) for gift in gifts} == {"received"}


def test_a_similar_name_is_proposed_and_an_unknown_one_is_not(
    house: House, treasurer: Actor
) -> None:
    gift = waiting_gift(house, 1, "ヤマダ ハナコ")
    take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀ ﾊﾅｺ"), (10_000, "ｽｽﾞｷ ﾀﾛｳ")))
    first, second = open_lines(house)
    with house.database.reading() as connection:
        offered = desk.offers(connection, [first, second])
    assert [(o.proposal.why, o.expected.gift_no) for o in offered[first.id]] == [("similar", gift)]
    assert second.id not in offered


def test_one_line_over_two_facts_and_two_lines_for_one(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    one = waiting_gift(house, 1, "ヤマダ ハナコ", 6_000)
    two = waiting_gift(house, 2, "ヤマダ タロウ", 4_500)
    three = waiting_gift(house, 3, "キタ ジロウ", 9_000)
    take_in(
        house,
        treasurer,
        bank_lines((11_000, "ﾔﾏﾀﾞｹ"), (5_000, "ｷﾀ ｼﾞﾛｳ"), (4_000, "ｷﾀ ｼﾞﾛｳ")),
    )
    family, part, rest = open_lines(house)
    for gift in (one, two):
        matching.match_by_hand(
            house, by=treasurer, now=LATER, line_ids=[family.id], fact=("gift", gift)
        )
    matching.match_by_hand(
        house, by=treasurer, now=LATER, line_ids=[part.id, rest.id], fact=("gift", three)
    )
    assert {state_of(app_dsn, gift) for gift in (one, two, three)} == {"received"}
    (left,) = open_lines(house)
    assert (left.id, left.open) == (family.id, 500)
    assert broken(house) == []
    here = matched(house)
    assert here.open_items == 1
    assert here.statement - here.ledger == 500
    assert here.explained
    matching.ignore_line(house, by=treasurer, now=LATER, line_id=family.id, reason="返す予定の差額")
    assert matched(house).ignored == 500
    assert matched(house).explained
    assert open_lines(house) == []


def test_undoing_one_of_two_lines_undoes_the_whole_booking(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    gift = waiting_gift(house, 3, "キタ ジロウ", 9_000)
    take_in(house, treasurer, bank_lines((5_000, "ｷﾀ ｼﾞﾛｳ"), (4_000, "ｷﾀ ｼﾞﾛｳ")))
    part, rest = open_lines(house)
    matching.match_by_hand(
        house, by=treasurer, now=LATER, line_ids=[part.id, rest.id], fact=("gift", gift)
    )
    (match,) = matches(house, part.id)
    matching.unmatch(house, by=treasurer, now=LATER, match_id=match.id, reason="別の人でした")
    assert {line.open for line in open_lines(house)} == {5_000, 4_000}
    assert state_of(app_dsn, gift) == "awaiting_payment"
    assert balance(house, accounts.BANK) == balance(house, accounts.HELD) == 0
    assert broken(house) == []


def test_a_match_taken_back_reverses_the_booking_and_the_gift_waits_again(
    house: House, treasurer: Actor, decider: Actor, app_dsn: str
) -> None:
    gift = waiting_gift(house, 1, "ヤマダ ハナコ")
    take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ")))
    line_id = int(str(rows(app_dsn, "SELECT id FROM bank_line")[0][0]))
    (match,) = matches(house, line_id)
    assert (match.level, match.booked, match.gift_no) == ("A", True, gift)
    with pytest.raises(Invalid):
        matching.unmatch(house, by=treasurer, now=LATER, match_id=match.id, reason=" ")
    matching.unmatch(house, by=treasurer, now=LATER, match_id=match.id, reason="同姓同名の別人")
    assert state_of(app_dsn, gift) == "awaiting_payment"
    (undone,) = matches(house, line_id)
    assert (undone.undone_reason, undone.undone_by) == ("同姓同名の別人", treasurer.label)
    assert balance(house, accounts.BANK) == 0
    kinds = rows(
        app_dsn, "SELECT kind, reverses IS NOT NULL, reason FROM journal_entry ORDER BY id"
    )
    assert kinds == [("payment.received", False, None), ("entry.reversed", True, "mistake")]
    with pytest.raises(Conflict):
        matching.unmatch(house, by=treasurer, now=LATER, match_id=match.id, reason="もう一度")
    assert broken(house) == []


def test_after_a_match_taken_back_the_gift_lives_on(
    house: House, treasurer: Actor, decider: Actor, app_dsn: str
) -> None:
    gift = waiting_gift(house, 1, "ヤマダ ハナコ")
    take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ")))
    line_id = int(str(rows(app_dsn, "SELECT id FROM bank_line")[0][0]))
    (match,) = matches(house, line_id)
    matching.unmatch(house, by=treasurer, now=LATER, match_id=match.id, reason="念のため")
    matching.match_by_hand(house, by=treasurer, now=LATER, line_ids=[line_id], fact=("gift", gift))
    assert state_of(app_dsn, gift) == "received"
    batch = propose_acceptance(
        house, by=treasurer, now=LATER, gift_nos=[gift], checklist=ALL_CHECKED
    )
    standing = matches(house, line_id)[-1]
    with pytest.raises(Conflict, match="起案に入っています"):
        matching.unmatch(house, by=treasurer, now=LATER, match_id=standing.id, reason="やはり")
    decide_acceptance(house, by=decider, now=LATER, batch_no=batch, accept=True)
    with pytest.raises(Conflict, match="返金の手続き"):
        matching.unmatch(house, by=treasurer, now=LATER, match_id=standing.id, reason="やはり")
    assert broken(house) == []
    while append_pending(house, by=treasurer, now=LATER):
        pass
    # The mistake and its mirror were never anybody's gift: the public reads one payment.
    public = rows(app_dsn, "SELECT kind FROM public_entry ORDER BY no")
    assert public == [("payments.received",), ("donation.received",)]
    assert broken(house) == []


def test_booked_money_is_matched_without_moving_any(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    received(house, treasurer, 1, 7_000)
    received(house, treasurer, 2, 5_000)
    take_in(house, treasurer, bank_lines((12_000, "")))
    (line,) = open_lines(house)
    with pytest.raises(Conflict, match="残っている金額より多い"):
        matching.book_line(house, by=treasurer, now=LATER, line_id=line.id, what="fee_reimbursed")
    matching.book_line(house, by=treasurer, now=LATER, line_id=line.id, what="counter", yen=11_000)
    matching.book_line(house, by=treasurer, now=LATER, line_id=line.id, what="counter")
    assert balance(house, accounts.CLEARING_COUNTER) == 0
    assert balance(house, accounts.BANK) == 12_000
    (first, _) = matches(house, line.id)
    matching.unmatch(house, by=treasurer, now=LATER, match_id=first.id, reason="入力まちがい")
    assert balance(house, accounts.CLEARING_COUNTER) == 11_000
    matching.book_line(house, by=treasurer, now=LATER, line_id=line.id, what="counter")
    assert matched(house).equal
    assert broken(house) == []


def test_interest_and_a_bank_fee_are_learnt_from_the_bank(house: House, treasurer: Actor) -> None:
    take_in(house, treasurer, bank_lines((12, "ﾘｿｸ"), (-11, "ﾃｽｳﾘﾖｳ")))
    interest, fee = open_lines(house)
    with pytest.raises(Conflict):
        matching.book_line(house, by=treasurer, now=LATER, line_id=fee.id, what="interest")
    with pytest.raises(NotFound):
        matching.book_line(house, by=treasurer, now=LATER, line_id=fee.id, what="gift")
    matching.book_line(house, by=treasurer, now=LATER, line_id=interest.id, what="interest")
    matching.book_line(house, by=treasurer, now=LATER, line_id=fee.id, what="fee")
    assert balance(house, accounts.GENERAL) == -12
    assert balance(house, accounts.DUE_FROM_WARD) == 11
    assert broken(house) == []
    (match,) = matches(house, interest.id)
    matching.unmatch(house, by=treasurer, now=LATER, match_id=match.id, reason="別の口座の利息")
    assert balance(house, accounts.GENERAL) == 0
    assert broken(house) == []


def test_why_a_match_was_undone_is_not_published_in_the_officers_own_words(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    """They may name a payer, and the log forgets nothing: the public reads a published code."""
    take_in(house, treasurer, bank_lines((12, "ﾘｿｸ")))
    (interest,) = open_lines(house)
    matching.book_line(house, by=treasurer, now=LATER, line_id=interest.id, what="interest")
    (match,) = matches(house, interest.id)
    words = "ヤマダ ハナコ様の振込でした"
    matching.unmatch(house, by=treasurer, now=LATER, match_id=match.id, reason=words)
    while append_pending(house, by=treasurer, now=LATER):
        pass
    assert matches(house, interest.id)[0].undone_reason == words
    assert rows(app_dsn, "SELECT kind, reason FROM public_entry ORDER BY no") == [
        ("interest.earned", None),
        ("entry.reversed", "mistake"),
    ]
    kept = rows(app_dsn, "SELECT convert_from(body, 'UTF8'), search_text FROM public_entry")
    assert "ヤマダ" not in str(kept)
    assert "ヤマダ" not in str(rows(app_dsn, "SELECT reason, detail FROM journal_entry"))


def test_a_payer_somebody_waits_for_is_not_the_tills_cash(
    house: House, treasurer: Actor, app_dsn: str
) -> None:
    waiting_gift(house, 1, "ヤマダ ハナコ")
    waiting_gift(house, 2, "ヤマダ ハナコ")
    received(house, treasurer, 3, 10_000)
    with house.transaction(by=treasurer, now=LATER) as tx:
        entry = facts.clearing_settled("C-1", accounts.CLEARING_COUNTER, Yen(10_000), DAY)
        journal.record(tx, entry)
    _, found = take_in(house, treasurer, bank_lines((10_000, "ﾔﾏﾀﾞ ﾊﾅｺ")))
    assert found.matched == 0
    _, found = take_in(house, treasurer, bank_lines((10_000, "ﾏﾄﾞｸﾞﾁ"), start=10_000))
    assert found.matched == 1
    assert rows(app_dsn, "SELECT what, level, booked FROM bank_match") == [("counter", "A", False)]
