"""Failures on demand: the next requests to a path fail as asked, and answers can be slowed.

A failure ``before`` the work leaves nothing behind; one ``after`` it does the work and loses the
answer, which is how a retry with the same idempotency key is put to the test. Status 0 cuts the
connection instead of answering.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass

from fund.sandbox.store import Thing
from fund.sandbox.till import Till


@dataclass(frozen=True)
class Failure:
    """One wished-for failure: HTTP status (0: cut) and when it strikes."""

    status: int
    when: str


def wish(till: Till, wishes: list[Thing]) -> None:
    """Add wishes ``{path, status, times, when}``; ``path`` may hold ``*``.

    ``when`` is ``before`` the work (the default) or ``after`` it.

    Raises:
        ValueError: for a wish without a path, or with an unknown ``when``.
    """
    read = []
    for each in wishes:
        when = each.get("when", "before")
        if "path" not in each or when not in ("before", "after"):
            raise ValueError("a failure needs a path, and when must be before or after")
        read.append(
            {
                "path": str(each["path"]),
                "status": int(each.get("status", 500)),
                "times": int(each.get("times", 1)),
                "when": when,
            }
        )
    with till.store.act():
        till.store.turn("fail_next", till.store.switch("fail_next", []) + read)


def take(till: Till, path: str) -> Failure | None:
    """Use up one wish for this path, if there is any."""
    if not till.store.switch("fail_next", []):
        return None
    with till.store.act():
        wishes = till.store.switch("fail_next", [])
        for each in wishes:
            if each["times"] > 0 and fnmatch.fnmatchcase(path, each["path"]):
                each["times"] -= 1
                till.store.turn("fail_next", [one for one in wishes if one["times"] > 0])
                return Failure(each["status"], each["when"])
    return None
