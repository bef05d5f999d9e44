"""What if, for a stored run: its frozen problem with changes, answered by the rule, never kept."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.allocation import queries
from fund.allocation.domain import Plan, Problem, allocate
from fund.allocation.domain.comparison import Sheet
from fund.allocation.domain.whatif import Changes, changed
from fund.allocation.problems import received_days, splits_of
from fund.allocation.queries import RunView


@dataclass(frozen=True)
class Imagined:
    """A run and what it might be: the two sheets, and the imagined problem and plan as such."""

    before: Sheet
    after: Sheet
    problem: Problem
    plan: Plan


def sheet_of(run: RunView) -> Sheet:
    """A stored run as one side of a comparison."""
    return Sheet(run.problem_document, run.plan_document)


def imagine(connection: Connection, run: RunView, changes: Changes) -> Imagined:
    """Answer a run's problem with some statements changed; books and run stay as they are.

    A finer age than the problem was frozen with needs the days of receipt, which the problem
    does not hold: they are read from the lots, so such an answer is for staff only.

    Raises:
        Invalid: for a change that cannot be, with its place.
    """
    problem, base = queries.problem_of(run), dict(run.problem_document)
    vintage = dict(changes.policy).get("vintage")
    if vintage is not None:
        days = received_days(connection, problem, vintage)
        base["donations"] = [
            {**gift, "received": days.get(gift["id"], gift["received"])}
            for gift in base["donations"]
        ]
    splits = splits_of(connection, problem) if changes.pass_on else ()
    other = changed(problem, base, changes, splits)
    plan = allocate(other)
    return Imagined(sheet_of(run), Sheet(json.loads(other.canonical), plan.document), other, plan)
