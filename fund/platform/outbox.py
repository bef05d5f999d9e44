"""Mails waiting to be sent: written in the transaction of the fact, delivered afterwards."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from fund.platform.database import metadata

mail = Table(
    "mail",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Text, nullable=False, unique=True),
    Column("occasion", Text, nullable=False),
    Column("subject_no", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body_text", Text, nullable=False),
    Column("body_html", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    UniqueConstraint("occasion", "subject_no", name="uq_mail_occasion"),
    CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
)
