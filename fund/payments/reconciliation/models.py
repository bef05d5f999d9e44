"""Tables of the provider's movements and payouts, and of each time they were compared."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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

provider_payout = Table(
    "provider_payout",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("yen", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("itemised", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False, server_default="false"),
    Column("arrives_on", Date, nullable=False),
    Column("failure_code", Text),
    Column("note", Text),
    CheckConstraint(
        "status IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')", name="status"
    ),
)
"""``listed``: its movements are known; ``note``: why it is not in the books although it ended."""

provider_movement = Table(
    "provider_movement",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("type", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("net", BigInteger, nullable=False),
    Column("source_id", Text),
    Column("charge_id", Text),
    Column("intent_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("available_at", DateTime(timezone=True), nullable=False),
    Column("fetched_at", DateTime(timezone=True), nullable=False),
    Column("payout_id", Text, ForeignKey("provider_payout.id")),
    Column("match_kind", Text),
    Column("match_no", Text),
    Column("note", Text),
    CheckConstraint("gross - fee = net", name="adds_up"),
    CheckConstraint("(match_kind IS NULL) = (match_no IS NULL)", name="matched_to"),
    CheckConstraint(
        "match_kind IN ('payment', 'refund', 'dispute', 'payout', 'fee')", name="match_kind"
    ),
    CheckConstraint("note IS NULL OR match_kind IS NULL", name="open_says_why"),
    Index("ix_provider_movement_created_at", "created_at", "id"),
    Index("ix_provider_movement_charge_id", "charge_id"),
    Index("ix_provider_movement_source_id", "source_id"),
    Index("ix_provider_movement_payout_id", "payout_id"),
    Index("ix_provider_movement_match_no", "match_no"),
    Index("ix_provider_movement_open", "created_at", postgresql_where="match_kind IS NULL"),
)
"""Amounts never change once written: the database refuses it."""

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("day", Date),
    Column("newest_at", DateTime(timezone=True)),
    Column("fetched", Integer, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("booked", Integer, nullable=False),
    Column("open_items", Integer, nullable=False),
    Column("clearing_yen", BigInteger, nullable=False),
    Column("balance_yen", BigInteger, nullable=False),
    Column("movements_yen", BigInteger, nullable=False),
    Column("fees_yen", BigInteger, nullable=False),
    Column("underway_yen", BigInteger, nullable=False),
    CheckConstraint(
        "fetched >= 0 AND matched >= 0 AND booked >= 0 AND open_items >= 0", name="counts"
    ),
)
"""One row for each comparison that ran to its end; ``newest_at`` is where the next one begins."""
