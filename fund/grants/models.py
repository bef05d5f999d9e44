"""Tables of applications, recommendations, awards, disbursements and settlements."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from fund.platform.database import metadata

application = Table(
    "application",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("group_no", Text, ForeignKey("civic_group.no"), nullable=False),
    Column("programme_code", Text, ForeignKey("programme.code"), nullable=False),
    Column("theme_code", Text, ForeignKey("programme.code")),
    Column("fy", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("fields", ARRAY(Text), nullable=False),
    Column("requested_yen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("registered_by", BigInteger, ForeignKey("person.id")),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("refused_by", BigInteger, ForeignKey("person.id")),
    Column("refused_on", Date),
    Column("refusal_reason", Text, nullable=False, server_default=""),
    Column("refusal_clause", Text),
    Column("sample", Boolean, nullable=False, server_default="false"),
    CheckConstraint("requested_yen > 0", name="requested_positive"),
    CheckConstraint(
        "(state = 'refused') = (refused_by IS NOT NULL)"
        " AND (refused_by IS NULL) = (refused_on IS NULL)"
        " AND (refused_by IS NULL) = (refusal_reason = '')",
        name="refused_by_someone",
    ),
    CheckConstraint(
        "state IN ('submitted', 'recommended', 'not_recommended', 'decided', 'refused')",
        name="state",
    ),
)

recommendation = Table(
    "recommendation",
    metadata,
    Column("application_id", BigInteger, ForeignKey("application.id"), primary_key=True),
    Column("recommended", Boolean, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("score", Integer, nullable=False),
    Column("comment", Text, nullable=False),
    Column("recommended_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("recommended_at", DateTime(timezone=True), nullable=False),
    Column("clause", Text, nullable=False),
    CheckConstraint("yen >= 0 AND (yen > 0) = recommended", name="yen_when_recommended"),
    CheckConstraint("score BETWEEN 0 AND 100", name="score_range"),
)

award = Table(
    "award",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("no", Text, nullable=False, unique=True),
    Column("application_id", BigInteger, ForeignKey("application.id"), unique=True),
    Column("group_no", Text, ForeignKey("civic_group.no"), nullable=False),
    Column("programme_code", Text, ForeignKey("programme.code"), nullable=False),
    Column("theme_code", Text, ForeignKey("programme.code")),
    Column("fy", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("fields", ARRAY(Text), nullable=False),
    Column("yen", BigInteger),
    Column("min_yen", BigInteger, nullable=False, server_default="0"),
    Column("tier", Integer, nullable=False, server_default="1"),
    Column("score", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    Column("decided_by", BigInteger, ForeignKey("person.id")),
    Column("decided_on", Date),
    Column("deviation_reason", Text, nullable=False, server_default=""),
    Column("clause", Text),
    Column("historical", Boolean, nullable=False, server_default="false"),
    Column("sample", Boolean, nullable=False, server_default="false"),
    Column("source_url", Text),
    CheckConstraint("yen IS NULL OR yen > 0", name="yen_positive"),
    CheckConstraint("yen IS NOT NULL OR historical", name="yen_known"),
    CheckConstraint("min_yen >= 0 AND (yen IS NULL OR min_yen <= yen)", name="min_within"),
    CheckConstraint(
        "historical = (application_id IS NULL) AND historical = (decided_by IS NULL)",
        name="decided_by_someone",
    ),
    CheckConstraint("NOT historical OR source_url IS NOT NULL", name="historical_source"),
    CheckConstraint("state IN ('decided', 'disbursed', 'settled', 'cancelled')", name="state"),
    Index("ix_award_group_no", "group_no"),
)

award_change = Table(
    "award_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("award_id", BigInteger, ForeignKey("award.id"), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("yen_before", BigInteger, nullable=False),
    Column("yen_after", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("decision_no", Text, nullable=False, server_default=""),
    Column("ended_by", BigInteger, ForeignKey("person.id")),
    Column("ended_at", DateTime(timezone=True)),
    Column("answer", Text, nullable=False, server_default=""),
    UniqueConstraint("award_id", "serial"),
    CheckConstraint("kind IN ('reduced', 'cancelled')", name="kind"),
    CheckConstraint("state IN ('proposed', 'decided', 'sent_back')", name="state"),
    CheckConstraint(
        "reason IN ('group-withdrew', 'smaller-project', 'conditions-broken',"
        " 'status-lost', 'project-stopped', 'decision-corrected')",
        name="reason",
    ),
    CheckConstraint(
        "CASE kind WHEN 'reduced' THEN yen_after > 0 AND yen_after < yen_before"
        " ELSE yen_after = 0 END",
        name="falls",
    ),
    CheckConstraint("explanation <> ''", name="explained"),
    CheckConstraint("ended_by IS NULL OR ended_by <> proposed_by", name="four_eyes"),
    CheckConstraint(
        "(state = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
        name="ended_when",
    ),
    CheckConstraint("(state = 'decided') = (decision_no <> '')", name="decision_numbered"),
    CheckConstraint("(state = 'sent_back') = (answer <> '')", name="sent_back_why"),
    Index(
        "uq_award_change_waiting",
        "award_id",
        unique=True,
        postgresql_where=text("state = 'proposed'"),
    ),
)
"""An award made smaller or ended: proposed by one person, decided with a number by another."""

award_series = Table(
    "award_series",
    metadata,
    Column("fy", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

disbursement = Table(
    "disbursement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("award_id", BigInteger, ForeignKey("award.id"), nullable=False),
    Column("serial", Integer, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("paid_by", BigInteger, ForeignKey("person.id")),
    Column("paid_on", Date),
    Column("sent_back_by", BigInteger, ForeignKey("person.id")),
    Column("sent_back_reason", Text, nullable=False, server_default=""),
    UniqueConstraint("award_id", "serial"),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("state IN ('requested', 'paid', 'sent_back')", name="state"),
    CheckConstraint("paid_by IS NULL OR paid_by <> requested_by", name="four_eyes"),
    CheckConstraint(
        "(state = 'paid') = (paid_on IS NOT NULL) AND (paid_on IS NULL) = (paid_by IS NULL)",
        name="paid_when",
    ),
    CheckConstraint(
        "(state = 'sent_back') = (sent_back_by IS NOT NULL)"
        " AND (sent_back_by IS NULL) = (sent_back_reason = '')",
        name="sent_back_why",
    ),
)

settlement = Table(
    "settlement",
    metadata,
    Column("award_id", BigInteger, ForeignKey("award.id"), primary_key=True),
    Column("spent_yen", BigInteger, nullable=False),
    Column("returned_yen", BigInteger, nullable=False),
    Column("report", Text, nullable=False),
    Column("confirmed_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("confirmed_on", Date, nullable=False),
    CheckConstraint("spent_yen >= 0 AND returned_yen >= 0", name="not_negative"),
)
