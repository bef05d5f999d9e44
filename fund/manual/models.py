"""Tables of the manual: editions and clauses never change once published."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from fund.platform.database import metadata

edition = Table(
    "edition",
    metadata,
    Column("code", Text, primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("effective_on", Date, nullable=False, unique=True),
    Column("decided_on", Date, nullable=False),
    Column("decision_ref", Text, nullable=False),
    Column("title_ja", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("summary_ja", Text, nullable=False),
    Column("summary_en", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
)

clause = Table(
    "clause",
    metadata,
    Column("edition_code", Text, ForeignKey("edition.code"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("chapter_ja", Text, nullable=False),
    Column("chapter_en", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("title_ja", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("text_ja", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("plain_ja", Text, nullable=False, server_default=""),
    UniqueConstraint("edition_code", "position"),
    UniqueConstraint("edition_code", "number"),
)

parameter = Table(
    "parameter",
    metadata,
    Column("edition_code", Text, primary_key=True),
    Column("clause_id", Text, nullable=False),
    Column("name", Text, primary_key=True),
    Column("value", JSONB, nullable=False),
    Column("label_ja", Text, nullable=False),
    Column("label_en", Text, nullable=False),
    Column("unit", Text, nullable=False),
    ForeignKeyConstraint(["edition_code", "clause_id"], ["clause.edition_code", "clause.id"]),
)
