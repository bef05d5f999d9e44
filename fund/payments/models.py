"""Tables of payments and of the provider's events."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from fund.platform.database import metadata

payment = Table(
    "payment",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("no", Text, nullable=False, unique=True),
    Column("gift_no", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("method", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("session_id", Text, unique=True),
    Column("session_url", Text),
    Column("intent_id", Text, unique=True),
    Column("charge_id", Text, unique=True),
    Column("customer_id", Text),
    Column("failure_code", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("paid_at", DateTime(timezone=True)),
    Column("received_on", Date),
    Column("voucher", JSONB),
    Column("funded_yen", BigInteger, nullable=False, server_default="0"),
    Column("excess_yen", BigInteger, nullable=False, server_default="0"),
    Column("pay_by", DateTime(timezone=True)),
    Column("look_at", DateTime(timezone=True)),
    Column("reminded_at", DateTime(timezone=True)),
    Column("warned_at", DateTime(timezone=True)),
    Column("checked_at", DateTime(timezone=True)),
    Column("late", Boolean, nullable=False, server_default="false"),
    Column("extra", Boolean, nullable=False, server_default="false"),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint(
        "method IN ('card', 'konbini', 'paypay', 'bank_transfer',"
        " 'counter', 'slip', 'box', 'bank', 'portal')",
        name="method",
    ),
    CheckConstraint(
        "state IN ('created', 'open', 'waiting', 'succeeded', 'failed', 'expired', 'canceled')",
        name="state",
    ),
    CheckConstraint("funded_yen BETWEEN 0 AND yen AND excess_yen >= 0", name="funded"),
    CheckConstraint("state <> 'waiting' OR voucher IS NOT NULL", name="waits_how"),
    CheckConstraint("state = 'succeeded' OR NOT (extra OR late)", name="extra_paid"),
    CheckConstraint(
        "(state = 'succeeded') = (paid_at IS NOT NULL AND received_on IS NOT NULL)",
        name="paid_when",
    ),
    Index("uq_payment_attempt", "gift_no", "attempt", unique=True),
    Index("ix_payment_look", "look_at", postgresql_where=text("look_at IS NOT NULL")),
    Index("ix_payment_customer", "customer_id"),
)

provider_event = Table(
    "provider_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("livemode", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("processed_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True)),
    Column("source", Text, nullable=False, server_default="delivered"),
    CheckConstraint("source IN ('delivered', 'listed')", name="source"),
    CheckConstraint("state IN ('pending', 'processed', 'ignored')", name="state"),
    CheckConstraint("(state = 'pending') = (processed_at IS NULL)", name="processed_when"),
    Index("ix_provider_event_pending", "received_at", postgresql_where="state = 'pending'"),
    Index(
        "ix_provider_event_declined",
        "object_id",
        postgresql_where=text("type = 'payment_intent.payment_failed'"),
    ),
)

provider_watermark = Table(
    "provider_watermark",
    metadata,
    Column("what", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""Up to which moment (the provider's clock) something was listed at the provider."""
