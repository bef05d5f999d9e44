"""``fund serve``, ``fund worker`` and ``fund sandbox``: the processes of an installation."""

from __future__ import annotations

import os
from pathlib import Path

import click
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from fund import worker as work_room
from fund.cli.environment import open_house, settings
from fund.logs import configure_logs
from fund.platform.settings import default_data_dir
from fund.sandbox.server import run as run_sandbox
from fund.sandbox.settings import SandboxSettings
from fund.web import die_with_parent, prepare

WEB_THREADS = 8
CONNECTIONS = 2048
"""How many connections a process holds open. An idle one costs a few kilobytes and no thread; were
there as few as threads, visitors who say nothing would keep everybody else waiting at the door."""
SILENCE_MS = 20_000
"""How long a connection may be silent before and between requests."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))
def serve(host: str, port: int, processes: int) -> None:
    """Serve the pages (put a TLS proxy in front in production)."""
    _settle()
    settings()  # refuse to start half-configured, before any process is forked
    prepare()
    Server(
        "fund.web:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=processes,
        blocking_threads=WEB_THREADS,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=SILENCE_MS),
        websockets=False,
        respawn_failed_workers=True,
        log_enabled=False,
    ).serve()


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64))
def worker(concurrency: int) -> None:
    """Work through the task queue until SIGTERM; run as many as you like, on any machine."""
    _settle()
    with open_house() as house:
        work_room.work(house, concurrency=concurrency)


@click.command()
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option("--smtp-port", default=0, show_default=True, type=click.IntRange(0, 65535))
@click.option("--webhook-url", help="Where events are delivered.")
@click.option("--data", type=click.Path(path_type=Path), help="Directory of its state file.")
def sandbox(port: int, smtp_port: int, webhook_url: str | None, data: Path | None) -> None:
    """The local payment sandbox: Stripe's protocol and a mail catcher, without real money."""
    _settle()
    configure_logs()
    environment = os.environ
    folder = data or default_data_dir(environment)
    run_sandbox(
        SandboxSettings(
            data_file=folder / "sandbox.sqlite3",
            api_key=environment.get("STRIPE_SECRET_KEY", "sk_test_sandbox"),
            webhook_secret=environment.get("STRIPE_WEBHOOK_SECRET", "whsec_sandbox"),
            webhook_url=webhook_url,
            port=port,
            smtp_port=smtp_port,
        )
    )


def _settle() -> None:
    if os.environ.get("FUND_DIE_WITH_PARENT") == "1":
        die_with_parent()
