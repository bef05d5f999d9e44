"""Every table of the house, gathered for migrations and for the check of model drift."""

from __future__ import annotations

from fund.allocation import models as _allocation
from fund.giving import erasure_models as _erasures
from fund.giving import models as _giving
from fund.giving import pledge_models as _pledges
from fund.giving.intake import models as _intake
from fund.grants import models as _grants
from fund.identity import models as _identity
from fund.ledger import models as _ledger
from fund.manual import models as _manual
from fund.payments import models as _payments
from fund.payments import models_taking_back as _taking_back
from fund.payments import subscriptions_models as _subscriptions
from fund.payments.bank import models as _bank
from fund.payments.reconciliation import models as _reconciliation
from fund.platform import attempts as _attempts
from fund.platform import audit as _audit
from fund.platform import bounces as _bounces
from fund.platform import once as _once
from fund.platform import outbox as _outbox
from fund.platform.database import metadata
from fund.publication import models as _publication
from fund.publication.closing import models as _closing
from fund.receipts import models as _receipts
from fund.receipts.one_stop import models as _one_stop
from fund.registry import models as _registry

REGISTERED = (
    _attempts,
    _once,
    _audit,
    _bounces,
    _outbox,
    _identity,
    _manual,
    _registry,
    _ledger,
    _payments,
    _taking_back,
    _subscriptions,
    _reconciliation,
    _bank,
    _giving,
    _erasures,
    _pledges,
    _intake,
    _grants,
    _receipts,
    _one_stop,
    _allocation,
    _publication,
    _closing,
)
"""Importing a module registers its tables in ``metadata``."""

__all__ = ["REGISTERED", "metadata"]
