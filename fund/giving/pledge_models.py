"""Tables of monthly pledges: what a donor promised, and the gift of each month.

What was promised never changes, and an ended pledge stays ended: laws of the database
(migration ``0011_monthly``).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
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
from sqlalchemy.dialects.postgresql import JSONB

from fund.platform.database import metadata

pledge = Table(
    "pledge",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("no", Text, nullable=False, unique=True),
    Column("donor_id", BigInteger, ForeignKey("donor.id"), nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("parts", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("link_version", Integer, nullable=False, server_default="1"),
    CheckConstraint("link_version > 0", name="link_version"),
    Column("edition_code", Text, ForeignKey("edition.code"), nullable=False),
    Column("locale", Text, nullable=False),
    Column("asked", Text),
    Column("asked_by", Text),
    Column("asked_at", DateTime(timezone=True)),
    Column("paused_by", Text),
    Column("ended_by", Text),
    Column("note", Text, nullable=False, server_default=""),
    Column("sample", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("state IN ('pending', 'active', 'paused', 'ended')", name="state"),
    CheckConstraint("asked IN ('pause', 'resume', 'stop')", name="asked"),
    CheckConstraint("(asked IS NULL) = (asked_at IS NULL)", name="asked_when"),
    CheckConstraint("(asked IS NULL) = (asked_by IS NULL)", name="asked_by_whom"),
    CheckConstraint("asked_by IN ('donor', 'wish', 'staff')", name="asked_by"),
    CheckConstraint("paused_by IN ('donor', 'wish', 'staff')", name="paused_by"),
    CheckConstraint("(state = 'paused') = (paused_by IS NOT NULL)", name="paused_why"),
    CheckConstraint("ended_by IN ('donor', 'failure', 'staff', 'unpaid')", name="ended_by"),
    CheckConstraint(
        "(state = 'ended') = (ended_by IS NOT NULL AND ended_at IS NOT NULL)", name="ended_why"
    ),
    CheckConstraint("state <> 'ended' OR asked IS NULL", name="ended_asks_nothing"),
    Index("ix_pledge_state", "state", "id"),
)

pledge_gift = Table(
    "pledge_gift",
    metadata,
    Column("gift_id", BigInteger, ForeignKey("gift.id"), primary_key=True),
    Column("pledge_id", BigInteger, ForeignKey("pledge.id"), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("redirected", Boolean, nullable=False, server_default="false"),
    UniqueConstraint("pledge_id", "serial"),
    CheckConstraint("serial > 0", name="serial_positive"),
)
