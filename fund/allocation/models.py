"""Tables of allocation runs and their posted lines."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from fund.platform.database import metadata

allocation_run = Table(
    "allocation_run",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("no", Text, nullable=False, unique=True),
    Column("fy", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("kind", Text, nullable=False, server_default="ordinary"),
    Column("run_date", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("edition_code", Text, ForeignKey("edition.code"), nullable=False),
    Column("problem", LargeBinary, nullable=False),
    Column("problem_sha256", Text, nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("plan_sha256", Text, nullable=False),
    Column("total_yen", BigInteger, nullable=False),
    Column("drafted_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("drafted_at", DateTime(timezone=True), nullable=False),
    Column("approved_by", BigInteger, ForeignKey("person.id")),
    Column("approved_at", DateTime(timezone=True)),
    Column("discarded_reason", Text, nullable=False, server_default=""),
    UniqueConstraint("fy", "serial"),
    CheckConstraint("kind IN ('ordinary', 'reinstatement')", name="kind"),
    CheckConstraint("state IN ('drafted', 'approved', 'discarded')", name="state"),
    CheckConstraint("(state = 'approved') = (approved_by IS NOT NULL)", name="approved_state"),
    CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_when"),
    CheckConstraint("approved_by IS NULL OR approved_by <> drafted_by", name="four_eyes"),
)

allocation_line = Table(
    "allocation_line",
    metadata,
    Column("run_id", BigInteger, ForeignKey("allocation_run.id"), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("share_id", Text, nullable=False),
    Column("award_no", Text, ForeignKey("award.no"), nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("use", Text, nullable=False),
    Column("entry_id", BigInteger, nullable=False, unique=True),
    UniqueConstraint("run_id", "share_id", "award_no", "use"),
    CheckConstraint("yen > 0", name="yen_positive"),
    Index("ix_allocation_line_share_id", "share_id"),
    Index("ix_allocation_line_award_no", "award_no"),
)

allocation_reversal = Table(
    "allocation_reversal",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("run_id", BigInteger, nullable=False),
    Column("line", Integer, nullable=False),
    Column("share_id", Text, nullable=False),
    Column("award_no", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("entry_id", BigInteger, ForeignKey("journal_entry.id"), nullable=False),
    UniqueConstraint("run_id", "line", "source", "entry_id"),
    ForeignKeyConstraint(["run_id", "line"], ["allocation_line.run_id", "allocation_line.line"]),
    CheckConstraint("yen <> 0", name="yen_moves"),
    CheckConstraint("source IN ('committed', 'ward')", name="source"),
    Index("ix_allocation_reversal_award_no", "award_no"),
    Index("ix_allocation_reversal_share_id", "share_id"),
)
"""What was taken back of a line (negative: given to it again), because its donor got the yen back.

``committed``: the award had not been paid yet and is short again. ``ward``: the group keeps what
it was paid, and the ward stands in for the donor until other money fills the hole.
"""

allocation_revision = Table(
    "allocation_revision",
    metadata,
    Column("run_id", BigInteger, ForeignKey("allocation_run.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("act", Text, nullable=False),
    Column("share_id", Text, ForeignKey("lot.share_id")),
    Column("award_no", Text, ForeignKey("award.no")),
    Column("yen", BigInteger),
    Column("by_role", Text),
    Column("reason", Text, nullable=False, server_default=""),
    Column("undoes", Integer),
    Column("plan_sha256", Text, nullable=False),
    Column("made_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("run_id", "undoes"),
    CheckConstraint("act IN ('overridden', 'undone', 'refreshed')", name="act"),
    CheckConstraint(
        "(act = 'overridden') = (share_id IS NOT NULL)"
        " AND (act = 'overridden') = (award_no IS NOT NULL)"
        " AND (act = 'overridden') = (yen IS NOT NULL)"
        " AND (act = 'overridden') = (by_role IS NOT NULL)",
        name="overridden",
    ),
    CheckConstraint("act <> 'overridden' OR reason <> ''", name="reasoned"),
    CheckConstraint("yen IS NULL OR yen > 0", name="yen_positive"),
    CheckConstraint("(act = 'undone') = (undoes IS NOT NULL)", name="undoes"),
)
"""What people did to a draft: set a manual payment, undid one, computed it again from the books.

``plan_sha256`` is the plan the draft had afterwards. Whoever stands here does not approve the run.
"""
