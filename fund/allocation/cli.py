"""The commands ``fund allocate`` and ``fund recheck``: the rule on files, without a database."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click

from fund.allocation import checker
from fund.allocation.domain import allocate as apply_rule
from fund.allocation.domain import plan_bytes, read_problem
from fund.kernel.errors import Invalid

_MALFORMED = 2


@click.command("allocate")
@click.argument("problem", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the plan here, not to stdout."
)
def allocate(problem: Path, output: Path | None) -> None:
    """Apply the rule LEX-FLOW to PROBLEM.json and give the plan.

    A malformed problem is refused in one line that names the place; nothing is then written
    and the exit status is 2.
    """
    try:
        plan = plan_bytes(apply_rule(read_problem(problem.read_bytes())))
    except (Invalid, OSError) as error:
        click.echo(f"{problem}: {_reason(error)}", err=True)
        sys.exit(_MALFORMED)
    if output is None:
        sys.stdout.buffer.write(plan)
        sys.stdout.buffer.flush()
        return
    try:
        _write_whole(output, plan)
    except OSError as error:
        click.echo(f"{output}: {_reason(error)}", err=True)
        sys.exit(_MALFORMED)


@click.command("recheck")
@click.argument("problem", type=click.Path(path_type=Path))
@click.argument("plan", type=click.Path(path_type=Path))
def recheck(problem: Path, plan: Path) -> None:
    """Verify PLAN.json and its certificates against PROBLEM.json, without the solver.

    Exit status: 0 good, 1 violation, 2 malformed.
    """
    sys.exit(checker.main([str(problem), str(plan)]))


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _write_whole(path: Path, data: bytes) -> None:
    """Put the file there whole or not at all: write beside it, then rename."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
