"""What the provider says now of one payment and all that became of it, as plain frozen facts.

An event only says that it is time to look. What is applied to the books is a *dossier*: the
checkout with every refund and dispute of its charge, fetched together. Whatever order events
come in, the newest dossier says everything the older ones said, and more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

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

    def told(self) -> Iterator[RefundFacts | DisputeFacts]:
        """What became of the money, moment by moment, as if every event had come in its time.

        Where a refund's money is taken from may depend on what stood where before it. So a
        dossier that says much at once is told in the order in which the money moved: whoever
        hears it late writes the same books as whoever heard every word.
        """
        moments: list[tuple[dt.datetime, RefundFacts | DisputeFacts]] = []
        for refund in self.refunds:
            if refund.left_at is not None and refund.came_back_at is not None:
                gone = replace(refund, status="pending", came_back_at=None, failure_reason=None)
                moments.append((refund.left_at, gone))
            moments.append((refund.came_back_at or refund.left_at or refund.created_at, refund))
        for dispute in self.disputes:
            if dispute.withdrawn_at is not None and dispute.reinstated_at is not None:
                taken = replace(dispute, status="under_review", reinstated_at=None)
                moments.append((dispute.withdrawn_at, taken))
            at = dispute.reinstated_at or dispute.withdrawn_at or dispute.created_at
            moments.append((at, dispute))
        for _, facts in sorted(moments, key=lambda moment: moment[0]):
            yield facts
