"""The rule LEX-FLOW, pure: files in, plan out; no database, no web, no clock."""

from fund.allocation.domain.files import plan_bytes, problem_from, read_problem
from fund.allocation.domain.plan import LedgerRow, Plan, allocate
from fund.allocation.domain.problem import Problem, problem_sha256
from fund.allocation.domain.rule import allocate_arrays

__all__ = [
    "LedgerRow",
    "Plan",
    "Problem",
    "allocate",
    "allocate_arrays",
    "plan_bytes",
    "problem_from",
    "problem_sha256",
    "read_problem",
]
