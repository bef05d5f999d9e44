"""Tables of monthly payments: the subscription at the provider, and each charge that was booked.

That an instalment's money is exactly its payment's, and that one invoice, one intent and one
payment belong to one instalment only, are laws of the database (migration ``0011_monthly``).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)

from fund.platform.database import metadata

subscription = Table(
    "subscription",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("pledge_no", Text, nullable=False, unique=True),
    Column("gift_no", Text, nullable=False, unique=True),
    Column("yen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("subscription_id", Text, unique=True),
    Column("customer_id", Text),
    Column("period_end", DateTime(timezone=True)),
    Column("ended_reason", Text),
    Column("missed_invoice", Text),
    Column("missed_attempts", Integer, nullable=False, server_default="0"),
    Column("failure_code", Text),
    Column("next_attempt_at", DateTime(timezone=True)),
    Column("card_session", Text),
    Column("card_as_of", DateTime(timezone=True)),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("look_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("state IN ('expected', 'active', 'past_due', 'paused', 'ended')", name="state"),
    CheckConstraint(
        "subscription_id IS NOT NULL OR state IN ('expected', 'ended')", name="known_when_begun"
    ),
    CheckConstraint("(state = 'ended') = (ended_reason IS NOT NULL)", name="ended_why"),
    CheckConstraint("state <> 'ended' OR look_at IS NULL", name="ended_is_not_looked_at"),
    Index("ix_subscription_look", "look_at", postgresql_where="look_at IS NOT NULL"),
)

instalment = Table(
    "instalment",
    metadata,
    Column("invoice_id", Text, primary_key=True),
    Column("subscription_no", BigInteger, ForeignKey("subscription.id"), nullable=False),
    Column("payment_no", Text, ForeignKey("payment.no"), nullable=False, unique=True),
    Column("intent_id", Text, nullable=False, unique=True),
    Column("yen", BigInteger, nullable=False),
    Column("period_start", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("yen > 0", name="yen_positive"),
    Index("ix_instalment_subscription", "subscription_no", "period_start"),
)
