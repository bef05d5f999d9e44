"""Tables of the register: groups, fields of use, programmes and themes."""

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
)
from sqlalchemy.dialects.postgresql import ARRAY

from fund.platform.database import metadata

field = Table(
    "field",
    metadata,
    Column("code", Text, primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("position", Integer, nullable=False),
    Column("name_ja", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("about_ja", Text, nullable=False),
    Column("about_en", Text, nullable=False),
    Column("npo_law_fields", ARRAY(Integer), nullable=False),
    Column("open", Boolean, nullable=False, server_default="true"),
    CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,30}$'", name="code_form"),
)

programme = Table(
    "programme",
    metadata,
    Column("code", Text, primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name_ja", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("about_ja", Text, nullable=False),
    Column("about_en", Text, nullable=False),
    Column("first_fy", Integer, nullable=False),
    Column("last_fy", Integer),
    Column("cap_yen", BigInteger),
    Column("rate_percent", Integer),
    Column("max_years", Integer),
    Column("sample", Boolean, nullable=False, server_default="false"),
    CheckConstraint("kind IN ('programme', 'theme')", name="kind"),
    CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,40}$'", name="code_form"),
)

civic_group = Table(
    "civic_group",
    metadata,
    Column("no", Text, primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("name", Text, nullable=False, unique=True),
    Column("kana", Text, nullable=False, server_default=""),
    Column("name_en", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("purpose_ja", Text, nullable=False, server_default=""),
    Column("purpose_en", Text, nullable=False, server_default=""),
    Column("fields", ARRAY(Text), nullable=False),
    Column("state", Text, nullable=False),
    Column("registered_on", Date),
    Column("registered_until", Date),
    Column("corporate_no", Text),
    Column("website", Text),
    Column("source_url", Text),
    Column("sample", Boolean, nullable=False, server_default="false"),
    CheckConstraint("no ~ '^[0-9]{4}$'", name="no_form"),
    CheckConstraint("state IN ('historical', 'registered', 'suspended', 'removed')", name="state"),
)

interest = Table(
    "interest",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("person_id", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("group_no", Text, ForeignKey("civic_group.no"), nullable=False),
    Column("relation", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("declared_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint(
        "relation IN ('officer', 'member', 'employee', 'business', 'family', 'other')",
        name="relation",
    ),
    CheckConstraint("ended_at IS NULL OR ended_at >= declared_at", name="ends_after"),
)
"""A member of staff is connected with a group, by own declaration; it can only end."""

Index(
    "uq_interest_standing",
    interest.c.person_id,
    interest.c.group_no,
    unique=True,
    postgresql_where=interest.c.ended_at.is_(None),
)
