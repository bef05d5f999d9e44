"""The worker: takes tasks from the queue and runs the deliveries of the rooms.

A worker killed in the middle leaves its task behind; any other worker (or the same one after its
restart) takes it up again within seconds, which is why every delivery may be repeated.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import procrastinate
import structlog

from fund.platform.database import WRITING, libpq_url
from fund.platform.house import Delivery, House
from fund.platform.workers import BREATH_SECONDS, SILENT_SECONDS, LivingWorkers
from fund.wiring import deliveries, periodic

log = structlog.get_logger("fund.worker")

LOOK_SECONDS = 0.3
"""How often an idle worker looks into the queue: nothing is announced (migration 0015)."""
RETRY = procrastinate.RetryStrategy(max_attempts=200, linear_wait=2)
"""Waits of 2, 4, 6 … seconds: a provider or mail server may be silent for eleven hours."""


def build_worker_app(house: House) -> procrastinate.App:
    """A procrastinate application that knows every delivery and the clock's tasks."""
    url = house.settings.database_url
    connector = procrastinate.PsycopgConnector(conninfo=libpq_url(url), kwargs={"options": WRITING})
    app = procrastinate.App(connector=connector)
    app.job_manager = LivingWorkers(connector, url)
    clock = periodic()
    for name, delivery in deliveries().items():
        task = app.task(name=name, retry=RETRY)(_runner(house, name, delivery))
        if name in clock:
            # procrastinate hands the tick's timestamp to periodic tasks; deliveries need none.
            ticking = app.task(name=f"{name}.tick", queueing_lock=f"{name}.tick")(
                _runner(house, name, delivery, ticking=True)
            )
            app.periodic(cron=clock[name])(ticking)
        del task
    return app


def _runner(house: House, name: str, delivery: Delivery, *, ticking: bool = False) -> Any:
    def run(*_tick: int, **payload: Any) -> None:
        moment = dt.datetime.now(dt.UTC)
        try:
            delivery(house, now=moment, **({} if ticking else payload))
        except Exception as error:
            log.warning("task failed", task=name, error=type(error).__name__)
            raise

    return run


async def _work(house: House, *, wait: bool, concurrency: int) -> None:
    app = build_worker_app(house)
    async with app.open_async():
        await app.run_worker_async(
            wait=wait,
            concurrency=concurrency,
            listen_notify=False,
            fetch_job_polling_interval=LOOK_SECONDS,
            update_heartbeat_interval=BREATH_SECONDS,
            stalled_worker_timeout=SILENT_SECONDS,
            install_signal_handlers=wait,
            delete_jobs="successful",
        )


def work(house: House, *, concurrency: int = 4) -> None:
    """Serve the queue until SIGTERM or SIGINT."""
    asyncio.run(_work(house, wait=True, concurrency=concurrency))


def drain(house: House) -> None:
    """Run everything that waits now, then return (tests, sample data, maintenance)."""
    asyncio.run(_work(house, wait=False, concurrency=1))
