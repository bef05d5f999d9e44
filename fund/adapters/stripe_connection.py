"""The connection to Stripe that every adapter of it shares: client, mode, and its refusals."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import stripe

from fund.kernel.errors import NotFound, Unavailable
from fund.platform.database import assert_outside_transaction

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10.0
AT_ONCE = 4
"""How many calls one process makes at a time: fewer than it has threads, so that a provider that
answers slowly keeps those who pay waiting, and nobody who reads a page."""
TURN_SECONDS = 2.0
"""How long a call waits for its turn."""


class StripeConnection:
    """``StripeClient`` over one key; safe to share between threads.

    ``client`` is patient, for the worker; ``prompt`` asks for somebody who waits at the screen:
    it answers or gives up within ``timeout`` seconds, and asking again is one tap.
    """

    def __init__(
        self, secret_key: str, api_base: str = "", *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self.livemode = secret_key.startswith(("sk_live_", "rk_live_"))
        self.client = _client(secret_key, api_base, timeout, retries=2)
        self.prompt = _client(secret_key, api_base, timeout / 2, retries=1)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def ask(self, what: str, call: Callable[[], Any]) -> Any:
        """Make one call to the provider, never while a transaction is open.

        Raises:
            NotFound: when the provider has no such object.
            Unavailable: when it does not answer or refuses for now; asking again is safe.
        """
        assert_outside_transaction(f"stripe {what}")
        if not self._turns.acquire(timeout=TURN_SECONDS):
            raise Unavailable("決済会社に接続できません。少し待ってからお試しください")
        try:
            return call()
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing" or error.http_status == HTTPStatus.NOT_FOUND:
                raise NotFound("決済会社に記録がありません") from error
            raise
        except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError) as error:
            raise Unavailable("決済会社に接続できません。少し待ってからお試しください") from error
        finally:
            self._turns.release()


def _client(secret_key: str, api_base: str, timeout: float, *, retries: int) -> stripe.StripeClient:
    addresses: Any = {"api": api_base} if api_base else {}
    return stripe.StripeClient(
        secret_key,
        stripe_version=API_VERSION,
        base_addresses=addresses,
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=timeout),
    )
