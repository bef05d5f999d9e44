"""The independent checker at work on a run's stored files, before anything of it is committed."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from fund.allocation import checker
from fund.allocation.queries import RunFiles
from fund.kernel.errors import Conflict
from fund.kernel.sentences import filled

LARGE = 1_000_000
"""Bytes of both files from which on they are checked in a process of their own: the same program
that anybody downloads. It runs beside the posting and gives its memory back when it ends."""
PATIENCE = 600
"""Seconds after which a check that does not end is no verdict."""

# The checker's exit statuses for a plan that breaks the rule, and for files that hold no plan.
_REFUSED, _MALFORMED = 1, 2

Verdict = Callable[[], None]


@contextlib.contextmanager
def judging(files: RunFiles) -> Iterator[Verdict]:
    """Let the checker judge both files; what is given waits for its word, as often as asked.

    Small files are judged before this returns, large ones while the caller goes on: whoever
    commits asks first.

    Raises:
        Conflict: from here or from the verdict, naming the first violation.
    """
    if len(files.problem) + len(files.plan) < LARGE:
        _demand(_judged_here(files))
        yield lambda: None
        return
    with tempfile.TemporaryDirectory(prefix="recheck-") as folder, contextlib.ExitStack() as stack:
        paths = [Path(folder, "problem.json"), Path(folder, "plan.json")]
        paths[0].write_bytes(files.problem)
        paths[1].write_bytes(files.plan)
        # -I: nothing of this process' environment or folder reaches the checker.
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", checker.__file__, *paths],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        stack.callback(_end, process)
        said: list[str] = []

        def verdict() -> None:
            if process.returncode is None:
                said.extend(process.communicate(timeout=PATIENCE)[0].splitlines())
            if process.returncode in (_REFUSED, _MALFORMED):
                _demand([line.partition(": ")[2] for line in said])
            elif process.returncode:
                raise RuntimeError(f"the checker ended with {process.returncode}: {said[-1:]}")

        yield verdict


def _judged_here(files: RunFiles) -> list[str]:
    try:
        return checker.check(json.loads(files.problem), json.loads(files.plan))
    except checker.Malformed as error:
        return [str(error)]


def _demand(violations: list[str]) -> None:
    if violations:
        raise Conflict(
            filled("計画がきまりに合いません。承認できません: %(why)s", why=violations[0])
        )


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
