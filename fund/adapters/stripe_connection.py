"""The connection to Stripe that every adapter of it shares: client, mode, and its refusals."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import stripe

from fund.kernel.errors import NotFound, Unavailable
from fund.platform.database import assert_outside_transaction

API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = 10


class StripeConnection:
    """``StripeClient`` over one key; safe to share between threads."""

    def __init__(self, secret_key: str, api_base: str = "") -> None:
        self.livemode = secret_key.startswith(("sk_live_", "rk_live_"))
        addresses: Any = {"api": api_base} if api_base else {}
        self.client = stripe.StripeClient(
            secret_key,
            stripe_version=API_VERSION,
            base_addresses=addresses,
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        )

    def ask(self, what: str, call: Callable[[], Any]) -> Any:
        """Make one call to the provider, never while a transaction is open.

        Raises:
            NotFound: when the provider has no such object.
            Unavailable: when it does not answer or refuses for now; asking again is safe.
        """
        assert_outside_transaction(f"stripe {what}")
        try:
            return call()
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing" or error.http_status == HTTPStatus.NOT_FOUND:
                raise NotFound("決済会社に記録がありません") from error
            raise
        except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError) as error:
            raise Unavailable("決済会社に接続できません。少し待ってからお試しください") from error
