"""Monthly payments at the provider as the house sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from fund.payments.subscriptions_domain import SubscriptionDossier


class Subscriptions(Protocol):
    """Looking monthly payments up and steering them.

    Every call asks the provider and raises ``Unavailable`` when it does not answer for now.
    """

    def dossier(self, subscription_id: str, known: Collection[str]) -> SubscriptionDossier | None:
        """The subscription with all its invoices; None when the provider does not know it.

        The payments behind paid invoices that are ``known`` (by id) are not fetched again.
        """

    def of_session(self, session_id: str) -> str | None:
        """The id of the subscription that a payment page began, if it did."""

    def pause(self, subscription_id: str) -> None:
        """Charge nothing from now on until it is resumed; what is owed is given up."""

    def resume(self, subscription_id: str) -> None:
        """Charge again from the next month on; one that is not paused stays as it is."""

    def end(self, subscription_id: str) -> None:
        """Never charge again; what is owed is given up. One that ended stays ended."""


@dataclass(frozen=True)
class CardOrder:
    """What the page asks for on which a donor gives another card (absolute addresses)."""

    subscription_id: str
    customer_id: str
    pledge_no: str
    locale: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class CardPage:
    """Such a page; ``url`` is None once it ended, ``setup_id`` names what was given on it."""

    session_id: str
    status: str
    url: str | None
    setup_id: str | None


@dataclass(frozen=True)
class GivenCard:
    """A card that may be charged from now on; ``asked_at`` is when its page was opened (UTC)."""

    subscription_id: str
    method_id: str
    asked_at: dt.datetime


class Cards(Protocol):
    """Changing the card of a monthly payment.

    Every call asks the provider and raises ``Unavailable`` when it does not answer for now.
    """

    def open_page(self, order: CardOrder) -> CardPage:
        """Open a hosted page that keeps a card and charges nothing."""

    def page(self, session_id: str) -> CardPage | None:
        """The page as it is now; None when the provider does not know it."""

    def given(self, setup_id: str) -> GivenCard | None:
        """The card that was given for a monthly payment of ours; None as long as there is none."""

    def use(self, card: GivenCard) -> bool:
        """Charge this card from now on; saying so again changes nothing. False: it cannot be."""

    def charge_owed(self, subscription_id: str) -> None:
        """Try the card now on what is owed; where it is refused, the provider's plan goes on."""
