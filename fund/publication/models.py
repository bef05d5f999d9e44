"""Tables of the public log: entries in their final bytes without gaps, and its signed heads."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from fund.platform.database import metadata

public_entry = Table(
    "public_entry",
    metadata,
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("kind", Text, nullable=False),
    Column("fy", SmallInteger, nullable=False),
    Column("on_text", Text, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("reason", Text),
    Column("reverses", BigInteger, ForeignKey("public_entry.no")),
    Column("gift_no", Text),
    Column("award_no", Text),
    Column("run_no", Text),
    Column("groups", ARRAY(Text), nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("size_yen", BigInteger, nullable=False),
    Column("in_yen", BigInteger, nullable=False),
    Column("out_yen", BigInteger, nullable=False),
    Column("left_yen", BigInteger, nullable=False),
    Column("committed_yen", BigInteger, nullable=False),
    Column("spent_yen", BigInteger, nullable=False),
    Column("returned_yen", BigInteger, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("appended_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("no > 0", name="no_positive"),
    CheckConstraint("length(body) <= 65535", name="body_length"),
    Index("ix_public_entry_kind", "kind", "no"),
    Index("ix_public_entry_fy", "fy", "no"),
    Index("ix_public_entry_gift_no", "gift_no"),
    Index("ix_public_entry_award_no", "award_no"),
    Index("ix_public_entry_run_no", "run_no", postgresql_where="run_no IS NOT NULL"),
    Index("ix_public_entry_reverses", "reverses", postgresql_where="reverses IS NOT NULL"),
    Index("ix_public_entry_sha256", func.sha256(text("body"))),
    Index("ix_public_entry_groups", "groups", postgresql_using="gin"),
    Index("ix_public_entry_fields", "fields", postgresql_using="gin"),
)

public_posting = Table(
    "public_posting",
    metadata,
    Column("no", BigInteger, ForeignKey("public_entry.no"), primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("account", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Index("ix_public_posting_account", "account", "no"),
)

public_source = Table(
    "public_source",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("journal_entry.id"), primary_key=True),
    Column("no", BigInteger, ForeignKey("public_entry.no"), nullable=False),
    Index("ix_public_source_no", "no"),
)

log_key = Table(
    "log_key",
    metadata,
    Column("vkey", Text, primary_key=True),
    Column("from_size", BigInteger, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("from_size"),
    CheckConstraint("from_size > 0", name="from_size_positive"),
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("size > 0", name="size_positive"),
    CheckConstraint("length(root) = 32", name="root_length"),
    Index("ix_log_checkpoint_root", "root"),
)

log_witness = Table(
    "log_witness",
    metadata,
    Column("vkey", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("name"),
)

log_cosignature = Table(
    "log_cosignature",
    metadata,
    Column("size", BigInteger, ForeignKey("log_checkpoint.size"), primary_key=True),
    Column("vkey", Text, ForeignKey("log_witness.vkey"), primary_key=True),
    Column("line", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
