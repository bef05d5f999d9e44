"""The audit trail: append-only, in the same transaction as the act it records."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    text,
)
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


@dataclass(frozen=True)
class Line:
    """One act (``gift.accepted``) on one subject, named by its public number."""

    act: str
    subject: str
    detail: Mapping[str, Json]


_WRITE = text("""
INSERT INTO audit_trail (at, actor_kind, person_id, label, act, subject, detail)
SELECT :at, :kind, :person, :label, line.act, line.subject, CAST(line.detail AS jsonb)
FROM unnest(CAST(:acts AS text[]), CAST(:subjects AS text[]), CAST(:details AS text[]))
  WITH ORDINALITY AS line(act, subject, detail, place)
ORDER BY line.place
""")


def write(connection: Connection, by: Actor, now: dt.datetime, lines: Sequence[Line]) -> None:
    """Append what one hand did at one moment: all lines in one statement, in their order."""
    connection.execute(
        _WRITE,
        {
            "at": now,
            "kind": by.kind,
            "person": by.person_id,
            "label": by.label,
            "acts": [line.act for line in lines],
            "subjects": [line.subject for line in lines],
            "details": [json.dumps(dict(line.detail), ensure_ascii=False) for line in lines],
        },
    )
