"""Tables of the bank: saved readings, files on their way in, statements, lines, matches.

Statements, lines, sightings and matches are append-only (migration ``0008_bank``): a match is
undone by a second row that takes its yen back.
"""

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
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from fund.platform.database import metadata

bank_profile = Table(
    "bank_profile",
    metadata,
    Column("code", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("file_account", Text, nullable=False, server_default=""),
    Column("settings", JSONB, nullable=False, server_default="{}"),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("updated_by", Text, nullable=False),
    CheckConstraint("format IN ('anser', 'zengin', 'csv')", name="format"),
    CheckConstraint("code ~ '^[a-z][a-z0-9-]{0,30}$'", name="code"),
    CheckConstraint("account ~ '^[a-z][a-z0-9-]{0,30}$'", name="account"),
)

bank_statement = Table(
    "bank_statement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("profile_code", Text, ForeignKey("bank_profile.code"), nullable=False),
    Column("format", Text, nullable=False),
    Column("filename", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("reading", Text, nullable=False),
    Column("encoding", Text, nullable=False),
    Column("notices", Boolean, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("new_rows", Integer, nullable=False),
    Column("problems", Integer, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("opening", BigInteger),
    Column("closing", BigInteger),
    Column("imported_at", DateTime(timezone=True), nullable=False),
    Column("imported_by", Text, nullable=False),
    UniqueConstraint("account", "sha256", "reading", name="uq_bank_statement_file"),
    CheckConstraint("length(sha256) = 32", name="sha256_length"),
    CheckConstraint("rows > 0 AND new_rows BETWEEN 0 AND rows", name="rows_counted"),
    CheckConstraint("first_day <= last_day", name="days_in_order"),
    CheckConstraint("(opening IS NULL) = (closing IS NULL)", name="balances_paired"),
    CheckConstraint("problems > 0 OR opening IS NULL OR opening + yen = closing", name="adds_up"),
    Index("ix_bank_statement_account", "account", "last_day"),
)

bank_import = Table(
    "bank_import",
    metadata,
    Column("no", Text, primary_key=True),
    Column("profile_code", Text, ForeignKey("bank_profile.code"), nullable=False),
    Column("filename", Text, nullable=False),
    Column("body", LargeBinary),
    Column("state", Text, nullable=False),
    Column("good_rows_only", Boolean, nullable=False, server_default="false"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("matched", Integer, nullable=False, server_default="0"),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("statement_id", BigInteger, ForeignKey("bank_statement.id")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id")),
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint(
        "state IN ('kept', 'queued', 'matching', 'done', 'failed', 'forgotten')", name="state"
    ),
    CheckConstraint(
        "(state IN ('done', 'failed', 'forgotten')) = (finished_at IS NOT NULL)", name="finished"
    ),
    # Names of payers stand in the bytes: they are kept until the file is in, no longer.
    CheckConstraint("finished_at IS NULL OR body IS NULL", name="bytes_forgotten"),
    CheckConstraint("done BETWEEN 0 AND total", name="progress"),
)

bank_line = Table(
    "bank_line",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account", Text, nullable=False),
    Column("statement_id", BigInteger, ForeignKey("bank_statement.id"), nullable=False),
    Column("row", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("balance", BigInteger),
    Column("name_raw", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    UniqueConstraint("statement_id", "row"),
    CheckConstraint("yen <> 0", name="yen_moves"),
    CheckConstraint("abs(yen) < 9007199254740992", name="yen_exact"),
    CheckConstraint("length(fingerprint) = 32", name="fingerprint_length"),
    Index("ix_bank_line_account", "account", "day"),
)

bank_sighting = Table(
    "bank_sighting",
    metadata,
    Column("statement_id", BigInteger, ForeignKey("bank_statement.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("line_id", BigInteger, ForeignKey("bank_line.id"), nullable=False),
    Index("ix_bank_sighting_line_id", "line_id"),
)

bank_match = Table(
    "bank_match",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("line_id", BigInteger, ForeignKey("bank_line.id"), nullable=False),
    Column("entry_id", BigInteger, ForeignKey("journal_entry.id")),
    Column("yen", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("booked", Boolean, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("undoes", BigInteger, ForeignKey("bank_match.id"), unique=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_label", Text, nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id")),
    CheckConstraint("yen <> 0", name="yen_moves"),
    CheckConstraint("level IN ('A', 'B', 'C')", name="level"),
    CheckConstraint("(what = 'ignored') = (entry_id IS NULL)", name="ignored_or_entry"),
    CheckConstraint("NOT booked OR entry_id IS NOT NULL", name="booked_entry"),
    CheckConstraint("(what <> 'ignored' AND undoes IS NULL) OR reason <> ''", name="reason_given"),
    Index("ix_bank_match_line_id", "line_id"),
    Index("ix_bank_match_entry_id", "entry_id"),
)
