"""Why yen moved or stayed: the codes a plan carries, from which pages make sentences."""

import copy

from allocation.test_bad_files import GOOD
from fund.allocation.domain import allocate, problem_from


def reasons(levels, **gift):
    """The reasons of one gift (d0, 10 yen) beside two awards of 8 yen."""
    problem = {**copy.deepcopy(GOOD), "fixed": [], "previous": []}
    problem["donations"] = [problem["donations"][0] | {"levels": levels} | gift]
    return allocate(problem_from(problem)).document["reasons"]["donations"]["d0"]


def test_a_wish_for_anywhere_is_used_and_not_called_expired():
    assert reasons([{"uses": ["any"]}]) == {"code": "spent", "levels": ["used"]}


def test_a_wish_that_expired_is_called_expired_where_it_became_anywhere():
    levels = [{"uses": ["group:A"], "expires": "2025-12-31"}]
    assert reasons(levels, on_exhausted="any") == {"code": "spent", "levels": ["expired"]}
    assert reasons(levels, on_exhausted="return") == {
        "code": "unspent",
        "levels": ["expired"],
        "idle": "return",
    }


def test_what_a_full_award_leaves_waits_for_the_next_choice():
    levels = [{"uses": ["group:A"]}, {"uses": ["group:absent"]}]
    assert reasons(levels) == {
        "code": "partly_spent",
        "levels": ["used", "no_grant"],
        "idle": "all_full",
    }
