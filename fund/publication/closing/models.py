"""The table of closings; that a closed year stays closed is a law of the ledger (0031)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from fund.platform.database import metadata

year_closing = Table(
    "year_closing",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fy", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("findings", JSONB, nullable=False),
    Column("proposed_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("decision_no", Text, nullable=False, server_default=""),
    Column("ended_by", BigInteger, ForeignKey("person.id")),
    Column("ended_at", DateTime(timezone=True)),
    Column("answer", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('proposed', 'closed', 'sent_back')", name="state"),
    CheckConstraint("ended_by IS NULL OR ended_by <> proposed_by", name="four_eyes"),
    CheckConstraint(
        "(state = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
        name="ended_when",
    ),
    CheckConstraint("(state = 'closed') = (decision_no <> '')", name="decision_numbered"),
    CheckConstraint("(state = 'sent_back') = (answer <> '')", name="sent_back_why"),
    Index(
        "uq_year_closing_standing",
        "fy",
        unique=True,
        postgresql_where=text("state <> 'sent_back'"),
    ),
)
"""A closing of a fiscal year: ``findings`` are what was unfinished when it was proposed."""
