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
)

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
    Column("failure_code", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("paid_at", DateTime(timezone=True)),
    Column("received_on", Date),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("method IN ('card', 'counter', 'bank')", name="method"),
    CheckConstraint(
        "state IN ('created', 'open', 'succeeded', 'failed', 'expired', 'canceled')", name="state"
    ),
    CheckConstraint(
        "(state = 'succeeded') = (paid_at IS NOT NULL AND received_on IS NOT NULL)",
        name="paid_when",
    ),
    Index("uq_payment_attempt", "gift_no", "attempt", unique=True),
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
    CheckConstraint("state IN ('pending', 'processed', 'ignored')", name="state"),
    CheckConstraint("(state = 'pending') = (processed_at IS NULL)", name="processed_when"),
    Index("ix_provider_event_pending", "received_at", postgresql_where="state = 'pending'"),
)
