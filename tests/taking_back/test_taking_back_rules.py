"""The pure rules: where yen are found, which payment is a gift's own, how shares are cut."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.allocation.domain.chargeback import BookedRow, reverse
from fund.allocation.domain.files import problem_from
from fund.allocation.domain.taking_back import COMMITTED, Line, Unspent, take_back
from fund.giving.domain import Share
from fund.giving.domain.taking_back import Paid, cut, stand_of
from fund.kernel.money import Yen
from fund.ledger import reversals
from fund.ledger.facts import Source

DAY = dt.date(2026, 6, 10)
AWARDS = ("A2026-0001", "A2026-0002", "A2026-0003")


@st.composite
def spent_gifts(draw: st.DrawFn) -> tuple[int, int, list[Line], dict[str, int]]:
    """(yen to give back, yen unspent, lines, free yen of awards) of a gift of one share."""
    keys = draw(
        st.lists(
            st.tuples(st.integers(1, 4), st.sampled_from(AWARDS), st.integers(1, 3)),
            unique=True,
            max_size=6,
        )
    )
    lines = [
        Line(run, at, "G-7K3F92QX/1", award, rank, f"use{rank}", draw(st.integers(1, 5_000)))
        for at, (run, award, rank) in enumerate(keys, start=1)
    ]
    unspent = draw(st.integers(0, 5_000))
    whole = unspent + sum(line.yen for line in lines)
    yen = draw(st.integers(1, max(1, whole)))
    free = {award: draw(st.integers(0, 6_000)) for award in AWARDS}
    return min(yen, whole), unspent, lines, free


@given(spent_gifts())
def test_a_gift_of_one_share_gives_back_as_the_rule_reverses(
    case: tuple[int, int, list[Line], dict[str, int]],
) -> None:
    yen, unspent, lines, free = case
    if not yen:
        return
    found = take_back(yen, [Unspent("G-7K3F92QX/1", 1, "fund:general", unspent)], lines, free)
    problem = problem_from(
        {
            "format": "alloc-case/1",
            "run_date": "2026-06-10",
            "policy": {
                "order": "funding_first",
                "spend_order": ["flex", "vintage"],
                "vintage": "fy",
                "within": "prorata",
            },
            "donations": [
                {
                    "id": "G-7K3F92QX/1",
                    "amount": unspent + sum(line.yen for line in lines),
                    "received": "2026-04-01",
                    "levels": [{"uses": ["any"]}],
                    "on_exhausted": "carry",
                }
            ],
            "grants": [],
        }
    )
    booked = [BookedRow(o.run, o.share, o.award, o.rank, o.use, o.yen) for o in lines]
    said = reverse(problem, "G-7K3F92QX/1", yen, booked)
    assert sum(part for _, part in found.unspent) == said.unspent
    taken: dict[tuple[int, str, int, str], int] = {}
    for part in found.parts:
        key = (part.line.run, part.line.award, part.line.rank, part.line.use)
        taken[key] = taken.get(key, 0) + part.yen
    assert taken == {(r.run, r.grant, r.rank, r.use): -r.amount for r in said.rows}
    for award in AWARDS:
        of_award = [part for part in found.parts if part.line.award == award]
        committed = sum(part.yen for part in of_award if part.source == COMMITTED)
        assert committed == min(free[award], sum(part.yen for part in of_award))


def test_a_gift_cannot_give_back_more_than_it_has() -> None:
    with pytest.raises(ValueError, match="5 are missing"):
        take_back(10, [Unspent("G-7K3F92QX/1", 1, "fund:general", 5)], [], {})
    with pytest.raises(ValueError, match="no 0 yen"):
        take_back(0, [], [], {})


def test_the_last_share_gives_first() -> None:
    lots = [Unspent(f"G-7K3F92QX/{n}", n, "fund:general", 100) for n in (1, 2, 10)]
    found = take_back(150, lots, [], {})
    assert [(lot.share, yen) for lot, yen in found.unspent] == [
        ("G-7K3F92QX/10", 100),
        ("G-7K3F92QX/2", 50),
    ]


def paid(no: int, *, returned: int = 0, disputed: bool = False, minute: int = 0) -> Paid:
    moment = dt.datetime(2026, 6, 10, 3, minute, tzinfo=dt.UTC)
    return Paid(f"P-{no}", "card", Yen(1_000), moment, DAY, Yen(returned), disputed)


def test_the_earliest_payment_that_stands_is_the_gifts_own() -> None:
    early, late = paid(1), paid(2, minute=1)
    gone, contested = paid(1, returned=1_000), paid(1, disputed=True)
    part = paid(1, returned=400)
    for own, rival, number, state in (
        (early, late, "P-1", "received"),
        (gone, late, "P-2", "received"),
        (contested, late, "P-2", "received"),
        (part, late, "P-2", "received"),
        (gone, paid(2, returned=1_000, minute=1), "P-1", "refunded"),
        (contested, paid(2, returned=1_000, minute=1), "P-1", "disputed"),
    ):
        for order in itertools.permutations((own, rival)):
            stand = stand_of(order, Yen(1_000))
            assert stand is not None
            assert (stand.own.payment_no, stand.state) == (number, state)
    assert stand_of([], Yen(1_000)) is None


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=6), st.data())
def test_cut_shares_sum_to_what_is_left(amounts: list[int], data: st.DataObject) -> None:
    shares = [
        Share(f"G-7K3F92QX/{at}", at, "anywhere", None, None, "wish", Yen(yen))
        for at, yen in enumerate(amounts, start=1)
    ]
    gone = data.draw(st.integers(0, sum(amounts) - 1))
    left = cut(shares, Yen(gone))
    assert sum(share.yen for share in left) == sum(amounts) - gone
    # every share before the last one kept is whole
    assert [share.yen for share in left[:-1]] == amounts[: len(left) - 1]
    with pytest.raises(ValueError, match="no shares"):
        cut(shares, Yen(sum(amounts)))


def test_what_goes_back_balances_and_comes_back_the_same() -> None:
    taking = reversals.Taking(
        lots=(Source("G-7K3F92QX/1", "fund:general", Yen(40)),),
        lines=(
            reversals.Undone(
                "RUN2026-001#1",
                "G-7K3F92QX/1",
                AWARDS[0],
                "fund:general",
                Yen(25),
                reversals.COMMITTED,
            ),
            reversals.Undone(
                "RUN2026-001#1", "G-7K3F92QX/1", AWARDS[0], "fund:general", Yen(35), reversals.WARD
            ),
        ),
    )
    back = reversals.Back(
        "donation.refunded", "RF-00000001", "G-7K3F92QX", DAY, "assets:clearing:stripe", "refund"
    )
    there = reversals.money_back(back, taking)
    again = reversals.money_came_back(
        reversals.Back(
            "entry.reversed",
            *[getattr(back, name) for name in ("fact_id", "gift_no", "on", "account", "reason")],
        ),
        7,
        back.kind,
        taking,
    )
    assert sorted((p.account, int(p.yen)) for p in there.postings) == [
        ("assets:clearing:stripe", -100),
        ("assets:due-from-ward", 35),
        (f"committed:{AWARDS[0]}", 25),
        ("fund:general", 40),
    ]
    assert sorted((p.account, -int(p.yen)) for p in again.postings) == sorted(
        (p.account, int(p.yen)) for p in there.postings
    )
    assert again.reverses == 7
