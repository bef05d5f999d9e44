"""The payment provider as the house sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from fund.kernel.money import Yen
from fund.payments.facts import Dossier


@dataclass(frozen=True)
class CheckoutOrder:
    """What the hosted page is asked for; ``key`` makes repeating the order harmless.

    ``method`` is the one way of paying the page offers; ``yen`` are whole yen. With a
    ``pledge_no`` the same yen are charged every month from then on.
    """

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
    method: str = "card"
    pledge_no: str | None = None


@dataclass(frozen=True)
class OpenedCheckout:
    """The hosted page that now exists."""

    session_id: str
    url: str
    expires_at: dt.datetime
    customer_id: str | None = None


@dataclass(frozen=True)
class EventNote:
    """The delivery note of an event: its identity, not its meaning."""

    id: str
    type: str
    object_id: str
    livemode: bool
    created_at: dt.datetime | None = None


@dataclass(frozen=True)
class ListedEvent:
    """An event found in the provider's list: its note and its bytes, written out anew."""

    note: EventNote
    body: bytes


class Provider(Protocol):
    """The till: hosted checkout, look-ups, and the signature on its events.

    Every call but ``read_event`` asks the provider and raises ``Unavailable`` when it does not
    answer or refuses for now.
    """

    @property
    def livemode(self) -> bool:
        """Whether real money moves with the configured key."""

    def open_checkout(self, order: CheckoutOrder) -> OpenedCheckout:
        """Open the hosted page, or find the one opened before under the same key.

        Raises:
            Invalid: when the provider does not offer this method for this payment.
            Unavailable: when the provider does not answer or refuses for now.
        """

    def expire_checkout(self, session_id: str) -> None:
        """Close a hosted page so that nobody can pay there; one that is closed stays so."""

    def dossier_of_session(self, session_id: str) -> Dossier | None:
        """Everything of one checkout; None when the provider does not know it."""

    def dossier_of_intent(self, intent_id: str) -> Dossier | None:
        """Everything of the payment behind an intent, with or without a checkout."""

    def dossier_of_charge(self, charge_id: str) -> Dossier | None:
        """Everything of the payment that a charge belongs to."""

    def unused_cash(self, customer_id: str) -> Yen:
        """Yen that a donor transferred beyond what was asked: they lie with the provider."""

    def events(self, since: dt.datetime | None, types: Collection[str]) -> Iterator[ListedEvent]:
        """Events of these types created from a moment on (None: as far as it remembers)."""

    def read_event(self, body: bytes, signature: str) -> EventNote:
        """Verify an event's signature over its raw bytes.

        Raises:
            Invalid: for a wrong, stale or missing signature, or a body that is no event.
        """
