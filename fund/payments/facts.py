"""What the provider says now of one payment and all that became of it, as plain frozen facts.

An event only says that it is time to look. What is applied to the books is a *dossier*: the
checkout with every refund and dispute of its charge, fetched together. Whatever order events
come in, the newest dossier says everything the older ones said, and more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fund.kernel.money import Yen
from fund.payments.domain import CheckoutFacts


@dataclass(frozen=True)
class RefundFacts:
    """A refund at the provider (whole yen, aware UTC).

    ``our_no`` is the number of our own refund it carries in its metadata, None for one made in
    the provider's dashboard. ``left_at`` is when its money left the provider's balance,
    ``came_back_at`` when it came back because it could not be paid out; None until then.
    """

    refund_id: str
    our_no: str | None
    yen: Yen
    status: str
    created_at: dt.datetime
    left_at: dt.datetime | None
    came_back_at: dt.datetime | None
    failure_reason: str | None = None


@dataclass(frozen=True)
class DisputeFacts:
    """A dispute over a charge (whole yen, aware UTC).

    ``withdrawn_at`` is when its money left the provider's balance (None for an inquiry),
    ``reinstated_at`` when it came back; ``status`` is the provider's word (``needs_response``,
    ``under_review``, ``won``, ``lost``, ``warning_…``).
    """

    dispute_id: str
    yen: Yen
    status: str
    reason: str
    created_at: dt.datetime
    evidence_due_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    reinstated_at: dt.datetime | None


@dataclass(frozen=True)
class Dossier:
    """A checkout and all that became of its money; refunds and disputes oldest first."""

    checkout: CheckoutFacts
    refunds: tuple[RefundFacts, ...] = ()
    disputes: tuple[DisputeFacts, ...] = ()
