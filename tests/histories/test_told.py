"""A dossier that says much at once is told in the order in which the money moved."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from fund.kernel.money import Yen
from fund.payments.domain import CheckoutFacts
from fund.payments.facts import DisputeFacts, Dossier, RefundFacts

START = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
CHECKOUT = CheckoutFacts(
    session_id="cs_1",
    payment_no="P-1",
    status="complete",
    paid=True,
    yen=Yen(1000),
    currency="jpy",
    livemode=False,
    intent_id="pi_1",
    intent_status="succeeded",
    paid_at=START,
    failure_code=None,
)


def at(minute: int | None) -> dt.datetime | None:
    return None if minute is None else START + dt.timedelta(minutes=minute)


def refund(name: str, left: int, back: int | None = None) -> RefundFacts:
    status = "failed" if back is not None else "succeeded"
    return RefundFacts(name, None, Yen(100), status, at(left), at(left), at(back), None)


def dispute(name: str, taken: int | None, given: int | None = None) -> DisputeFacts:
    status = "won" if given is not None else "needs_response"
    return DisputeFacts(name, Yen(100), status, "fraudulent", at(0), None, at(taken), at(given))


def told(*facts) -> list[tuple[str, str]]:
    refunds = tuple(one for one in facts if isinstance(one, RefundFacts))
    disputes = tuple(one for one in facts if isinstance(one, DisputeFacts))
    return [
        (one.refund_id if isinstance(one, RefundFacts) else one.dispute_id, one.status)
        for one in Dossier(CHECKOUT, refunds, disputes).told()
    ]


def test_a_failed_refund_leaves_before_the_next_and_comes_back_after_it():
    assert told(refund("re_1", 1, 9), refund("re_2", 5)) == [
        ("re_1", "pending"),
        ("re_2", "succeeded"),
        ("re_1", "failed"),
    ]


def test_a_dispute_won_before_a_refund_is_over_before_it():
    assert told(refund("re_1", 8), dispute("du_1", 2, 4)) == [
        ("du_1", "under_review"),
        ("du_1", "won"),
        ("re_1", "succeeded"),
    ]


def test_an_inquiry_and_a_refund_that_never_left_are_told_once():
    nothing_left = RefundFacts("re_1", None, Yen(1), "pending", START, None, None)
    assert told(nothing_left, dispute("du_1", None)) == [
        ("re_1", "pending"),
        ("du_1", "needs_response"),
    ]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50) | st.none()), max_size=5),
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50) | st.none()), max_size=3),
)
def test_every_object_ends_with_all_that_is_known_of_it(refunds, disputes):
    made = [refund(f"re_{n}", a, b and a + b) for n, (a, b) in enumerate(refunds)]
    made += [dispute(f"du_{n}", a, b and a + b) for n, (a, b) in enumerate(disputes)]
    heard = told(*made)
    last = dict(heard)
    assert last == {getattr(one, "refund_id", None) or one.dispute_id: one.status for one in made}
    both = sum(1 for _, b in (*refunds, *disputes) if b is not None)
    assert len(heard) == len(made) + both
