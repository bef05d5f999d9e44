"""Tables of people, roles and sessions."""

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
    LargeBinary,
    Table,
    Text,
)

from fund.platform.database import metadata

person = Table(
    "person",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default="true"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("email = lower(email)", name="email_lower"),
)

person_role = Table(
    "person_role",
    metadata,
    Column("person_id", BigInteger, ForeignKey("person.id"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("granted_by", Text, nullable=False),
    CheckConstraint(
        "role IN ('admin', 'officer', 'reviewer', 'council', 'decider', 'treasurer',"
        " 'auditor', 'group')",
        name="known",
    ),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_staff_session_person_id", "person_id"),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("account_hash", LargeBinary, nullable=False),
    Column("address", Text, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Index("ix_sign_in_attempt_account", "account_hash", "at"),
    Index("ix_sign_in_attempt_address", "address", "at"),
)
