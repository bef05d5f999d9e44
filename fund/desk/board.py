"""The must-be-zero board: the invariants of every room, in the order of the rooms."""

from __future__ import annotations

from fund.allocation import invariants as allocation
from fund.giving import invariants as giving
from fund.giving.intake import invariants as intake
from fund.grants import invariants as grants
from fund.ledger import invariants as ledger
from fund.manual import invariants as manual
from fund.payments import invariants as payments
from fund.payments.bank import invariants as bank
from fund.payments.reconciliation import invariants as reconciliation
from fund.publication import invariants as publication
from fund.receipts import invariants as receipts
from fund.receipts.one_stop import invariants as one_stop
from fund.registry import invariants as registry

INVARIANTS = (
    *manual.INVARIANTS,
    *ledger.INVARIANTS,
    *registry.INVARIANTS,
    *payments.INVARIANTS,
    *reconciliation.INVARIANTS,
    *bank.INVARIANTS,
    *giving.INVARIANTS,
    *intake.INVARIANTS,
    *grants.INVARIANTS,
    *receipts.INVARIANTS,
    *one_stop.INVARIANTS,
    *allocation.INVARIANTS,
    *publication.INVARIANTS,
)
