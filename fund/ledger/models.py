"""Tables of the ledger.

The laws over them (balance, no overdraft, no change) are triggers and privileges of the
database, written in the migration ``0002_laws``. So is what postings refer to: their entries and
lots are looked for a statement at a time (``0029_references``).
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
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fund.platform.database import metadata

journal_entry = Table(
    "journal_entry",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("kind", Text, nullable=False),
    Column("fact_kind", Text, nullable=False),
    Column("fact_id", Text, nullable=False),
    Column("fy", SmallInteger, nullable=False),
    Column("on_day", Date, nullable=False),
    Column("reason", Text),
    Column("reverses", BigInteger, ForeignKey("journal_entry.id")),
    Column("clauses", ARRAY(Text), nullable=False, server_default="{}"),
    Column("detail", JSONB, nullable=False, server_default="{}"),
    Column("booked_at", DateTime(timezone=True), nullable=False),
    Column("booked_by", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("xact", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("fact_kind", "fact_id", name="uq_journal_entry_fact"),
    CheckConstraint("length(sha256) = 32", name="sha256_length"),
    Index("ix_journal_entry_kind", "kind", "id"),
)

posting = Table(
    "posting",
    metadata,
    Column("entry_id", BigInteger, primary_key=True),
    Column("line", SmallInteger, primary_key=True),
    Column("account", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    CheckConstraint("yen <> 0", name="yen_moves"),
    CheckConstraint("abs(yen) < 9007199254740992", name="yen_exact"),
    Index("ix_posting_account", "account", "entry_id"),
)

lot = Table(
    "lot",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("share_id", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("gift_no", Text),
    Column("yen", BigInteger, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("wish", JSONB, nullable=False),
    Column("entry_id", BigInteger, ForeignKey("journal_entry.id"), nullable=False),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("origin IN ('gift', 'interest', 'opening', 'ward')", name="origin"),
    CheckConstraint("(origin = 'gift') = (gift_no IS NOT NULL)", name="gift_named"),
    Index("ix_lot_gift_no", "gift_no"),
)

lot_posting = Table(
    "lot_posting",
    metadata,
    Column("entry_id", BigInteger, primary_key=True),
    Column("lot_id", BigInteger, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("yen", BigInteger, nullable=False),
    CheckConstraint("yen <> 0", name="yen_moves"),
    CheckConstraint("account LIKE 'fund:%'", name="in_the_fund"),
    Index("ix_lot_posting_lot_id", "lot_id"),
)

pot = Table(
    "pot",
    metadata,
    Column("account", Text, primary_key=True),
    Column("yen", BigInteger, nullable=False),
    CheckConstraint("yen >= 0", name="never_overdrawn"),
)

pot_inflow = Table(
    "pot_inflow",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("account", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Index("ix_pot_inflow_account", "account"),
)

redirection = Table(
    "redirection",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("entry_id", BigInteger, ForeignKey("journal_entry.id"), nullable=False, unique=True),
    Column("share_id", Text, ForeignKey("lot.share_id"), nullable=False),
    Column("new_share_id", Text, ForeignKey("lot.share_id"), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("target", Text),
    Column("fallback", Text),
    Column("yen", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("share_id <> new_share_id", name="moves"),
    CheckConstraint("kind IN ('anywhere', 'field', 'group', 'theme')", name="kind"),
    CheckConstraint("(kind = 'anywhere') = (target IS NULL)", name="target_named"),
    CheckConstraint(
        "reason IN ('donor-choice', 'no-application', 'group-removed', 'not-selected',"
        " 'award-cancelled', 'grant-returned', 'wish-term', 'over-target', 'project-stopped')",
        name="reason",
    ),
    Index("ix_redirection_share_id", "share_id"),
)
