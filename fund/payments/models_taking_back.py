"""Tables of money that goes back: refunds and disputes.

That the refunds of a payment never exceed it, and that their amounts never change, are laws of
the database, written in the migration ``0006_taking_back``.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)

from fund.platform.database import metadata

refund = Table(
    "refund",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("no", Text, nullable=False, unique=True),
    Column("payment_no", Text, ForeignKey("payment.no"), nullable=False),
    Column("gift_no", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decision_no", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("seen_yen", BigInteger),
    Column("state", Text, nullable=False),
    Column("provider_id", Text, unique=True),
    Column("failure", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("proposed_by", BigInteger, ForeignKey("person.id")),
    Column("approved_by", BigInteger, ForeignKey("person.id")),
    Column("approved_at", DateTime(timezone=True)),
    Column("rejected_by", BigInteger, ForeignKey("person.id")),
    Column("paid_from", Text),
    Column("paid_by", BigInteger, ForeignKey("person.id")),
    Column("left_at", DateTime(timezone=True)),
    Column("left_on", Date),
    Column("came_back_on", Date),
    Column("looked_by", BigInteger, ForeignKey("person.id")),
    Column("looked_at", DateTime(timezone=True)),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("origin IN ('asked', 'external')", name="origin"),
    CheckConstraint(
        "reason IN ('wrong-payment', 'double-payment', 'refused', 'donor-request',"
        " 'dashboard', 'other')",
        name="reason",
    ),
    CheckConstraint(
        "state IN ('proposed', 'approved', 'sent', 'requires_action', 'pending', 'succeeded',"
        " 'failed', 'canceled', 'rejected')",
        name="state",
    ),
    CheckConstraint("(origin = 'asked') = (proposed_by IS NOT NULL)", name="asked_by"),
    CheckConstraint("origin = 'external' OR decision_no <> ''", name="decided"),
    CheckConstraint("origin = 'asked' OR provider_id IS NOT NULL", name="external_known"),
    CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
    CheckConstraint("rejected_by IS NULL OR rejected_by <> proposed_by", name="rejected_eyes"),
    CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_when"),
    CheckConstraint(
        "origin = 'external' OR approved_by IS NOT NULL"
        " OR state IN ('proposed', 'rejected', 'canceled')",
        name="approved_first",
    ),
    CheckConstraint("(state = 'rejected') = (rejected_by IS NOT NULL)", name="rejected_by_whom"),
    CheckConstraint("(left_at IS NULL) = (left_on IS NULL)", name="left_when"),
    CheckConstraint("came_back_on IS NULL OR left_on IS NOT NULL", name="came_back_after"),
    CheckConstraint(
        "left_on IS NULL OR came_back_on IS NOT NULL"
        " OR state IN ('requires_action', 'pending', 'succeeded')",
        name="left_state",
    ),
    CheckConstraint("paid_from IN ('bank', 'counter')", name="paid_from"),
    CheckConstraint("(paid_from IS NULL) = (paid_by IS NULL)", name="paid_by_whom"),
    CheckConstraint("(looked_by IS NULL) = (looked_at IS NULL)", name="looked_when"),
    Index("ix_refund_payment_no", "payment_no"),
    Index("ix_refund_gift_no", "gift_no"),
    Index("ix_refund_state", "state", "id"),
)

dispute = Table(
    "dispute",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("payment_no", Text, ForeignKey("payment.no"), nullable=False),
    Column("gift_no", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("evidence_due_at", DateTime(timezone=True)),
    Column("withdrawn_on", Date),
    Column("outcome", Text),
    Column("ended_on", Date),
    Column("note", Text, nullable=False, server_default=""),
    Column("noted_by", BigInteger, ForeignKey("person.id")),
    Column("noted_at", DateTime(timezone=True)),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("outcome IN ('won', 'lost')", name="outcome"),
    CheckConstraint("(outcome IS NULL) = (ended_on IS NULL)", name="ended_when"),
    CheckConstraint("outcome IS NULL OR withdrawn_on IS NOT NULL", name="ended_after"),
    CheckConstraint("(noted_by IS NULL) = (noted_at IS NULL)", name="noted_when"),
    Index("ix_dispute_payment_no", "payment_no"),
    Index("ix_dispute_gift_no", "gift_no"),
)
"""``id`` is the provider's; ``withdrawn_on`` set means its money is (or was) booked as disputed."""
