"""``fund verify`` of a site that is slow, gone, endless, redirecting or replaced meanwhile."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fund.publication.verifier import web
from fund.publication.verifier.findings import Findings
from fund.publication.verifier.verify import verify

Answer = Callable[[BaseHTTPRequestHandler], None]
HEAD = b"a\n1\nAAAA\n\n"


def body(data: bytes, status: int = 200, **headers: str) -> Answer:
    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return act


@contextmanager
def site(answers: dict[str, Answer]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            answers.get(self.path, body(b"no", 404))(self)

        def log_message(self, *args: object) -> None:
            pass

    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sums(**files: bytes) -> bytes:
    return "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()


def found(address: str) -> Findings:
    with web.fetched(address) as source:
        return verify(source)


def notes(findings: Findings) -> str:
    return "\n".join(findings.lines())


def test_a_site_without_a_release_says_what_was_answered() -> None:
    with site({}) as address:
        told = found(address)
    assert not told.ok
    assert "404" in notes(told)


def test_nobody_there_is_said_and_no_traceback() -> None:
    command = [sys.executable, "-m", "fund", "verify", "http://127.0.0.1:9"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "refused" in told.stdout
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    "address", ["http://", "http://[::", "http://127.0.0.1:99999", "http://\x00"]
)
def test_an_address_that_is_none_is_a_finding(address: str) -> None:
    assert not found(address).ok


def test_a_redirection_to_another_site_is_not_followed() -> None:
    with site({"/release/SHA256SUMS": body(b"theirs\n")}) as elsewhere:
        lead = body(b"", 302, Location=f"{elsewhere}/release/SHA256SUMS")
        with site({"/SHA256SUMS": lead, "/release/SHA256SUMS": lead}) as address:
            told = found(address)
    assert "leads to another site" in notes(told)
    assert "theirs" not in notes(told)


def test_a_redirection_inside_the_site_is_followed() -> None:
    answers = {
        "/SHA256SUMS": body(b"", 302, Location="/r/SHA256SUMS"),
        "/r/SHA256SUMS": body(sums(README=b"hello")),
        "/README": body(b"hello"),
    }
    with site(answers) as address:
        told = found(address)
    assert told[12].counted == 1
    assert "README" not in notes(told)


def test_a_file_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x" * 65_536)
        except OSError:
            return

    monkeypatch.setattr(web, "LARGEST", 1 << 20)
    with site({"/SHA256SUMS": body(sums(README=b"x")), "/README": endless}) as address:
        told = found(address)
    assert "README: larger than" in notes(told)


def test_a_file_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while not stopped.wait(0.1):
                request.wfile.write(b"x")
                request.wfile.flush()
        except OSError:
            return

    monkeypatch.setattr(web, "SECONDS", 1)
    begun = time.monotonic()
    with site({"/SHA256SUMS": body(sums(README=b"x")), "/README": trickle}) as address:
        told = found(address)
        stopped.set()
    assert "README: only" in notes(told)
    assert time.monotonic() - begun < 20


def test_a_site_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    monkeypatch.setattr(web, "SECONDS", 1)
    with site({"/SHA256SUMS": lambda _: stopped.wait(8) and None}) as address:
        told = found(address)
        stopped.set()
    assert "timed out" in notes(told)


def test_an_answer_that_is_cut_off_is_missing() -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100")
        request.end_headers()
        request.wfile.write(b"half")
        request.wfile.flush()
        request.connection.close()

    def garbled(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"not http at all\r\n\r\n")

    listed = sums(README=b"half", verify=b"x")
    answers = {"/SHA256SUMS": body(listed), "/README": cut, "/verify": garbled}
    with site(answers) as address:
        told = found(address)
    assert "README:" in notes(told)
    assert "verify:" in notes(told)


def test_names_that_cannot_stand_together_are_a_finding() -> None:
    """A file and a folder of one name, and names that lead elsewhere."""
    listed = sums(a=b"x") + f"{'0' * 64}  a/b\n{'0' * 64}  ../../x\n".encode()
    with site({"/SHA256SUMS": body(listed), "/a": body(b"x"), "/a/b": body(b"x")}) as address:
        told = found(address)
    assert not told[12].ok


def test_a_release_replaced_while_it_was_read_is_read_again() -> None:
    states = [sums(README=b"old"), sums(README=b"new"), sums(README=b"new")]

    def moving(request: BaseHTTPRequestHandler) -> None:
        body(states.pop(0) if len(states) > 1 else states[0])(request)

    with site({"/SHA256SUMS": moving, "/README": body(b"new")}) as address:
        told = found(address)
    assert "README" not in notes(told)
