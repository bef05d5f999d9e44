"""One gift over several wishes: every split sums to the yen, in the rule and in the books."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fund.giving.domain import Consents, Donor, Offer, Part, Wish, check_parts, split_parts
from fund.giving.domain.shares import LEAST_PART, MAX_PARTS
from fund.kernel.errors import Invalid
from fund.kernel.money import Yen, total

FIELD = Wish("field", "children", "anywhere")
GROUP = Wish("group", "0132", "field")
THEME = Wish("theme", "flood-2026", "anywhere")
WISHES = (Wish(), FIELD, GROUP, Wish("field", "nature", "field"), THEME)
PARTS = st.lists(
    st.tuples(
        st.sampled_from(WISHES),
        st.integers(LEAST_PART, 10**9).map(Yen),
        st.integers(1, 100),
    ),
    min_size=1,
    max_size=MAX_PARTS,
    unique_by=lambda part: part[0],
)


@given(PARTS)
def test_any_split_sums_to_the_yen_and_keeps_every_wish(rows):
    parts = [(Part(wish, yen), percent) for wish, yen, percent in rows]
    shares = split_parts("G-7K3F92QX", parts)
    assert total(share.yen for share in shares) == total(yen for _wish, yen, _percent in rows)
    assert [share.id for share in shares] == [f"G-7K3F92QX/{n}" for n in range(1, len(shares) + 1)]
    wished = [Wish(s.kind, s.target, s.fallback) for s in shares if s.part == "wish"]
    assert wished == [wish for wish, _yen, _percent in rows]


@given(PARTS)
def test_the_yen_of_each_part_can_be_read_from_the_shares_again(rows):
    shares = split_parts("G-7K3F92QX", [(Part(w, y), percent) for w, y, percent in rows])
    read: list[int] = []
    for share in shares:
        if share.part == "wish":
            read.append(0)
        read[-1] += share.yen
    assert read == [yen for _wish, yen, _percent in rows]


@given(PARTS, st.integers(-(10**6), 10**6).filter(bool))
def test_a_wrong_sum_is_told_as_the_difference_in_yen(rows, off):
    parts = [Part(wish, yen) for wish, yen, _percent in rows]
    whole = total(part.yen for part in parts)
    assert check_parts(whole, parts) == tuple(parts)
    with pytest.raises(Invalid, match=f"{abs(off):,}円"):
        check_parts(Yen(int(whole) + off), parts)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([(FIELD, 5000), (FIELD, 5000)], "同じ使いみち"),
        ([(FIELD, 5000), (Wish("field", "children", "field"), 5000)], "同じ使いみち"),
        ([(Wish(), 9950), (FIELD, 50)], "100円以上"),
        ([(Wish(), 10_000), (FIELD, 0)], "100円以上"),
        ([(Wish(), 20_000), (FIELD, -10_000)], "100円以上"),
        ([(FIELD, 5000), (GROUP, 4999)], "1円足りません"),
        ([(FIELD, 5000), (GROUP, 6000)], "1,000円多く"),
    ],
)
def test_parts_that_cannot_be_are_refused(parts, words):
    with pytest.raises(Invalid, match=words):
        check_parts(Yen(10_000), [Part(wish, Yen(yen)) for wish, yen in parts])


def test_more_than_five_wishes_are_refused():
    parts = [Part(Wish("group", f"{n:04d}", "anywhere"), Yen(1000)) for n in range(6)]
    with pytest.raises(Invalid, match="5つまで"):
        check_parts(Yen(6000), parts)


def offer(**changes):
    facts = {
        "form_key": "k" * 32,
        "yen": Yen(3000),
        "donor": Donor(single_name="Zoë", country="France", address1="Paris", email="z@e.fr"),
        "consents": Consents(purpose_of_use=True),
    } | changes
    return Offer(**facts)


def test_one_wish_and_one_part_are_the_same_offer():
    by_wish = offer(wish=GROUP)
    by_part = offer(parts=(Part(GROUP, Yen(3000)),))
    assert by_wish == by_part
    assert by_wish.sha256() == by_part.sha256()
    assert by_wish.parts == (Part(GROUP, Yen(3000)),)


def test_the_same_wishes_with_other_amounts_are_another_offer():
    one = offer(parts=(Part(GROUP, Yen(1000)), Part(FIELD, Yen(2000))))
    other = offer(parts=(Part(GROUP, Yen(2000)), Part(FIELD, Yen(1000))))
    assert one.sha256() != other.sha256()


def test_a_group_in_any_part_may_be_told():
    told = Consents(purpose_of_use=True, tell_group=True)
    parts = (Part(FIELD, Yen(1000)), Part(GROUP, Yen(2000)))
    assert offer(parts=parts, consents=told).names_group
    with pytest.raises(Invalid):
        offer(wish=FIELD, consents=told)
