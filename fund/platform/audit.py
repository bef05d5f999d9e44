"""The audit trail: append-only, in the same transaction as the act it records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Connection, DateTime, Identity, Index, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from fund.kernel.actor import Actor
from fund.kernel.canonical import Json
from fund.platform.database import metadata

audit_trail = Table(
    "audit_trail",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("person_id", BigInteger),
    Column("label", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Index("ix_audit_trail_subject", "subject", "id"),
)


def write(
    connection: Connection,
    by: Actor,
    now: dt.datetime,
    act: str,
    subject: str,
    detail: Mapping[str, Json],
) -> None:
    """Append one line: the hand, the act (``gift.accepted``), the subject's public number."""
    connection.execute(
        audit_trail.insert().values(
            at=now,
            actor_kind=by.kind,
            person_id=by.person_id,
            label=by.label,
            act=act,
            subject=subject,
            detail=dict(detail),
        )
    )
