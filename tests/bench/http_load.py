"""Requests over kept-alive connections from a process of its own; what it costs is small and ours.

    python http_load.py PORT CONNECTIONS < requests

Standard input holds requests as JSON lines: ``[head, body]``. Each connection sends its next
request when the answer to the last one is whole. Prints the rate and the latencies as JSON.
"""

from __future__ import annotations

import json
import selectors
import socket
import statistics
import sys
import time


def whole(answer: bytes) -> int | None:
    """The status of an answer that has come in completely, else None."""
    head, gap, body = answer.partition(b"\r\n\r\n")
    if not gap:
        return None
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if len(body) < int(fields.get(b"content-length", 0)):
        return None
    return int(head.split(b" ", 2)[1])


def main() -> None:
    """Send all requests, then report."""
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    waiting = [
        (head + "\r\n" + f"Content-Length: {len(body.encode())}\r\n\r\n" + body).encode()
        for head, body in map(json.loads, sys.stdin)
    ][::-1]
    total = len(waiting)
    ready = selectors.DefaultSelector()
    statuses: dict[int, int] = {}
    took: list[float] = []
    for _ in range(connections):
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready.register(link, selectors.EVENT_READ, [b"", 0.0])
    began = time.perf_counter()
    for key in list(ready.get_map().values()):
        _next(key, waiting)
    while len(took) < total:
        for key, _ in ready.select(60):
            part = key.fileobj.recv(65536)
            if not part:
                raise RuntimeError("the server closed a connection")
            key.data[0] += part
            status = whole(key.data[0])
            if status is None:
                continue
            statuses[status] = statuses.get(status, 0) + 1
            took.append(time.perf_counter() - key.data[1])
            _next(key, waiting)
    seconds = time.perf_counter() - began
    points = statistics.quantiles(took, n=100)
    sys.stdout.write(
        json.dumps(
            {
                "per_second": total / seconds,
                "statuses": statuses,
                "p50_ms": points[49] * 1000,
                "p95_ms": points[94] * 1000,
            }
        )
    )


def _next(key: selectors.SelectorKey, waiting: list[bytes]) -> None:
    if waiting:
        key.data[0], key.data[1] = b"", time.perf_counter()
        key.fileobj.sendall(waiting.pop())


if __name__ == "__main__":
    main()
