"""The table of erasures: who asked that a person be forgotten, and who decided it."""

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
    Table,
    Text,
    text,
)

from fund.platform.database import metadata

erasure = Table(
    "erasure",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("donor_id", BigInteger, ForeignKey("donor.id"), nullable=False),
    Column("gift_no", Text, ForeignKey("gift.no"), nullable=False),
    Column("ground", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("kept_until", Date, nullable=False),
    Column("proposed_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", BigInteger, ForeignKey("person.id")),
    Column("decided_at", DateTime(timezone=True)),
    CheckConstraint("ground IN ('asked', 'retention-ended')", name="ground"),
    CheckConstraint("state IN ('proposed', 'erased', 'sent_back')", name="state"),
    CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name="decided_by_whom"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
    CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
    Index(
        "uq_erasure_standing",
        "donor_id",
        unique=True,
        postgresql_where=text("state <> 'sent_back'"),
    ),
)
