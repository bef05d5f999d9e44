"""The example configuration of nginx serves tiles exactly as the service itself does."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from fund.publication.views import log

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
TITLE = b'{"title":"<script>alert(1)</script>"}'


def test_it_lets_through_the_same_addresses_and_says_the_same_about_them() -> None:
    told = CONFIGURATION.read_text("utf-8")
    (pattern,) = re.findall(r'location ~ "\^/log/(.+)\$" \{', told)
    assert pattern == log._TILE.pattern
    assert f'add_header Cache-Control "{log.FOREVER}"' in told
    for header in ('Access-Control-Allow-Origin "*"', 'X-Content-Type-Options "nosniff"'):
        assert f"add_header {header}" in told
    assert "default_type application/octet-stream" in told


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """nginx with the example over a folder with a tile and things beside it."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is not installed")
    tile = tmp_path / "data" / "log" / "tile" / "entries"
    tile.mkdir(parents=True)
    (tile / "000").write_bytes(TITLE)
    (tile / ".000.abcdef.new").write_bytes(b"half")
    (tmp_path / "data" / "secret").write_bytes(b"secret")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    conf = tmp_path / "nginx.conf"
    server = CONFIGURATION.read_text("utf-8")
    server = server.replace("listen 80;", f"listen 127.0.0.1:{port};")
    server = server.replace("/var/lib/mieru-fund;", f"{tmp_path}/data;")
    conf.write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {tmp_path}/pid;"
        f" error_log {tmp_path}/log; events {{}} http {{ access_log off; {server} }}"
    )
    process = subprocess.Popen([program, "-c", conf, "-p", tmp_path], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def test_a_tile_is_bytes_and_never_a_page_and_nothing_else_is_served(base: str) -> None:
    with urllib.request.urlopen(f"{base}/log/tile/entries/000", timeout=10) as answer:
        assert answer.read() == TITLE
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == log.FOREVER
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/log/tile/entries/.000.abcdef.new", "/log/tile/../../secret", "/secret"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(base + path, timeout=10)
        with refused.value as answer:
            # What is no tile goes on to the service, which is not there.
            assert answer.code in {400, 502}
