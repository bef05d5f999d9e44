"""Splitting a gift and reading its wish."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.giving.domain import Share, Wish, split, wish_levels
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen, total

GROUP = Wish("group", "0132", "field")
YEN = st.integers(1, 10**12).map(Yen)
WISHES = st.sampled_from(
    [
        Wish(),
        GROUP,
        Wish("group", "0001", "anywhere"),
        Wish("field", "nature", "field"),
        Wish("field", "nature", "anywhere"),
        Wish("theme", "flood-2026", "anywhere"),
    ]
)
DAYS = st.dates(dt.date(2009, 4, 1), dt.date(2090, 12, 31))


@given(YEN, WISHES, st.integers(0, 100))
def test_shares_sum_to_the_gift_to_the_yen(yen, wish, percent):
    shares = split("G-7K3F92QX", yen, wish, percent)
    assert total(share.yen for share in shares) == yen
    assert all(share.yen > 0 for share in shares)
    assert [share.position for share in shares] == list(range(1, len(shares) + 1))
    assert [share.id for share in shares] == [f"G-7K3F92QX/{n}" for n in range(1, len(shares) + 1)]


@given(YEN, WISHES, st.integers(0, 100))
def test_the_wish_gets_the_floor_and_never_a_yen_more(yen, wish, percent):
    shares = split("G-7K3F92QX", yen, wish, percent)
    passed = total(share.yen for share in shares if share.part == "wish")
    if wish.kind == "anywhere":
        assert passed == yen
    else:
        assert passed == yen * percent // 100
    assert all(share.kind == "anywhere" for share in shares if share.part == "kept")


def test_seventy_per_cent_of_an_odd_amount_keeps_the_rest_in_general():
    wish, kept = split("G-7K3F92QX", Yen(1001), GROUP, 70)
    assert (wish.yen, wish.part, wish.kind, wish.target) == (700, "wish", "group", "0132")
    assert (kept.yen, kept.part, kept.kind, kept.target) == (301, "kept", "anywhere", None)


def test_the_whole_gift_passed_on_is_one_share():
    (only,) = split("G-7K3F92QX", Yen(1000), GROUP, 100)
    assert (only.part, only.kind) == ("wish", "group")


def test_nothing_passed_on_is_one_kept_share():
    (only,) = split("G-7K3F92QX", Yen(1), GROUP, 70)
    assert (only.id, only.part, only.kind) == ("G-7K3F92QX/1", "kept", "anywhere")


@given(WISHES, DAYS, st.integers(0, 10), st.lists(st.sampled_from(["care", "nature"]), unique=True))
def test_a_fallback_opens_the_day_after_its_wish_ends(wish, day, years, fields):
    share = split("G-7K3F92QX", Yen(100), wish, 100)[0]
    levels = wish_levels(share, received_on=day, term_years=years, group_fields=fields)["levels"]
    if len(levels) == 1:
        assert wish.kind == "anywhere" or (wish.kind, wish.fallback) == ("field", "field")
        assert set(levels[0]) == {"uses"}
        return
    expires = dt.date.fromisoformat(levels[0]["expires"])
    assert dt.date.fromisoformat(levels[1]["opens"]) - expires == dt.timedelta(days=1)
    assert (expires.month, expires.day) == (3, 31)
    assert expires >= day
    assert levels[1]["uses"]


def test_a_group_wish_waits_for_two_fiscal_years_and_then_for_the_groups_fields():
    share = split("G-7K3F92QX", Yen(100), GROUP, 100)[0]
    assert wish_levels(
        share,
        received_on=dt.date(2027, 3, 31),
        term_years=2,
        group_fields=("children", "care"),
    ) == {
        "levels": [
            {"uses": ["group:0132"], "expires": "2029-03-31"},
            {"uses": ["field:children", "field:care"], "opens": "2029-04-01"},
        ],
        "on_exhausted": "any",
    }


def test_a_theme_is_a_programme_of_the_rule():
    share = split("G-7K3F92QX", Yen(100), Wish("theme", "flood-2026", "anywhere"), 100)[0]
    levels = wish_levels(share, received_on=dt.date(2026, 4, 1), term_years=0)["levels"]
    assert levels[0] == {"uses": ["programme:flood-2026"], "expires": "2027-03-31"}
    assert levels[1] == {"uses": ["any"], "opens": "2027-04-01"}


def test_a_group_without_fields_falls_back_to_anywhere():
    share = split("G-7K3F92QX", Yen(100), GROUP, 100)[0]
    levels = wish_levels(share, received_on=dt.date(2026, 4, 1), term_years=1)["levels"]
    assert levels[1]["uses"] == ["any"]


def test_what_is_kept_may_be_used_anywhere():
    kept = Share("G-7K3F92QX/2", 2, "anywhere", None, None, "kept", Yen(30))
    assert wish_levels(kept, received_on=dt.date(2026, 4, 1), term_years=2) == {
        "levels": [{"uses": ["any"]}]
    }


@pytest.mark.parametrize(
    "parts",
    [
        ("nowhere", None, None),
        ("anywhere", "nature", None),
        ("anywhere", None, "field"),
        ("field", None, "anywhere"),
        ("field", "Nature'; --", "anywhere"),
        ("group", "132", "anywhere"),
        ("group", "０１３２", "anywhere"),
        ("group", "0132", None),
        ("group", "0132", "elsewhere"),
        ("theme", "flood-2026", "field"),
        ("theme", "flood-2026\n", "anywhere"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(parts):
    with pytest.raises(Invalid):
        Wish(*parts)
