"""Monthly payments at the provider as the house sees them."""

from __future__ import annotations

from collections.abc import Collection
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
