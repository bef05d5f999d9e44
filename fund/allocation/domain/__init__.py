"""The rule LEX-FLOW, pure: files in, plan out; no database, no web, no clock."""

from fund.allocation.domain.files import plan_bytes, problem_from, read_problem
from fund.allocation.domain.plan import LedgerRow, Plan
from fund.allocation.domain.problem import Problem, problem_sha256

__all__ = [
    "LedgerRow",
    "Plan",
    "Problem",
    "allocate",
    "plan_bytes",
    "problem_from",
    "problem_sha256",
    "read_problem",
]


def allocate(problem: Problem) -> Plan:
    """Apply the rule LEX-FLOW to a problem; equal problems give equal plans, byte for byte."""
    # A process that only shows pages never asks: it does without the solver's and numpy's 28 MB.
    from fund.allocation.domain.planning import planned  # noqa: PLC0415

    return planned(problem)
