"""Tables of receipts: gapless series, frozen content, the drawn PDF, every copy handed out."""

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
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from fund.platform.database import metadata

receipt_series = Table(
    "receipt_series",
    metadata,
    Column("fy", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

receipt = Table(
    "receipt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("no", Text, nullable=False, unique=True),
    Column("fy", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("gift_no", Text, ForeignKey("gift.no"), nullable=False),
    Column("state", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("payload_sha256", LargeBinary, nullable=False),
    Column("voided_at", DateTime(timezone=True)),
    Column("void_reason", Text, nullable=False, server_default=""),
    Column("replaces", Text, ForeignKey("receipt.no"), unique=True),
    UniqueConstraint("fy", "serial"),
    CheckConstraint("(state = 'void') = (voided_at IS NOT NULL)", name="voided_when"),
    CheckConstraint("state IN ('valid', 'void')", name="state"),
    Index("uq_receipt_valid_gift", "gift_no", unique=True, postgresql_where="state = 'valid'"),
)

receipt_document = Table(
    "receipt_document",
    metadata,
    Column("receipt_id", BigInteger, ForeignKey("receipt.id"), primary_key=True),
    Column("pdf", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("drawn_at", DateTime(timezone=True), nullable=False),
    Index("ix_receipt_document_sha256", "sha256"),
)

receipt_copy = Table(
    "receipt_copy",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("receipt_id", BigInteger, ForeignKey("receipt.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("way", Text, nullable=False),
)
