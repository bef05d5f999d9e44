"""Which workers live: each holds a lock in the database for as long as its process does.

A process that is killed loses its connections and with them the lock at once, so that its tasks
are taken up again within a breath of another worker, or as soon as it is started again. A machine
that vanishes without closing anything is known by its heartbeat, which stays away.
"""

from __future__ import annotations

import psycopg
import structlog
from procrastinate.connector import BaseAsyncConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from fund.platform.database import libpq_url

log = structlog.get_logger("fund.worker")

BREATH_SECONDS = 3
"""How often a worker says that it lives, and looks for tasks of dead ones."""
SILENT_SECONDS = 30
"""A worker that was silent so long is dead, whatever its lock says."""
_LOCKS = 0x66756E64
"""The class of our advisory locks; the second number is the worker's id."""

_LEFT_BEHIND = """
    SELECT job.id, now() AS at FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing' AND (
        worker.id IS NULL
        OR worker.last_heartbeat < now() - make_interval(secs => %(silent)s)
        OR NOT EXISTS (
            SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND classid = %(locks)s AND objsubid = 2
              AND objid::bigint = worker.id
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
    )
    ORDER BY job.id
"""


class LivingWorkers(JobManager):
    """procrastinate's hand on its tables, for one worker that holds its lock beside them."""

    def __init__(self, connector: BaseAsyncConnector, url: str) -> None:
        super().__init__(connector)
        self._tables = connector
        self._url = libpq_url(url)
        self._session: psycopg.AsyncConnection | None = None
        self._locked = False

    async def register_worker(self) -> int:
        """Register, hold the lock before any task is taken, and look what others left behind."""
        worker_id = await super().register_worker()
        await self._hold(worker_id)
        await self.take_up()
        return worker_id

    async def update_heartbeat(self, worker_id: int) -> None:
        """Breathe: the heartbeat, the lock (a server that restarted forgot it), the dead."""
        await super().update_heartbeat(worker_id)
        await self._hold(worker_id)
        await self.take_up()

    async def unregister_worker(self, worker_id: int) -> None:
        """Leave, and let the lock go."""
        await super().unregister_worker(worker_id)
        await self.let_go()

    async def take_up(self) -> int:
        """Put the tasks of dead workers back into the queue; returns how many."""
        found = await self._tables.execute_query_all_async(
            _LEFT_BEHIND, locks=_LOCKS, silent=SILENT_SECONDS
        )
        count = 0
        for row in found:
            try:
                await self.retry_job_by_id_async(row["id"], row["at"])
            except ConnectorException as error:
                # Another worker was faster, or its own worker finished it after all.
                log.info("task was not left behind", error=type(error).__name__)
            else:
                count += 1
        if count:
            log.info("tasks of dead workers taken up", count=count)
        return count

    async def let_go(self) -> None:
        """End the session that holds the lock, as the kernel does for a killed process."""
        if self._session is not None:
            await self._session.close()
        self._session, self._locked = None, False

    async def _hold(self, worker_id: int) -> None:
        """Connect and lock, unless both still stand.

        A former session that the server has not missed yet keeps the lock for us meanwhile.
        """
        if self._session is not None:
            try:
                await self._session.execute("SELECT 1")
            except psycopg.OperationalError:
                await self.let_go()
        if self._session is None:
            self._session = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        if not self._locked:
            asked = await self._session.execute(
                "SELECT pg_try_advisory_lock(%s, %s)", (_LOCKS, worker_id)
            )
            self._locked = await asked.fetchone() == (True,)
