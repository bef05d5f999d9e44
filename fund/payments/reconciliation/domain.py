"""What kinds of movement the provider knows, and which of our facts each of them answers to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen

CHARGES = ("charge", "payment")
LEAVING = ("refund", "payment_refund")
COMING_BACK = ("refund_failure", "payment_failure_refund")
"""A refund that left the balance; one that came back because it could not be paid out."""
DISPUTES = ("dispute", "dispute_reversal")
"""Reporting categories of the type ``adjustment`` that belong to a dispute."""
PAYOUTS = ("payout", "payout_failure", "payout_cancel")
FEES = ("stripe_fee", "stripe_fx_fee", "tax_fee", "network_cost")
"""Types that are a fee as a whole; every other movement may carry a fee beside its amount.

Source: Stripe, balance transaction types and reporting categories (API 2026-10-28.endive).
"""

OVERLAP = dt.timedelta(days=3)
"""How far before the newest known movement the next fetch begins."""
PAYOUTS_BACK = dt.timedelta(days=35)
"""How far back payouts are looked at again: a bank may refuse one days after it was paid."""
MOVEMENT_WITHIN = dt.timedelta(days=2)
"""How soon every succeeded online payment must have its movement."""


@dataclass(frozen=True)
class Statement:
    """Our clearing account beside the provider's balance, in whole yen.

    ``clearing`` is what our ledger says the provider holds for us, ``movements`` the net of all
    its movements, ``fees`` what it kept and we have not booked yet, ``underway`` payouts that
    left it and have not arrived in our books. ``news`` is what was booked after the last
    comparison, so that its movements are not fetched yet.
    """

    clearing: Yen
    movements: Yen
    fees: Yen
    underway: Yen
    news: Yen = Yen(0)  # noqa: RUF009 - an immutable number

    @property
    def difference(self) -> Yen:
        """Must be zero: every yen between ledger and provider is explained."""
        return self.clearing - self.movements - self.fees - self.underway - self.news
