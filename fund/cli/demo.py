"""``fund demo``: the whole service on one machine, with sample books and the payment sandbox."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import click

from fund.cli.demo_settings import DemoPlace, prepare
from fund.cli.supervisor import Supervisor
from fund.logs import configure_logs
from fund.platform.cluster import stop_cluster
from fund.platform.settings import default_data_dir
from fund.sample.plot import DEFAULT_GIFTS


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--data", type=click.Path(path_type=Path), help="Data directory (default: FUND_DATA_DIR)."
)
@click.option(
    "--gifts",
    default=DEFAULT_GIFTS,
    show_default=True,
    type=click.IntRange(0, 100_000),
    help="Sample gifts of a first start.",
)
def demo(port: int, data: Path | None, gifts: int) -> None:
    """Start everything: PostgreSQL, migrations, sample data, sandbox, web and worker.

    Writes DIR/demo.json and prints addresses and sign-ins; Ctrl-C stops all.
    """
    configure_logs()
    click.echo("みえる基金を準備しています… (first start: database and sample books)")
    place = prepare((data or default_data_dir(os.environ)).absolute(), port, gifts)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    supervisor = Supervisor(place)
    try:
        supervisor.start()
        click.echo(greeting(place))
        supervisor.watch(done)
    finally:
        supervisor.stop()
        stop_cluster(place.data_dir)
        click.echo("止めました (stopped)")


def greeting(place: DemoPlace) -> str:
    """What the newcomer reads: addresses and sign-ins."""
    lines = [
        "",
        f"  みえる基金   {place.web}",
        f"  English      {place.web}/en/",
        f"  職員         {place.web}/staff",
        f"  支払いの見本 {place.sandbox}/_sandbox/",
        f"  メールの見本 {place.sandbox}/_sandbox/mail",
        "",
        "  見本のサインイン (sample sign-ins; password of all: " + place.password + ")",
    ]
    lines += [f"    {user['role']:10} {user['email']}" for user in place.users]
    lines += ["", "  カードは 4242 4242 4242 4242 が通ります。Ctrl-C で止まります。", ""]
    return "\n".join(lines)
