"""Work after the commit: tasks are rows of the same transaction as the fact that asks for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import JobDeferrer
from sqlalchemy import Connection, text

from fund.platform.database import libpq_url

Payload: TypeAlias = "dict[str, int | str | None]"

_MINE_TO_ADD = text(
    "SELECT NOT EXISTS (SELECT FROM procrastinate_jobs"
    " WHERE queueing_lock = :lock AND status = 'todo')"
    " AND pg_try_advisory_xact_lock(hashtextextended('queue ' || :lock, 0))"
)


@dataclass(frozen=True)
class Task:
    """A delivery by its name (``payments.process_event``) and what it is told."""

    name: str
    payload: Payload


class TaskQueue:
    """Enqueues into procrastinate's tables through the caller's own connection."""

    def __init__(self, url: str) -> None:
        # Never opened: each call brings the connection whose transaction the task belongs to.
        self._app = procrastinate.App(
            connector=procrastinate.SyncPsycopgConnector(conninfo=libpq_url(url))
        )

    def enqueue(self, connection: Connection, tasks: Sequence[Task]) -> None:
        """Add tasks, all of them in one statement for each kind."""
        for name, payloads in _by_name(tasks).items():
            listed: list[dict[str, Any]] = list(payloads)
            self._deferrer(connection, name, None).batch_defer(*listed)

    def enqueue_once(self, connection: Connection, task: Task, lock: str) -> None:
        """Add a task unless one with the same lock waits in the queue or is just being added.

        Nobody waits for another's transaction here: the queue's unique index would let all who
        ask for the same task commit one after the other. Who comes second leaves it to the first;
        should the task run before the second has committed, its periodic run finds the rest.
        """
        if not connection.scalar(_MINE_TO_ADD, {"lock": lock}):
            return
        # The SAVEPOINT keeps the caller's transaction alive should the task wait after all.
        with connection.begin_nested() as savepoint:
            try:
                self._deferrer(connection, task.name, lock).defer(**task.payload)
            except AlreadyEnqueued:
                savepoint.rollback()

    def _deferrer(self, connection: Connection, name: str, lock: str | None) -> JobDeferrer:
        # SQLAlchemy begins with its first statement; the driver must not begin before it.
        if not connection.in_transaction():
            raise RuntimeError("a task belongs to a transaction")
        raw = connection.connection.driver_connection
        return self._app.configure_task(
            name, allow_unknown=True, connection=raw, queueing_lock=lock
        )


def _by_name(tasks: Sequence[Task]) -> dict[str, list[Payload]]:
    grouped: dict[str, list[Payload]] = defaultdict(list)
    for task in tasks:
        grouped[task.name].append(task.payload)
    return grouped
