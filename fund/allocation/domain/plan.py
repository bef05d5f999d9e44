"""The plan: what a run would pay, in the words of the problem, as the document ``alloc-plan/1``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

FORMAT = "alloc-plan/1"
RULE = {"name": "LEX-FLOW", "version": "1"}


class LedgerRow(NamedTuple):
    """``amount`` yen of a donation for a grant, permitted by ``use`` at the donor's ``rank``."""

    donation: str
    grant: str
    rank: int
    use: str
    amount: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: its ledger, sorted by donation, rank and grant, and the whole as a document."""

    ledger: tuple[LedgerRow, ...]
    document: dict[str, Any] = field(repr=False)
