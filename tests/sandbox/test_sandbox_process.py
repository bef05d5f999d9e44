"""The sandbox as a process of its own: one line when ready, a clean end, nothing lost by a kill."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stripe
from conftest import KEY, SECRET, session_params

from fund.kernel.errors import Invalid
from fund.sandbox.server import start
from fund.sandbox.settings import SandboxSettings

PROGRAM = """
import sys, pathlib
from fund.sandbox.server import run
from fund.sandbox.settings import SandboxSettings
run(SandboxSettings(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
"""
Begin = Callable[[], tuple["subprocess.Popen[str]", stripe.StripeClient]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    started: list[subprocess.Popen[str]] = []

    def begun() -> tuple[subprocess.Popen[str], stripe.StripeClient]:
        program = [
            sys.executable,
            "-c",
            PROGRAM,
            str(tmp_path / "deep" / "sandbox.db"),
            KEY,
            SECRET,
        ]
        process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
        started.append(process)
        line = process.stdout.readline()
        found = re.fullmatch(r"sandbox (http://127\.0\.0\.1:\d+) smtp 127\.0\.0\.1:\d+\n", line)
        assert found, line
        return process, stripe.StripeClient(KEY, base_addresses={"api": found[1]})

    yield begun
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def test_it_ends_cleanly_on_sigterm(begin: Begin) -> None:
    process, client = begin()
    client.v1.checkout.sessions.create(session_params())
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0


def test_a_kill_loses_nothing_that_was_answered(begin: Begin) -> None:
    process, client = begin()
    ids = [client.v1.checkout.sessions.create(session_params()).id for _ in range(5)]
    process.kill()
    process.wait()
    _, client = begin()
    assert [one.id for one in client.v1.checkout.sessions.list().data] == ids[::-1]


def test_a_taken_port_is_an_error_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for ports in ({"port": port}, {"smtp_port": port}):
            with pytest.raises(OSError, match="in use"):
                start(SandboxSettings(tmp_path / "sandbox.db", KEY, SECRET, **ports))


@pytest.mark.parametrize(
    "fault", [{"api_key": "sk_live_x"}, {"webhook_secret": ""}, {"host": "0.0.0.0"}]
)
def test_it_refuses_live_keys_empty_secrets_and_open_hosts(
    tmp_path: Path, fault: dict[str, str]
) -> None:
    good = {"data_file": tmp_path / "sandbox.db", "api_key": KEY, "webhook_secret": SECRET}
    with pytest.raises(Invalid) as caught:
        SandboxSettings(**{**good, **fault})
    assert list(caught.value.fields) == list(fault)
