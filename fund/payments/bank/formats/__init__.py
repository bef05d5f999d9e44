"""Reading a bank's file: three formats, one kind of line, every fault with row and column.

Plain rules, not an edge: a parser takes bytes and gives values, and knows no vendor's library.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from fund.payments.bank.formats import anser, generic_csv, zengin
from fund.payments.bank.formats.reading import Line, Problem, Statement

FORMATS = ("anser", "zengin", "csv")


def read(
    kind: str, body: bytes, *, today: dt.date, settings: Mapping[str, str] | None = None
) -> Statement:
    """Read a file in one of the ``FORMATS``; ``settings`` describe the columns of a ``csv``.

    ``today`` (a day in Japan) decides which era a two-digit year belongs to. Nothing is raised
    for a bad file: whatever is wrong stands in ``problems``.
    """
    if kind == "anser":
        found = anser.read(body)
    elif kind == "zengin":
        found = zengin.read(body, today, western=(settings or {}).get("years") == "western")
    else:
        found = generic_csv.read(body, generic_csv.Columns.of(settings or {}), today)
    in_order = sorted(found.problems, key=lambda problem: (problem.row, problem.column))
    return replace(found, problems=tuple(in_order))


__all__ = ["FORMATS", "Line", "Problem", "Statement", "read"]
