"""Why: machine-readable codes for each donation and each grant of a plan.

Because of P2 the possible answers are few. A fallback is used, or yen stay unspent, only when
every better permitted grant is full or was cancelled for its minimum; a grant stays short only
when every yen that may go to it is spent. Pages turn the codes into sentences.

Donation: ``code`` is one of ``spent``, ``partly_spent``, ``unspent``, ``nothing_free``; ``levels``
tells for each level of the original list ``used``, ``full``, ``cancelled_minimum``, ``no_grant``,
``not_open``, ``expired`` or ``not_needed``; ``idle`` tells why free yen stayed: ``all_full``,
``no_grant``, ``no_active_level`` or the donor's ``carry`` / ``return``.

Grant: ``full``, ``short``, ``cancelled_minimum`` or ``closed`` (nothing was left to pay).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from fund.allocation.domain.classes import Gifts
from fund.allocation.domain.level3_receipts import Needs
from fund.allocation.domain.problem import Donation, Level, Problem
from fund.allocation.domain.rule import Allocation
from fund.allocation.domain.wishes import (
    ANY,
    EXHAUSTED,
    Preference,
    has_expired,
    is_active,
    uses_of,
)


class UseState(NamedTuple):
    """What a use, or several together, can still be paid for."""

    open: bool
    full: bool
    cancelled: bool

    def joined(self, other: UseState) -> UseState:
        """The state of two uses as alternatives."""
        return UseState(
            self.open or other.open, self.full or other.full, self.cancelled or other.cancelled
        )


_NOTHING = UseState(open=False, full=False, cancelled=False)


def grant_codes(answer: Allocation) -> list[str]:
    """The code of each grant, in the order of ``answer.needs.grants``."""
    need = answer.needs.need
    conditions = [need == 0, ~answer.active, answer.receipts == need]
    codes = ["closed", "cancelled_minimum", "full"]
    return [str(code) for code in np.select(conditions, codes, "short")]


def use_states(needs: Needs, codes: Sequence[str]) -> dict[str, UseState]:
    """The state of every use that some grant offers."""
    states: dict[str, UseState] = {}
    for grant, code in zip(needs.grants, codes, strict=True):
        state = UseState(code == "short", code in ("full", "closed"), code == "cancelled_minimum")
        for use in uses_of(grant):
            states[use] = states.get(use, _NOTHING).joined(state)
    return states


def explain_grants(answer: Allocation, received: Mapping[str, int]) -> dict[str, Any]:
    """For each grant its code, what it asked for, what it got, and its share in the shortage."""
    rows = zip(
        answer.needs.grants,
        grant_codes(answer),
        answer.needs.need.tolist(),
        answer.receipts.tolist(),
        answer.cut.short.tolist(),
        strict=True,
    )
    return {
        grant.id: {
            "code": code,
            "requested": need + received[grant.id] - by_rule,
            "missing": need - by_rule,
            "in_shortage_set": short,
        }
        for grant, code, need, by_rule, short in rows
    }


def explain_donations(
    problem: Problem,
    answer: Allocation,
    donations: Sequence[tuple[Donation, Preference]],
    gifts: Gifts,
    used: Mapping[str, set[int]],
) -> dict[str, Any]:
    """For each donation its code, a code for each level, and why yen stayed idle.

    ``used`` maps a donation's id to the ranks its yen were used at.
    """
    states = use_states(answer.needs, grant_codes(answer))
    level_code = cache(partial(_level_code, problem=problem, states=states))
    reasons: dict[str, Any] = {}
    rows = zip(donations, gifts.yen.tolist(), answer.ledger.spent.tolist(), strict=True)
    for (donation, preference), free, spent in rows:
        ranks = used.get(donation.id, set())
        if preference == EXHAUSTED and _all_expired(donation, problem):
            codes = ["expired"] * len(donation.levels)
        else:
            codes = [
                "used" if rank in ranks else level_code(level)
                for rank, level in enumerate(donation.levels, start=1)
            ]
        reasons[donation.id] = {"code": _code(free, spent, bool(ranks)), "levels": codes}
        if free > spent:
            reasons[donation.id]["idle"] = _idle(donation, preference, states, problem)
    return reasons


def _code(free: int, spent: int, paid: bool) -> str:
    if free == spent:
        return "spent" if paid else "nothing_free"
    return "partly_spent" if paid else "unspent"


def _level_code(level: Level, problem: Problem, states: Mapping[str, UseState]) -> str:
    if not is_active(level, problem.run_date):
        return "expired" if has_expired(level, problem.run_date) else "not_open"
    state = _state(level.uses, states)
    if state.open:
        return "not_needed"
    if state.full:
        return "full"
    return "cancelled_minimum" if state.cancelled else "no_grant"


def _state(uses: Sequence[str], states: Mapping[str, UseState]) -> UseState:
    joined = _NOTHING
    for use in uses:
        joined = joined.joined(states.get(use, _NOTHING))
    return joined


def _idle(
    donation: Donation, preference: Preference, states: Mapping[str, UseState], problem: Problem
) -> str:
    """Why free yen of a donation were not used; by P2 no permitted grant has room left."""
    if not preference.levels:
        if _all_expired(donation, problem) and donation.on_exhausted != ANY:
            return donation.on_exhausted
        return "no_active_level"
    state = _state([use for _, uses in preference.levels for use in uses], states)
    return "all_full" if state.full or state.cancelled else "no_grant"


def _all_expired(donation: Donation, problem: Problem) -> bool:
    """Whether no level is left; a wish for anywhere is in the same class without that."""
    return all(has_expired(level, problem.run_date) for level in donation.levels)
