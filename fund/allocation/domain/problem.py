"""The question an allocation run answers: gifts with wishes, awards with needs, and the policy.

Plain frozen data. A problem is only made by :mod:`fund.allocation.domain.files`, which checks
every statement, so the rule itself never meets a contradiction.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

Order: TypeAlias = Literal["funding_first", "donor_first"]
SpendKey: TypeAlias = Literal["flex", "vintage"]
Vintage: TypeAlias = Literal["fy", "month", "day", "none"]
Within: TypeAlias = Literal["prorata", "fifo"]
Exhausted: TypeAlias = Literal["carry", "return", "any"]

LIMIT = 2**62
"""Largest total of yen in one problem; every intermediate value then fits a signed 64-bit word."""


@dataclass(frozen=True, slots=True)
class Level:
    """One choice of a wish: uses that are equally good, valid from ``opens`` to ``expires``."""

    uses: tuple[str, ...]
    opens: dt.date | None = None
    expires: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Donation:
    """A gift share (lot): ``amount`` yen received, of which ``refunded`` yen went back."""

    id: str
    amount: int
    received: dt.date
    levels: tuple[Level, ...]
    on_exhausted: Exhausted
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """An award to be paid: at most ``approved_max`` and, unless nothing, ``min_viable`` yen.

    Both limits count all runs together. ``tier`` 1 comes first, then the higher ``score``;
    inside a tier awards fill in proportion to ``weight * approved_max``.
    """

    id: str
    group: str
    fields: tuple[str, ...]
    programme: str | None
    approved_max: int
    min_viable: int = 0
    tier: int = 1
    score: int = 0
    weight: int = 1

    @property
    def committee_order(self) -> tuple[int, int, str]:
        """Sort key of the committee's order: tier, then score from high to low, then id."""
        return (self.tier, -self.score, self.id)


@dataclass(frozen=True, slots=True)
class Payment:
    """Yen of a donation already paid to a grant by an earlier run; never taken back."""

    donation: str
    grant: str
    amount: int


@dataclass(frozen=True, slots=True)
class Override:
    """A manual payment of this run, booked before the rule and only within the wish."""

    donation: str
    grant: str
    amount: int
    reason: str
    by_role: str


@dataclass(frozen=True, slots=True)
class Policy:
    """The switches of the rule, all of them dated parameters of the manual.

    ``salt`` is None unless the problem names one; the rule then takes the problem's hash, which
    nobody can choose after seeing the result.
    """

    order: Order = "funding_first"
    spend_order: tuple[SpendKey, ...] = ("flex", "vintage")
    vintage: Vintage = "fy"
    within: Within = "prorata"
    equalise: bool = True
    salt: str | None = None


@dataclass(frozen=True)
class Problem:
    """A complete, checked problem; ``canonical`` is its one spelling, whatever the input order."""

    run_date: dt.date
    policy: Policy
    donations: tuple[Donation, ...]
    grants: tuple[Grant, ...]
    previous: tuple[Payment, ...]
    fixed: tuple[Override, ...]
    canonical: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the canonical bytes, lower-case hex."""
        return hashlib.sha256(self.canonical).hexdigest()


def problem_sha256(problem: Problem) -> str:
    """The hash that binds a plan to its problem, lower-case hex."""
    return problem.sha256
