"""Tables of the public log: entries in their final bytes without gaps, and its signed heads.

``public_cell`` and ``public_place`` are counted from the entries and can be counted again: sums
and places of every entry by what it is tagged with (see ``queries.tags``).
"""

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
    Index("ix_public_entry_gift_no", "gift_no"),
    Index("ix_public_entry_award_no", "award_no"),
    Index("ix_public_entry_run_no", "run_no", postgresql_where="run_no IS NOT NULL"),
    Index("ix_public_entry_reverses", "reverses", postgresql_where="reverses IS NOT NULL"),
    Index("ix_public_entry_sha256", func.sha256(text("body"))),
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

public_cell = Table(
    "public_cell",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("tag", Text(collation="C"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("fy", SmallInteger, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("in_yen", BigInteger, nullable=False),
    Column("committed_yen", BigInteger, nullable=False),
    Column("out_yen", BigInteger, nullable=False),
    Column("spent_yen", BigInteger, nullable=False),
    Column("returned_yen", BigInteger, nullable=False),
    Column("left_yen", BigInteger, nullable=False),
    Column("min_no", BigInteger, nullable=False),
    Column("max_no", BigInteger, nullable=False),
    UniqueConstraint("tag", "kind", "fy", "first_day"),
    CheckConstraint("entries > 0 AND min_no > 0 AND min_no <= max_no", name="counts_entries"),
    Index("ix_public_cell_tag_max_no", "tag", "max_no"),
)

public_place = Table(
    "public_place",
    metadata,
    Column("cell_id", Integer, ForeignKey("public_cell.id"), primary_key=True),
    Column("no", BigInteger, primary_key=True),
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
