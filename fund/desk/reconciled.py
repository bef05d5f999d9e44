"""Books = provider + bank: when both were last compared with the books, and what is open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection

from fund.payments.bank.queries import BankMatch, bank_matched
from fund.payments.reconciliation.queries import Matched, matched


@dataclass(frozen=True)
class Reconciled:
    """Both halves of the promise; each may never have been compared."""

    provider: Matched
    bank: BankMatch | None

    @property
    def compared(self) -> bool:
        """Whether both halves were compared at least once."""
        return self.provider.compared_at is not None and self.bank is not None

    @property
    def open_items(self) -> int:
        """What is open on both sides together."""
        return self.provider.open_items + (self.bank.open_items if self.bank else 0)

    @property
    def ok(self) -> bool:
        """Whether both halves agree to the yen."""
        return self.compared and self.open_items == 0 and self.bank is not None and self.bank.equal

    @property
    def matched_at(self) -> dt.datetime | None:
        """When books and provider last agreed in everything."""
        return self.provider.matched_at


def reconciled(connection: Connection) -> Reconciled:
    """Read both halves."""
    return Reconciled(matched(connection), bank_matched(connection))
