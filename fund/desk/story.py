"""The way of one gift as steps: plain facts in, a timeline out; words are the page's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen

STEPS = ("offered", "paid", "accepted", "allocated", "disbursed", "reported")


@dataclass(frozen=True)
class Spending:
    """Where part of a gift went: yen for one award, and how far that award has come."""

    award_no: str
    yen: Yen
    on: dt.date
    rank: int
    use: str
    entry_no: int | None
    group_no: str
    title: str
    award_state: str


@dataclass(frozen=True)
class Waiting:
    """Yen of a gift that still wait in a pot, for what, and until when the wish binds."""

    kind: str
    target: str | None
    yen: Yen
    binds_until: dt.date | None
    part: str


@dataclass(frozen=True)
class GiftFacts:
    """What the timeline is drawn from; days in Japan, None where it has not happened."""

    state: str
    offered_on: dt.date
    received_on: dt.date | None
    accepted_on: dt.date | None
    spendings: tuple[Spending, ...]
    waiting_yen: Yen
    declined_on: dt.date | None = None
    returned_on: dt.date | None = None


@dataclass(frozen=True)
class Step:
    """One step: ``done``, ``now`` (under way) or ``next``."""

    code: str
    state: str
    on: dt.date | None


def timeline(facts: GiftFacts) -> list[Step]:
    """The steps of a gift, each with its state and its day.

    Six from offer to report; a gift that was not accepted or went back ends there instead.
    """
    if facts.state in {"declined", "refunded"}:
        return _way_back(facts)
    disbursed = [s for s in facts.spendings if s.award_state in {"disbursed", "settled"}]
    settled = [s for s in facts.spendings if s.award_state == "settled"]
    whole = bool(facts.spendings) and facts.waiting_yen == 0
    reached = {
        "offered": True,
        "paid": facts.received_on is not None,
        "accepted": facts.accepted_on is not None,
        "allocated": whole,
        "disbursed": whole and len(disbursed) == len(facts.spendings),
        "reported": whole and len(settled) == len(facts.spendings),
    }
    days = {
        "offered": facts.offered_on,
        "paid": facts.received_on,
        "accepted": facts.accepted_on,
        "allocated": max((s.on for s in facts.spendings), default=None),
        "disbursed": None,
        "reported": None,
    }
    steps, current = [], False
    for code in STEPS:
        if reached[code]:
            steps.append(Step(code, "done", days[code]))
        elif not current:
            current = True
            steps.append(Step(code, "now", days[code]))
        else:
            steps.append(Step(code, "next", None))
    return steps


def _way_back(facts: GiftFacts) -> list[Step]:
    """What had happened before the yen went back; nothing lies ahead of such a gift."""
    back = "done" if facts.state == "refunded" else "now"
    happened = (
        ("offered", facts.offered_on),
        ("paid", facts.received_on),
        ("accepted", facts.accepted_on),
        ("declined", facts.declined_on),
    )
    steps = [Step(code, "done", on) for code, on in happened if on is not None]
    return [*steps, Step("returned", back, facts.returned_on if back == "done" else None)]


def binds_until(levels: list[dict[str, object]]) -> dt.date | None:
    """The last day on which the first wish of a lot binds, if it ends at all."""
    expires = levels[0].get("expires") if levels else None
    return dt.date.fromisoformat(expires) if isinstance(expires, str) else None
