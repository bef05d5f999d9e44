"""The same world over real sockets: webhook door, worker's queue, and a worker that is killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import psycopg
import requests
from houses import ENVIRONMENT, wired_settings
from simulated import KEY, SECRET, Provider, SimulatedTill
from werkzeug.serving import make_server
from world import World

from fund.app import create_app
from fund.payments import events
from fund.sandbox import server
from fund.sandbox.settings import SandboxSettings
from fund.sandbox.till import Till
from fund.wiring import build_house
from fund.worker import drain


class ServedProvider(Provider):
    """A provider that listens on a port; only its clock is the test's."""

    def __init__(self, file: Path) -> None:
        with mock.patch.object(server, "Till", SimulatedTill):
            self.running = server.start(SandboxSettings(file, KEY, SECRET))
        self.till = self.running.till  # type: ignore[assignment]
        self.till.store.turn("deliveries", "hold")
        self.calls = 0

    @contextlib.contextmanager
    def acting(self) -> Iterator[Till]:
        yield self.till


class HttpWorld(World):
    """A house that hears over its webhook, works through its queue and asks over HTTP."""

    def __init__(self, dsn: str, place: Path) -> None:
        self.provider = ServedProvider(place / "sandbox.db")
        self.dsn, self.place = dsn, place
        self.house = build_house(
            replace(
                wired_settings(dsn, place),
                stripe_api_base=self.provider.running.url,
                stripe_secret_key=KEY,
                stripe_webhook_secret=SECRET,
            )
        )
        self._door = make_server("127.0.0.1", 0, create_app(self.house), threaded=True)
        self._thread = threading.Thread(target=self._door.serve_forever, args=(0.05,))
        self._thread.start()
        self._seen = 0
        self.used = frozenset(events.used_types())
        self.killed = 0

    def close(self) -> None:
        self._door.shutdown()
        self._thread.join()
        self._door.server_close()
        self.house.database.close()
        self.provider.running.stop()

    def deliver(self, body: bytes) -> None:
        answer = requests.post(
            f"http://127.0.0.1:{self._door.server_port}/webhooks/stripe",
            data=body,
            headers={"Stripe-Signature": self.provider.signature(body)},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text

    def work(self, dice: random.Random | None = None) -> None:
        """The worker takes what waits; now and then its process dies in the middle first."""
        if dice is not None and dice.random() < 0.5 and self.killed < 4:
            self._work_and_die(dice.uniform(0.0, 0.3))
        drain(self.house)

    def _work_and_die(self, after: float) -> None:
        """A real worker process, killed so many seconds after its first task was taken."""
        environment = {
            **os.environ,
            **ENVIRONMENT,
            "DATABASE_URL": self.dsn,
            "FUND_DATA_DIR": str(self.place),
            "STRIPE_SECRET_KEY": KEY,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "STRIPE_API_BASE": self.provider.running.url,
        }
        command = [sys.executable, "-m", "fund", "worker"]
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            if connection.execute(WAITING).fetchone() == (0,):
                return
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and process.poll() is None:
                if connection.execute(BEGUN).fetchone() != (0,):
                    break
                time.sleep(0.02)
            time.sleep(after)
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.killed += 1
            # What thirty seconds of silence would bring about: its tasks count as stalled.
            connection.execute(SILENT)


WAITING = """SELECT count(*) FROM procrastinate_jobs
WHERE status = 'todo' AND task_name LIKE 'payments.%'"""
BEGUN = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
SILENT = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"


def named_by_order(world: World) -> list[str]:
    """The books with the provider's ids replaced by their kind and number, in a fixed order.

    Ids of a provider that listens on a port are its own; the order in which it made its
    objects is the history's.
    """
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for row in world.provider.till.store.rows("SELECT id, kind FROM thing ORDER BY seq"):
        counts[row["kind"]] = counts.get(row["kind"], 0) + 1
        names[row["id"]] = f"{row['kind']}-{counts[row['kind']]}"

    def renamed(word: str) -> str:
        head, mark, tail = word.partition("/")
        head, hash_mark, attempt = head.partition("#")
        return names.get(head, head) + hash_mark + attempt + mark + tail

    return sorted(" ".join(map(renamed, line.split(" "))) for line in world.state())
