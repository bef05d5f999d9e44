"""Keeps the demo's processes alive: what dies is started again, and demo.json says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import structlog

from fund.cli.demo_settings import DemoPlace, write_private
from fund.kernel.errors import Unavailable
from fund.platform.cluster import ensure_cluster

log = structlog.get_logger("fund.demo")

START_TIMEOUT = 60.0
STOP_TIMEOUT = 15.0
POLL = 0.5


class Supervisor:
    """Sandbox, web and worker as child processes that end with this one."""

    def __init__(self, place: DemoPlace) -> None:
        self._place = place
        self._postgres = place.cluster.pid
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            **place.environment,
            "FUND_DIE_WITH_PARENT": "1",
        }

    def start(self) -> None:
        """Start the processes, wait until the pages answer, write demo.json.

        Raises:
            Unavailable: when the pages do not answer within a minute.
        """
        for name in ("sandbox", "web", "worker"):
            self._spawn(name)
        self._wait_for(self._place.web + "/healthz")
        self._wait_for(self._place.sandbox + "/_sandbox/")
        self._write_card()

    def watch(self, done: threading.Event) -> None:
        """Look twice a second whether everything still runs, until ``done``."""
        while not done.wait(POLL):
            changed = self._revive_postgres()
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    log.warning("process ended, starting it again", process=name)
                    self._spawn(name)
                    changed = True
            if changed:
                self._write_card()

    def stop(self) -> None:
        """End the children in order, kindly first."""
        for name in ("web", "worker", "sandbox"):
            child = self._children.get(name)
            if child is None or child.poll() is not None:
                continue
            child.terminate()
            try:
                child.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _spawn(self, name: str) -> None:
        place = self._place
        arguments = {
            "sandbox": [
                "sandbox",
                f"--port={place.sandbox_port}",
                f"--smtp-port={place.smtp_port}",
                f"--webhook-url={place.web}/webhooks/stripe",
                f"--data={place.data_dir}",
            ],
            "web": ["serve", f"--port={place.port}", "--processes=1"],
            "worker": ["worker", "--concurrency=2"],
        }[name]
        log_file = place.data_dir / f"{name}.log"
        with log_file.open("ab") as output:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "fund", *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A session of its own: Ctrl-C reaches the supervisor alone, which stops in order.
                start_new_session=True,
            )

    def _revive_postgres(self) -> bool:
        if _alive(self._postgres):
            return False
        log.warning("process ended, starting it again", process="postgres")
        self._postgres = ensure_cluster(self._place.data_dir).pid
        return True

    def _wait_for(self, url: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
            for name, child in self._children.items():
                if child.poll() is not None:
                    logs = self._place.data_dir / f"{name}.log"
                    raise Unavailable(f"{name} did not start; see {logs}")
        raise Unavailable(f"{url} does not answer")

    def _write_card(self) -> None:
        pids = {name: child.pid for name, child in self._children.items()}
        pids["postgres"] = self._postgres
        card = self._place.card(pids)
        target = self._place.data_dir / "demo.json"
        write_private(target, json.dumps(card, ensure_ascii=False, indent=1) + "\n")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
