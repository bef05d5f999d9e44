"""The sandbox's own code in memory: the provider without sockets, with a clock and dice of ours.

Nothing of the service is replaced: the adapters speak through the official SDK, whose transport
ends here in the sandbox's endpoints. Only time, ids and the network are the test's.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from fund.adapters.stripe_connection import API_VERSION, StripeConnection
from fund.sandbox import errands, parameters, reading
from fund.sandbox import till as tills
from fund.sandbox.errors import ApiError
from fund.sandbox.resources import ENDPOINTS, INCLUDES, Call, Endpoint
from fund.sandbox.settings import SandboxSettings
from fund.sandbox.store import Store
from fund.sandbox.till import Till

KEY, SECRET = "sk_test_histories", "whsec_histories"


class SimulatedTill(Till):
    """A till whose time stands still unless it is moved (``clock_ahead``)."""

    def now(self) -> int:
        return BEGIN + int(self.store.switch("clock_ahead", 0))


BEGIN = int(time.time()) // 86400 * 86400 + 3 * 3600
"""Noon in Japan of the day the tests run: signatures carry real time, so days agree."""

_PATHS = [
    (endpoint, endpoint.method, re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", endpoint.rule)))
    for endpoint in ENDPOINTS
]


class Provider:
    """One account at the provider: its till, its dice, and a client that reaches it directly."""

    def __init__(self, seed: int) -> None:
        settings = SandboxSettings(Path(":memory:"), KEY, SECRET)
        self.till = SimulatedTill(settings, Store(settings.data_file))
        self._dice = random.Random(seed)
        self.calls = 0

    @contextlib.contextmanager
    def acting(self) -> Iterator[Till]:
        """Ids come from this account's dice: two accounts with one seed and one history agree."""
        before, tills._DICE = tills._DICE, self._dice
        try:
            yield self.till
        finally:
            tills._DICE = before

    def connection(self) -> StripeConnection:
        """The adapters' connection, ending here instead of in a socket."""
        connection = StripeConnection(KEY)
        connection.client = connection.prompt = stripe.StripeClient(
            KEY, stripe_version=API_VERSION, max_network_retries=0, http_client=_Line(self)
        )
        return connection

    def answer(self, method: str, url: str, body: str, key: str = "") -> tuple[int, Any]:
        """Status and object for one request, through the endpoint that the HTTP front would ask.

        ``key`` is the request's idempotency key; here nothing is asked twice.
        """
        del key
        self.calls += 1
        parts = urlsplit(url)
        endpoint, ids = _endpoint(method, parts.path.removeprefix("/v1/"))
        asked = parameters.decode(
            parse_qsl(parts.query if method == "get" else body, keep_blank_values=True)
        )
        try:
            read = parameters.read(asked, endpoint.params)
            with self.acting() as till, till.store.act():
                call = Call(till, ids, read, "https://pay.example/")
                thing = endpoint.answer(call)
                return 200, reading.expanded(till, thing, read.get("expand", []), INCLUDES)
        except ApiError as refusal:
            return refusal.status, refusal.body

    def pass_time(self, seconds: int) -> None:
        """Move the clock on and do what falls due in that time."""
        with self.acting() as till:
            till.store.turn("clock_ahead", till.store.switch("clock_ahead", 0) + seconds)
            errands.sweep(till)

    def events_after(self, number: int) -> list[tuple[int, str, str, bytes]]:
        """Events since a number: (number, id, type, bytes as delivered), in their order."""
        found = self.till.store.rows("SELECT * FROM event WHERE seq > ? ORDER BY seq", (number,))
        return [(row["seq"], row["id"], row["type"], row["body"].encode()) for row in found]

    def signature(self, body: bytes) -> str:
        header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)
        return header


def _endpoint(method: str, path: str) -> tuple[Endpoint, Mapping[str, str]]:
    for endpoint, verb, pattern in _PATHS:
        if verb == method.upper() and (found := pattern.fullmatch(path)):
            return endpoint, found.groupdict()
    raise LookupError(f"the sandbox has no {method} {path}")


class _Line(stripe.HTTPClient):
    """The SDK's transport: one call of a function where others open a socket."""

    name = "simulated"

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self._provider = provider

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        key = headers.get("Idempotency-Key", "") if method == "post" else ""
        status, thing = self._provider.answer(method, url, post_data or "", key)
        return json.dumps(thing), status, {"Request-Id": "req_simulated"}

    def close(self) -> None:
        pass
