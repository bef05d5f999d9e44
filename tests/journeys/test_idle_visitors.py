"""Visitors who hold connections and say nothing do not keep others from giving."""

from __future__ import annotations

import contextlib
import socket
from urllib.parse import urlsplit

import pytest
import requests
from stage import Stage

pytestmark = pytest.mark.journey

SILENT, HALF_ASKED = 150, 150


def test_three_hundred_open_connections_leave_room_for_a_donor(stage: Stage) -> None:
    address = urlsplit(stage.web)
    door = (str(address.hostname), int(address.port or 80))
    with contextlib.ExitStack() as held:
        for number in range(SILENT + HALF_ASKED):
            connection = held.enter_context(socket.create_connection(door, timeout=10))
            if number < HALF_ASKED:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        # All of them are held while the donor asks; whoever takes turns with them waits in vain.
        answer = requests.get(f"{stage.web}/give", timeout=15)
        assert answer.status_code == 200
