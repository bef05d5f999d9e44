"""The payment provider as the house sees it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from fund.kernel.money import Yen
from fund.payments.domain import CheckoutFacts


@dataclass(frozen=True)
class CheckoutOrder:
    """What the hosted page is asked for; ``key`` makes repeating the order harmless."""

    key: str
    payment_no: str
    gift_no: str
    yen: Yen
    description: str
    email: str
    locale: str
    success_url: str
    cancel_url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class OpenedCheckout:
    """The hosted page that now exists."""

    session_id: str
    url: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class EventNote:
    """The signed delivery note of an event: its identity, not its meaning."""

    id: str
    type: str
    object_id: str
    livemode: bool


class Provider(Protocol):
    """The till: hosted checkout, look-ups, and the signature on its events."""

    @property
    def livemode(self) -> bool:
        """Whether real money moves with the configured key."""

    def open_checkout(self, order: CheckoutOrder) -> OpenedCheckout:
        """Open the hosted page, or find the one opened before under the same key.

        Raises:
            Unavailable: when the provider does not answer or refuses for now.
        """

    def checkout(self, session_id: str) -> CheckoutFacts:
        """Look a checkout up.

        Raises:
            NotFound: when the provider does not know it.
            Unavailable: when the provider does not answer.
        """

    def checkout_of_intent(self, intent_id: str) -> CheckoutFacts | None:
        """The checkout that a payment intent belongs to, if it belongs to one."""

    def read_event(self, body: bytes, signature: str) -> EventNote:
        """Verify an event's signature over its raw bytes.

        Raises:
            Invalid: for a wrong, stale or missing signature, or a body that is no event.
        """
