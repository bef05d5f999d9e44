"""Tables of the One-Stop exception: one application for a gift, and every step it took."""

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
)
from sqlalchemy.dialects.postgresql import JSONB

from fund.platform.database import metadata

_STATES = (
    "'requested', 'sent', 'received', 'defective', 'late', 'notified', 'withdrawn', 'cancelled'"
)

one_stop = Table(
    "one_stop",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("gift_no", Text, ForeignKey("gift.no"), nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("born_on", Date),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False),
    Column("printed_at", DateTime(timezone=True)),
    Column("arrived_on", Date),
    Column("reasons", JSONB, nullable=False, server_default="[]"),
    Column("facts", JSONB(none_as_null=True)),
    Column("yen", BigInteger),
    Column("municipality", Text, nullable=False, server_default=""),
    Column("notified_on", Date),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    CheckConstraint(
        "state NOT IN ('received', 'defective', 'late', 'notified') OR arrived_on IS NOT NULL",
        name="arrived_when",
    ),
    CheckConstraint("state <> 'notified' OR notified_on IS NOT NULL", name="notified_when"),
    CheckConstraint("state NOT IN ('received', 'notified') OR yen > 0", name="yen"),
    CheckConstraint("(state = 'defective') = (reasons <> '[]')", name="defect_named"),
    CheckConstraint(
        "born_on IS NULL OR state IN ('requested', 'sent', 'received', 'defective')",
        name="born_on_while_needed",
    ),
    CheckConstraint("facts IS NULL OR state = 'received'", name="facts_while_needed"),
    Index("ix_one_stop_state", "state", "id"),
)
"""What stands here of a person (``born_on``, and ``facts`` as the paper says them) goes as soon as
it is not needed any more."""

one_stop_step = Table(
    "one_stop_step",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("one_stop_id", BigInteger, ForeignKey("one_stop.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("reasons", JSONB, nullable=False, server_default="[]"),
    Column("day", Date),
    Column("actor_kind", Text, nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id")),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint(f"act IN ({_STATES}, 'printed', 'changed')", name="act"),
    CheckConstraint("actor_kind IN ('donor', 'person', 'system')", name="actor_kind"),
    CheckConstraint("(actor_kind = 'person') = (person_id IS NOT NULL)", name="by_whom"),
    Index("ix_one_stop_step_one_stop_id", "one_stop_id", "id"),
)
"""Append-only. Nothing here says anything of a person."""
