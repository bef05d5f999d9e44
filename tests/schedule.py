"""Which tests stay together on one worker, and which begin first.

A file is a unit: its tests share what its fixtures made. All files of the journeys are one unit,
because they share one demo and its clock; each book of random histories is a unit of its own,
because it shares nothing. Units begin with the longest, so that the last ones are short and all
workers end together.
"""

from __future__ import annotations

from collections import Counter

import pytest

ONE_UNIT = ("tests/journeys",)
"""Folders whose files share something dear."""
APART = ("tests/histories/test_histories.py",)
"""Files whose tests share nothing."""
SECONDS = {
    "tests/journeys": 150.0,
    "tests/histories/test_over_http.py": 40.0,
    "tests/histories/test_killed_at_each_step.py": 35.0,
    "tests/histories/test_histories.py": 15.0,
    "tests/architecture/test_house_rules.py": 10.0,
}
"""What a unit takes on an idle processor, where its number of tests does not tell. A wrong figure
costs balance and nothing else; ``--durations=0`` shows the right one."""
ORDINARY = 0.15
"""Seconds of an ordinary test."""


def unit(nodeid: str) -> str:
    """The name of the unit that a test belongs to."""
    file = nodeid.partition("::")[0]
    folder = file.rpartition("/")[0]
    if file in APART:
        return nodeid
    return folder if folder in ONE_UNIT else file


def sort(items: list[pytest.Item]) -> None:
    """Bring the longest units to the front; within a unit the order stays."""
    sizes = Counter(unit(item.nodeid) for item in items)
    # The name decides between equals: every worker must come to the same order.
    items.sort(key=lambda item: _place(unit(item.nodeid), sizes))


def _place(name: str, sizes: Counter[str]) -> tuple[float, str]:
    seconds = SECONDS.get(name.partition("::")[0], ORDINARY * sizes[name])
    return -seconds, name
