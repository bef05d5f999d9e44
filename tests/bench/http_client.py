"""One connection that asks politely, one request after the other, and what the answers took."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], port: int, ready: str, environment: Mapping[str, str]
) -> Iterator[tuple[int, float]]:
    """A server in a process of its own; yields its process id and the seconds until it answered."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=300).close()
                break
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended before it answered")
            time.sleep(0.02)
        yield process.pid, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def latencies(port: int, paths: Sequence[str], *, warm: int = 3) -> dict[str, float]:
    """Milliseconds of GET requests over one kept connection; every answer must be 200."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    took = []
    for number, path in enumerate([*paths[:warm], *paths]):
        began = time.perf_counter()
        link.request("GET", path)
        answer = link.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        if number >= min(warm, len(paths)):
            took.append((time.perf_counter() - began) * 1000)
    link.close()
    points = statistics.quantiles(took, n=20) if len(took) > 1 else took * 19
    return {"p50": statistics.median(took), "p95": points[18]}


def whole_stream(port: int, path: str) -> tuple[int, float]:
    """Read a long answer to its end and forget it: its bytes and the seconds it took."""
    began, total = time.perf_counter(), 0
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=600) as answer:
        while part := answer.read(1 << 18):
            total += len(part)
    return total, time.perf_counter() - began


def children(pid: int) -> list[int]:
    """A process and everything below it."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
            found += [int(one) for one in told.split()]
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and those below it."""
    ticks = 0
    for one in children(pid):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Proportional set size of a process and those below it, in MiB."""
    kib = 0
    for one in children(pid):
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
            kib += sum(int(line.split()[1]) for line in told.splitlines() if line[:4] == "Pss:")
    return kib / 1024


PYTHON = sys.executable
