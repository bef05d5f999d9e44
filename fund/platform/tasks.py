"""Work after the commit: tasks are rows of the same transaction as the fact that asks for them."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import JobDeferrer
from sqlalchemy import Connection, Insert, Select, select, text

from fund.platform.database import libpq_url

Payload: TypeAlias = "dict[str, int | str | None]"
Values: TypeAlias = "Mapping[str, Any]"

_MINE_TO_ADD = text(
    "SELECT NOT EXISTS (SELECT FROM procrastinate_jobs"
    " WHERE queueing_lock = :lock AND status = 'todo')"
    " AND pg_try_advisory_xact_lock(hashtextextended('queue ' || :lock, 0))"
)


# What the library sends for many tasks of one kind, without an object for each of them.
_DEFER = text("""
SELECT procrastinate_defer_jobs_v1(array_agg(
  ROW('default', CAST(:task_ AS text), 0, NULL, NULL, given.payload, NULL)
    ::procrastinate_job_to_defer_v1 ORDER BY given.place))
FROM jsonb_array_elements(CAST(:payloads_ AS jsonb)) WITH ORDINALITY AS given(payload, place)
""")
PUT_OFF = dt.timedelta(seconds=20)
"""How long tasks that were taken along wait before they run by themselves after all."""
_TAKE_ALONG = text("""
UPDATE procrastinate_jobs SET scheduled_at = now() + :wait_
WHERE id IN (
  SELECT id FROM procrastinate_jobs
  WHERE status = 'todo' AND task_name = :task_ AND scheduled_at IS NULL AND lock IS NULL
  ORDER BY priority DESC, id LIMIT :limit_ FOR UPDATE SKIP LOCKED
)
RETURNING id, args->>:argument_ AS told
""")
# A task that began after all (its time was over) is finished by who began it.
_DONE = text("DELETE FROM procrastinate_jobs WHERE id = ANY (:ids) AND status = 'todo'")
_GIVE_BACK = text(
    "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = ANY (:ids) AND status = 'todo'"
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
            listed = json.dumps(payloads, ensure_ascii=False)
            connection.execute(_DEFER, {"task_": name, "payloads_": listed})

    def enqueue_rows(
        self, connection: Connection, insert: Insert, values: Values, task: str, argument: str
    ) -> list[str]:
        """Insert rows and ask for a task for each one that is new, in a single round trip.

        ``insert`` returns one text column of the rows that it really added; the task of each is
        told it as ``argument``. Returns these texts.
        """
        asked = {**values, "task_": task, "argument_": argument}
        return list(connection.execute(_with_tasks(insert), asked).scalars())

    def take_along(
        self, connection: Connection, task: str, argument: str, limit: int
    ) -> dict[int, str]:
        """Tasks of a kind that nobody has begun: whoever does one may do these with it.

        They are put off for twenty seconds, so that no other takes them meanwhile and that they
        run by themselves should the taker die. Returns what each is told as ``argument``, by the
        task's id. Tasks that ever waited for a moment of their own are left alone.
        """
        asked = {"task_": task, "argument_": argument, "limit_": limit, "wait_": PUT_OFF}
        return {row.id: row.told for row in connection.execute(_TAKE_ALONG, asked)}

    def done(self, connection: Connection, ids: Collection[int]) -> None:
        """Tasks taken along are done, with the transaction that did them."""
        connection.execute(_DONE, {"ids": sorted(ids)})

    def give_back(self, connection: Connection, ids: Collection[int]) -> None:
        """Tasks taken along were not done: each is done by itself, at once."""
        connection.execute(_GIVE_BACK, {"ids": sorted(ids)})

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


@functools.cache
def _with_tasks(insert: Insert) -> Select[Any]:
    """The insertion, and what the library sends to defer a task, for each row that it added."""
    added = insert.cte("added")
    (told,) = added.c
    deferred = text(
        "procrastinate_defer_jobs_v1(ARRAY[ROW('default', CAST(:task_ AS text), 0, NULL, NULL,"
        f" jsonb_build_object(CAST(:argument_ AS text), added.{told.name}), NULL)"
        "::procrastinate_job_to_defer_v1])"
    )
    return select(told, deferred).select_from(added)


def _by_name(tasks: Sequence[Task]) -> dict[str, list[Payload]]:
    grouped: dict[str, list[Payload]] = defaultdict(list)
    for task in tasks:
        grouped[task.name].append(task.payload)
    return grouped
