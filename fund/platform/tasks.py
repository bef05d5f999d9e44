"""Work after the commit: tasks are rows of the same transaction as the fact that asks for them."""

from __future__ import annotations

from typing import TypeAlias

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import Connection

from fund.platform.database import libpq_url

Payload: TypeAlias = "dict[str, int | str | None]"


class TaskQueue:
    """Enqueues into procrastinate's tables through the caller's own connection."""

    def __init__(self, url: str) -> None:
        # Never opened: each call brings the connection whose transaction the task belongs to.
        self._app = procrastinate.App(
            connector=procrastinate.SyncPsycopgConnector(conninfo=libpq_url(url))
        )

    def enqueue(
        self, connection: Connection, task: str, payload: Payload, *, once: str | None = None
    ) -> None:
        """Add a task; with ``once`` nothing is added while an equal one waits in the queue."""
        # The SAVEPOINT keeps the caller's transaction alive when the task already waits,
        # and makes SQLAlchemy open the connection before its driver's one is taken.
        with connection.begin_nested() as savepoint:
            raw = connection.connection.driver_connection
            deferrer = self._app.configure_task(
                task, allow_unknown=True, connection=raw, queueing_lock=once
            )
            try:
                deferrer.defer(**payload)
            except AlreadyEnqueued:
                savepoint.rollback()
