"""Tasks of workers that died are taken up at once, tasks of living ones never."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import procrastinate
import psycopg
import pytest

from fund.platform.workers import SILENT_SECONDS, LivingWorkers

Scene = Callable[[str], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def worker(dsn: str) -> AsyncIterator[LivingWorkers]:
    """The tables as one more worker sees them; it is not registered yet."""
    connector = procrastinate.PsycopgConnector(conninfo=dsn)
    async with procrastinate.App(connector=connector).open_async():
        manager = LivingWorkers(connector, dsn)
        yield manager
        await manager.let_go()


def rows(dsn: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchall()


def enqueue(dsn: str, count: int = 1) -> None:
    with psycopg.connect(dsn) as connection:
        for number in range(count):
            connection.execute(
                """INSERT INTO procrastinate_jobs (queue_name, task_name, args)
                   VALUES ('default', 'sample', jsonb_build_object('number', %s::int))""",
                (number,),
            )


def states(dsn: str) -> list[tuple[object, ...]]:
    return rows(dsn, "SELECT status::text, attempts FROM procrastinate_jobs ORDER BY id")


async def _of_a_living_one(dsn: str) -> None:
    async with worker(dsn) as busy, worker(dsn) as other:
        number = await busy.register_worker()
        assert await busy.fetch_job(None, number) is not None
        await other.register_worker()
        assert await other.take_up() == 0
        assert states(dsn) == [("doing", 0)]
        await busy.update_heartbeat(number)
        assert await other.take_up() == 0


async def _of_a_killed_one(dsn: str) -> None:
    async with worker(dsn) as busy, worker(dsn) as other:
        number = await busy.register_worker()
        assert await busy.fetch_job(None, number) is not None
        await busy.let_go()
        # The next one to register looks at once: nobody waits for a clock.
        await other.register_worker()
        assert states(dsn) == [("todo", 1)]


async def _of_one_that_unregistered_in_the_middle(dsn: str) -> None:
    async with worker(dsn) as busy, worker(dsn) as other:
        number = await busy.register_worker()
        assert await busy.fetch_job(None, number) is not None
        await busy.unregister_worker(number)
        assert await other.take_up() == 1


async def _of_a_machine_that_vanished(dsn: str) -> None:
    async with worker(dsn) as busy, worker(dsn) as other:
        number = await busy.register_worker()
        assert await busy.fetch_job(None, number) is not None
        with psycopg.connect(dsn) as connection:
            connection.execute(
                """UPDATE procrastinate_workers
                   SET last_heartbeat = now() - make_interval(secs => %s)""",
                (SILENT_SECONDS + 1,),
            )
        # Its session still holds the lock as far as the server knows.
        assert await other.take_up() == 1


async def _by_several_at_the_same_time(dsn: str) -> None:
    enqueue(dsn, 19)
    async with worker(dsn) as busy, worker(dsn) as one, worker(dsn) as two:
        number = await busy.register_worker()
        for _ in range(20):
            assert await busy.fetch_job(None, number) is not None
        await busy.let_go()
        taken = await asyncio.gather(one.take_up(), two.take_up(), one.take_up())
        assert sum(taken) == 20
        assert states(dsn) == [("todo", 1)] * 20


async def _after_the_server_forgot_the_lock(dsn: str) -> None:
    async with worker(dsn) as busy, worker(dsn) as other:
        number = await busy.register_worker()
        cut(dsn)
        await busy.update_heartbeat(number)
        assert await busy.fetch_job(None, number) is not None
        assert await other.take_up() == 0


def cut(dsn: str) -> None:
    """The server ends every session that holds a worker's lock, as a restart would."""
    rows(
        dsn,
        """SELECT pg_terminate_backend(pid) FROM pg_locks
           WHERE locktype = 'advisory' AND database =
             (SELECT oid FROM pg_database WHERE datname = current_database())""",
    )
    while rows(dsn, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"):
        time.sleep(0.01)


@pytest.mark.parametrize(
    "scene",
    [
        _of_a_living_one,
        _of_a_killed_one,
        _of_one_that_unregistered_in_the_middle,
        _of_a_machine_that_vanished,
        _by_several_at_the_same_time,
        _after_the_server_forgot_the_lock,
    ],
    ids=lambda scene: scene.__name__.strip("_"),
)
def test_tasks(app_dsn: str, scene: Scene) -> None:
    enqueue(app_dsn)
    asyncio.run(scene(app_dsn))
