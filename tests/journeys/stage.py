"""The running demo as its scripts see it: addresses of demo.json, the sandbox's hand, the books."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import psycopg
import requests
from urllib3 import PoolManager

START, PATIENCE = 240.0, 90.0
"""Seconds: a first start on a busy machine, and whatever the worker does on it."""
OURS = ("FUND_", "DATABASE_URL", "STRIPE_", "SMTP_", "SECRET_KEY")


@dataclass
class Stage:
    """``fund demo`` in its own directory, started as a person would start it."""

    data: Path
    process: subprocess.Popen[bytes]

    def card(self) -> dict[str, Any]:
        """What demo.json says now; pids change when a process was started again."""
        found: dict[str, Any] = json.loads((self.data / "demo.json").read_text(encoding="utf-8"))
        return found

    @property
    def web(self) -> str:
        """The address of the pages."""
        return str(self.card()["web"])

    def control(self, path: str, **fields: Any) -> Any:
        """One call to the sandbox's hand."""
        url = f"{self.card()['sandbox']}/_sandbox/{path}"
        answer = requests.post(url, json=fields, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def look(self, path: str) -> Any:
        """What the sandbox tells when asked."""
        answer = requests.get(f"{self.card()['sandbox']}/_sandbox/{path}", timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the demo's database, read as the superuser."""
        with psycopg.connect(self.card()["dsn"]["superuser"]) as connection:
            return connection.execute(sql, values).fetchall()

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def entries_of(self, gift_no: str) -> list[str]:
        """The kinds of journal entries that name a gift or one of its payments."""
        found = self.rows(
            """SELECT kind FROM journal_entry WHERE fact_id = %s OR fact_id IN
               (SELECT no FROM payment WHERE gift_no = %s) ORDER BY id""",
            gift_no,
            gift_no,
        )
        return [row[0] for row in found]

    def check(self) -> subprocess.CompletedProcess[str]:
        """``fund check`` as an auditor runs it."""
        return fund("check", "--data", str(self.data))

    def stop(self) -> None:
        """Ctrl-C, and the patience of a person."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def fund(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one ``fund`` command in an environment that says nothing about any installation."""
    return subprocess.run(
        [sys.executable, "-m", "fund", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def environment() -> dict[str, str]:
    """The environment without settings of an installation; where programs lie is kept."""
    kept = ("FUND_PG_BIN", "FUND_CHROMIUM")
    return {
        name: value
        for name, value in os.environ.items()
        if name in kept or not name.startswith(OURS)
    }


def start(data: Path, gifts: int) -> Stage:
    """Start the demo and wait until it says where it is."""
    command = ["demo", f"--port={free_port()}", f"--data={data}", f"--gifts={gifts}"]
    with (data.parent / f"{data.name}.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "fund", *command],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    stage = Stage(data, process)
    log = data.parent / f"{data.name}.log"

    def ready() -> bool:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        return (data / "demo.json").is_file()

    until(ready, START)
    return stage


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Ask again and again until the answer is a yes; the yes is returned."""
    deadline = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < deadline, f"{seconds:.0f} seconds and still no"
        time.sleep(0.3)


class FromAddress(requests.adapters.HTTPAdapter):
    """Connections that come from one address of the loopback net: a household of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(pool_maxsize=4)

    def init_poolmanager(self, *pools: Any, **options: Any) -> None:
        """As the library does it, with the address we come from."""
        self.poolmanager = PoolManager(
            *pools[:1], maxsize=4, source_address=(self.address, 0), **options
        )


class FormDonor:
    """A donor whose browser knows nothing but forms: keeps cookies, sends the page's token.

    Each comes from an address of its own: an address may begin only so many gifts in an hour.
    """

    _numbers = itertools.count(1)

    def __init__(self, stage: Stage) -> None:
        self.stage, self.session = stage, requests.Session()
        self.session.mount("http://", FromAddress(f"127.0.2.{next(self._numbers)}"))
        self.token = ""

    def post(self, path: str, fields: dict[str, str]) -> requests.Response:
        """Send a form with the token of the page at the same path."""
        page = self.session.get(self.stage.web + path, timeout=60)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, page.url
        return self.session.post(
            self.stage.web + path,
            data={"csrf_token": unescape(found[1]), **fields},
            allow_redirects=False,
            timeout=60,
        )

    def offer(self, **changes: str) -> OfferedGift:
        """The five steps with an everyday gift; ends before the payment page."""
        steps: dict[str, dict[str, str]] = {
            "/give/use": {"wish": "anywhere"},
            "/give/amount": {"amount": "other", "own_amount": "４，０００円", "kind": "individual"},
            "/give/donor": {
                "name_style": "split",
                "family_name": "見本",
                "given_name": "花子",
                "kana": "みほん はなこ",
                "where": "japan",
                "postal_code": "144-8621",
                "address1": "東京都大田区見本町1番1号",
                "email": "forms@example.jp",
            },
            "/give/consents": {"publish": "no", "method": "card", "purpose_of_use": "y"},
            "/give/check": {},
        }
        for path, fields in steps.items():
            mine = {name: value for name, value in changes.items() if name in fields}
            answer = self.post(path, {**fields, **mine})
            assert answer.status_code == 303, (path, answer.status_code)
        pay_url = answer.headers["Location"]
        session_id = re.search(r"/c/pay/(cs_\w+)", pay_url)
        assert session_id, pay_url
        found = self.stage.rows(
            "SELECT gift_no, no FROM payment WHERE session_id = %s", session_id[1]
        )
        return OfferedGift(self.stage, str(found[0][0]), str(found[0][1]), session_id[1])


@dataclass
class OfferedGift:
    """A gift that waits for its payment."""

    stage: Stage
    no: str
    payment_no: str
    session_id: str

    def pay(self) -> None:
        """The card is charged; what follows travels by webhook."""
        self.stage.control(f"sessions/{self.session_id}/pay", card="4242424242424242")

    @property
    def state(self) -> str:
        """The gift's state in the books."""
        return str(self.stage.rows("SELECT state FROM gift WHERE no = %s", self.no)[0][0])

    def events(self) -> list[dict[str, Any]]:
        """The provider's events about this payment, newest first."""
        found = self.stage.look("events?limit=200")
        return [event for event in found if self.session_id in json.dumps(event)]
