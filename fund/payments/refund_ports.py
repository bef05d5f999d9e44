"""Refunds at the provider as the house sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fund.kernel.money import Yen
from fund.payments.facts import RefundFacts


@dataclass(frozen=True)
class RefundOrder:
    """What the provider is asked for; ``refund_no`` makes repeating the order harmless."""

    refund_no: str
    intent_id: str
    yen: Yen


class RefundRefused(Exception):  # noqa: N818 - the provider's answer, not a fault of ours
    """The provider will not make this refund, however often it is asked (its code, no more)."""


class RefundDesk(Protocol):
    """Giving money back through the provider."""

    def refund(self, order: RefundOrder) -> RefundFacts:
        """Make a refund, or find the one made before under the same number.

        Raises:
            RefundRefused: when there is nothing left to refund or the charge is disputed.
            Unavailable: when the provider does not answer; asking again is safe.
        """
