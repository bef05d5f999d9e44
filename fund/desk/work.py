"""Waiting work by urgency: how long each kind may wait, and what is late by how much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from fund.platform.waiting import Waiting


class Rank(IntEnum):
    """What comes first at equal urgency: a missed deadline costs money, a late run costs days."""

    DEADLINE = 0
    MONEY_UNCLEAR = 1
    PEOPLE_WAIT = 2
    PROCEDURE = 3


class Urgency(IntEnum):
    """The groups of the inbox, the most urgent first."""

    LONG_OVERDUE = 0
    OVERDUE = 1
    SOON = 2
    LATER = 3


MAY_WAIT: Mapping[Rank, dt.timedelta] = {
    Rank.DEADLINE: dt.timedelta(days=3),
    Rank.MONEY_UNCLEAR: dt.timedelta(days=5),
    Rank.PEOPLE_WAIT: dt.timedelta(days=7),
    Rank.PROCEDURE: dt.timedelta(days=14),
}
"""How long the oldest thing of a kind may wait where nobody else has set a day."""
LONG = dt.timedelta(days=14)
"""More than this after its day, work is long overdue; so is a deadline of others that passed."""
SOON = dt.timedelta(days=2)


@dataclass(frozen=True)
class Work:
    """One kind of waiting work: ``permission`` says whose it is, ``href`` where it is done.

    ``deadline`` is a day that others have set.
    """

    title: str
    waiting: Waiting
    permission: str
    href: str
    rank: Rank
    deadline: dt.date | None = None

    @property
    def due(self) -> dt.date | None:
        """The day by which the oldest of it should be done."""
        if self.deadline is not None or self.waiting.since is None:
            return self.deadline
        return self.waiting.since + MAY_WAIT[self.rank]

    def urgency(self, today: dt.date) -> Urgency:
        """In which group it stands on a day."""
        due = self.due
        if due is None or today < due - SOON:
            return Urgency.LATER
        if today <= due:
            return Urgency.SOON
        late = self.deadline is not None or today > due + LONG
        return Urgency.LONG_OVERDUE if late else Urgency.OVERDUE


def grouped(work: Iterable[Work], today: dt.date) -> list[tuple[Urgency, list[Work]]]:
    """Work by urgency, empty groups left out; within one by rank, then by its day."""
    found: dict[Urgency, list[Work]] = {urgency: [] for urgency in Urgency}
    for item in sorted(work, key=lambda one: (one.rank, one.due or dt.date.max)):
        found[item.urgency(today)].append(item)
    return [(urgency, items) for urgency, items in found.items() if items]
