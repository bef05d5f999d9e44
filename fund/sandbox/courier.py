"""The courier: signs events and delivers them to the webhook endpoint until it answers 2xx.

What is still to be delivered stands in the state file, so a restart goes on where it stopped.
Signatures carry real time even when the sandbox's clock is ahead: the receiver checks theirs.
"""

from __future__ import annotations

import json
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests
import stripe

from fund.sandbox.store import Thing
from fund.sandbox.till import Till

_log = logging.getLogger(__name__)
_TIMEOUT = 10
_IDLE = 0.05


class Courier:
    """Delivers pending events one after the other in a background thread."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        """Begin delivering."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the delivery in hand and end."""
        self._stop.set()
        self._thread.join(_TIMEOUT + 5)

    def _work(self) -> None:
        while not self._stop.is_set():
            event = next_due(self._till)
            if event is None:
                self._stop.wait(_IDLE)
            else:
                deliver(self._till, [event])


def endpoint(till: Till) -> str | None:
    """Where events go: as set by control, else as given at the start."""
    url: str | None = till.store.switch("webhook_url", till.settings.webhook_url)
    return url


def next_due(till: Till) -> sqlite3.Row | None:
    """The oldest event whose delivery is due, if deliveries are not held."""
    if endpoint(till) is None or till.store.switch("deliveries", "auto") == "hold":
        return None
    found = till.store.rows(
        "SELECT * FROM event WHERE state = 'pending' AND due <= ? ORDER BY seq LIMIT 1",
        (time.time(),),
    )
    return found[0] if found else None


def deliver(till: Till, events: Sequence[sqlite3.Row], *, workers: int = 1) -> list[Thing]:
    """Send these events, each once a mention, and keep what became of each.

    With ``workers`` above one they are sent at the same time.
    """
    if workers == 1:
        return [_send(till, event) for event in events]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda event: _send(till, event), events))


def waiting(
    till: Till, *, order: str = "created", seed: int = 0, copies: int = 1
) -> list[sqlite3.Row]:
    """The undelivered events, each so many times: as created, ``reverse`` or ``shuffle``."""
    events = copies * till.store.rows("SELECT * FROM event WHERE state = 'pending' ORDER BY seq")
    if order == "reverse":
        events.reverse()
    elif order == "shuffle":
        random.Random(seed).shuffle(events)  # noqa: S311 - a repeatable order is the purpose
    return events


def body_of(till: Till, event: sqlite3.Row) -> Thing:
    """The event as the API shows it now."""
    body: Thing = json.loads(event["body"])
    undelivered = event["state"] != "delivered" and endpoint(till) is not None
    return body | {"pending_webhooks": int(undelivered)}


def sign(till: Till, payload: str) -> str:
    """The ``Stripe-Signature`` header for a payload."""
    header: str = stripe.WebhookSignature.generate_signature_header(
        payload, till.settings.webhook_secret
    )
    return header


def _send(till: Till, event: sqlite3.Row) -> Thing:
    url = endpoint(till)
    status, error = None, None
    if url is None:
        error = "no webhook endpoint is set"
    else:
        status, error = _post(till, url, event)
    _record(till, event, status, error)
    return {"id": event["id"], "type": event["type"], "status": status, "error": error}


def _post(till: Till, url: str, event: sqlite3.Row) -> tuple[int | None, str | None]:
    payload = json.dumps(body_of(till, event), ensure_ascii=False, indent=2)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": sign(till, payload),
        "User-Agent": "Stripe/1.0 (local payment sandbox)",
    }
    try:
        answer = requests.post(
            url, payload.encode(), headers=headers, timeout=_TIMEOUT, allow_redirects=False
        )
    except requests.RequestException as fault:
        return None, type(fault).__name__
    good = 200 <= answer.status_code < 300
    return answer.status_code, None if good else answer.text[:500]


def _record(till: Till, event: sqlite3.Row, status: int | None, error: str | None) -> None:
    with till.store.act():
        if error is None:
            till.store.rows(
                "UPDATE event SET state = 'delivered', attempts = attempts + 1, last_status = ?, "
                "last_error = NULL WHERE id = ?",
                (status, event["id"]),
            )
            return
        settings = till.settings
        wait = min(
            settings.retry_cap_seconds,
            settings.retry_first_seconds * 2 ** min(event["attempts"], 20),
        )
        till.store.rows(
            "UPDATE event SET attempts = attempts + 1, due = ?, last_status = ?, last_error = ? "
            "WHERE id = ?",
            (time.time() + wait, status, error, event["id"]),
        )
    _log.warning("event %s not delivered: %s", event["id"], status or error)
