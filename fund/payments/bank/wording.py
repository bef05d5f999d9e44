"""Words of the bank room that pages and the command line share; plain Japanese, no framework."""

from __future__ import annotations

from fund.payments.bank.formats.reading import Problem


def problem_text(problem: Problem) -> str:
    """One line: row, column by position and name, what is wrong, what stood there."""
    where = f"{problem.row}行目"
    if problem.column:
        where += f" {problem.column}列目"
    if problem.field:
        where += f"「{problem.field}」"
    found = f": {problem.found}" if problem.found else ""
    return f"{where} {problem.why}{found}"
