"""The provider's own books as the house sees them: movements of the balance, and payouts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fund.kernel.money import Yen


@dataclass(frozen=True)
class MovementFacts:
    """One balance transaction: what moved, what the provider kept of it, and for what.

    ``gross``, ``fee`` and ``net`` are whole yen where ``currency`` is ``jpy`` (otherwise the
    currency's smallest unit); gross and net are signed from our side, ``gross - fee = net``.
    ``source_id`` is the provider's object that caused it, ``charge_id`` and ``intent_id`` the
    payment it belongs to where it belongs to one. Moments are aware UTC.
    """

    id: str
    type: str
    category: str
    currency: str
    gross: Yen
    fee: Yen
    net: Yen
    source_id: str | None
    charge_id: str | None
    intent_id: str | None
    created_at: dt.datetime
    available_at: dt.datetime


@dataclass(frozen=True)
class PayoutFacts:
    """A transfer from the provider's balance to our bank account (whole yen).

    ``itemised`` tells whether the provider can list exactly which movements it consists of;
    ``arrives_on`` is the day the bank is expected to show it.
    """

    id: str
    yen: Yen
    currency: str
    status: str
    automatic: bool
    itemised: bool
    created_at: dt.datetime
    arrives_on: dt.date
    failure_code: str | None


@dataclass(frozen=True)
class BalanceFacts:
    """What the provider holds for us at this moment, in whole yen."""

    available: Yen
    pending: Yen

    @property
    def total(self) -> Yen:
        """Everything, whether it can be paid out already or not."""
        return self.available + self.pending


class Settlements(Protocol):
    """The provider's statement of account; lists come page by page, newest first.

    Every method raises ``Unavailable`` when the provider does not answer.
    """

    def movements(
        self, *, since: dt.datetime | None = None, until: dt.datetime | None = None
    ) -> Iterator[Sequence[MovementFacts]]:
        """Movements created from ``since`` on and before ``until``."""

    def movements_of(self, payout_id: str) -> Iterator[Sequence[MovementFacts]]:
        """The movements a payout consists of, its own among them."""

    def payouts(self, *, since: dt.datetime | None = None) -> Iterator[Sequence[PayoutFacts]]:
        """Payouts created from ``since`` on."""

    def payout(self, payout_id: str) -> PayoutFacts:
        """One payout.

        Raises:
            NotFound: when the provider does not know it.
        """

    def balance(self) -> BalanceFacts:
        """The balance at this moment."""
