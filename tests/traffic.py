"""Every message of the whole test run against Stripe's published document (a pytest plugin).

Each sandbox that runs in this process is watched: after every test, and before a sandbox forgets
or closes, what it was asked, answered and told by events since the last look is checked. A fault
is an error of the test that was running. Sandboxes of other processes leave their state file:
``check_file`` reads that (the journeys do so when their demo ends).

The sandbox's own tests send it nonsense on purpose: there, refused requests are not checked.
Everywhere else requests come from our own code, and every one must fit.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openapi import document

from fund.sandbox.store import Store

_REQUESTS = (
    "SELECT seq, method, path, params, status, answer FROM request WHERE seq > ? ORDER BY seq"
)
_EVENTS = "SELECT seq, body FROM event WHERE seq > ? ORDER BY seq"
OWN_TESTS = "tests/sandbox/"


class Watch:
    """The sandboxes of this process, how far each was read, and what was found."""

    def __init__(self) -> None:
        self.lenient = False
        self.faults: list[str] = []
        self.checked: Counter[str] = Counter()
        self._read: weakref.WeakKeyDictionary[Store, list[int]] = weakref.WeakKeyDictionary()

    def begin(self, store: Store) -> None:
        """Watch a sandbox from what its file already holds: that was another's to check."""
        ends = [
            int(store.rows(f"SELECT coalesce(max(seq), 0) FROM {table}")[0][0])
            for table in ("request", "event")
        ]
        self._read[store] = ends

    def look(self, store: Store, *, forgets: bool = False) -> None:
        """Check what is new in a sandbox; ``forgets`` if its numbers begin anew."""
        marks = self._read.get(store)
        if marks is None:
            return
        requests, events = store.rows(_REQUESTS, marks[:1]), store.rows(_EVENTS, marks[1:])
        self.check(requests, events)
        if requests:
            marks[0] = requests[-1]["seq"]
        if events:
            marks[1] = events[-1]["seq"]
        if forgets:
            marks[:] = [0, 0]

    def look_everywhere(self) -> list[str]:
        """Check what is new in every open sandbox; returns all faults since the last call."""
        for store in list(self._read):
            self.look(store)
        found, self.faults = self.faults, []
        return found

    def end(self, store: Store) -> None:
        """Check the rest before a sandbox closes."""
        self.look(store)
        self._read.pop(store, None)

    def check(self, requests: Sequence[Any], events: Sequence[Any]) -> None:
        """Check rows of the sandbox's state file."""
        self.faults += faults_of(requests, events, lenient=self.lenient)
        self.checked.update(requests=len(requests), events=len(events))


def faults_of(requests: Sequence[Any], events: Sequence[Any], *, lenient: bool) -> list[str]:
    """What is wrong with these rows of the tables ``request`` and ``event``."""
    found: list[str] = []
    for row in requests:
        asked = row["method"], row["path"]
        if row["status"] < 400 or not lenient:
            found += document().request_faults(*asked, json.loads(row["params"]))
        if row["answer"] is not None and row["status"]:
            found += document().answer_faults(*asked, row["status"], json.loads(row["answer"]))
    for row in events:
        found += document().event_faults(json.loads(row["body"]))
    return found


def check_file(state: Path, *, lenient: bool = False) -> Counter[str]:
    """Check all that a sandbox of another process has seen; returns how much that was.

    Raises:
        AssertionError: naming the first faults.
    """
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        requests = connection.execute(_REQUESTS, (0,)).fetchall()
        events = connection.execute(_EVENTS, (0,)).fetchall()
    assert_none(faults_of(requests, events, lenient=lenient))
    return Counter(requests=len(requests), events=len(events))


def assert_none(faults: list[str]) -> None:
    """Fail with what does not fit the published document."""
    told = "\n".join(dict.fromkeys(faults[:20]))
    assert not faults, f"{len(faults)} faults against Stripe's published document:\n{told}"


watch = Watch()
"""The watch of this test process."""


def pytest_configure(config: pytest.Config) -> None:
    """Watch every sandbox from its opening on."""
    del config
    if hasattr(Store, "watched"):
        return
    opened, closed, cleared = Store.__init__, Store.close, Store.clear

    def open_watched(self: Store, path: Path) -> None:
        opened(self, path)
        watch.begin(self)

    def close_watched(self: Store) -> None:
        watch.end(self)
        closed(self)

    def clear_watched(self: Store) -> None:
        watch.look(self, forgets=True)
        cleared(self)

    Store.__init__ = open_watched  # type: ignore[method-assign]
    Store.close = close_watched  # type: ignore[method-assign]
    Store.clear = clear_watched  # type: ignore[method-assign]
    Store.watched = True  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Say whose test it is before its fixtures start anything."""
    watch.lenient = item.nodeid.startswith(OWN_TESTS)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After a test and its fixtures: nothing it caused may contradict the document."""
    del item
    result = yield
    assert_none(watch.look_everywhere())
    return result
