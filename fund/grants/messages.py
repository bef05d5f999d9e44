"""What rooms above learn about awards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen
from fund.platform.house import Message


@dataclass(frozen=True)
class AwardDecided(Message):
    """A group was promised up to ``yen`` for its project; no money has moved."""

    award_no: str
    group_no: str
    yen: Yen
    decided_on: dt.date


@dataclass(frozen=True)
class AwardChanged(Message):
    """An award was decided to become smaller or to end; ``back`` yen it has leave it again.

    Announced before the award's own row changes: who books the yen does it now.
    """

    award_no: str
    change_no: str
    kind: str
    back: Yen
    reason: str
    clauses: tuple[str, ...]
    on: dt.date


@dataclass(frozen=True)
class DisbursementPaid(Message):
    """The bank paid an instalment of an award to its group."""

    disbursement_no: str
    award_no: str
    yen: Yen
    paid_on: dt.date


@dataclass(frozen=True)
class AwardSettled(Message):
    """The use of an award is proven; what was not spent came back to the fund."""

    award_no: str
    spent: Yen
    returned: Yen
    settled_on: dt.date
