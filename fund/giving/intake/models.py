"""Tables of batches, rows, files, doubts, slips, gifts in kind and later choices of use."""

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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from fund.giving.models import gift
from fund.platform.database import metadata

intake_batch = Table(
    "intake_batch",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("place", Text, nullable=False, server_default=""),
    Column("expected_count", Integer, nullable=False),
    Column("expected_yen", BigInteger, nullable=False),
    Column("difference_reason", Text, nullable=False, server_default=""),
    Column("opened_by", BigInteger, ForeignKey("person.id")),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("handed_in_by", BigInteger, ForeignKey("person.id")),
    Column("handed_in_at", DateTime(timezone=True)),
    Column("checked_by", BigInteger, ForeignKey("person.id")),
    Column("checked_at", DateTime(timezone=True)),
    Column("check_note", Text, nullable=False, server_default=""),
    CheckConstraint("kind IN ('counter', 'slip', 'box', 'bank', 'portal')", name="kind"),
    CheckConstraint("origin IN ('typed', 'file')", name="origin"),
    CheckConstraint("state IN ('open', 'handed_in', 'booked', 'dropped')", name="state"),
    CheckConstraint("expected_count >= 0 AND expected_yen >= 0", name="expected"),
    CheckConstraint("(handed_in_by IS NULL) = (handed_in_at IS NULL)", name="handed_in_when"),
    CheckConstraint("(checked_by IS NULL) = (checked_at IS NULL)", name="checked_when"),
    CheckConstraint(
        "checked_by IS NULL OR (checked_by <> opened_by AND checked_by <> handed_in_by)",
        name="four_eyes",
    ),
    CheckConstraint(
        "origin <> 'typed' OR state <> 'booked'"
        " OR (opened_by IS NOT NULL AND handed_in_by IS NOT NULL AND checked_by IS NOT NULL)",
        name="booked_by_two",
    ),
    Index("ix_intake_batch_state", "state", "id"),
)

intake_row = Table(
    "intake_row",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("batch_id", BigInteger, ForeignKey("intake_batch.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("typed", JSONB, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("source_key", Text),
    Column("sha256", LargeBinary, nullable=False),
    Column("name_key", Text, nullable=False, server_default=""),
    Column("kana_key", Text, nullable=False, server_default=""),
    Column("postal_code", Text, nullable=False, server_default=""),
    Column("phone", Text, nullable=False, server_default=""),
    Column("entered_by", BigInteger, ForeignKey("person.id")),
    Column("entered_at", DateTime(timezone=True), nullable=False),
    Column("gift_no", Text),
    UniqueConstraint("batch_id", "position"),
    UniqueConstraint("source", "source_key", name="uq_intake_row_source_key"),
    CheckConstraint("state IN ('entered', 'doubtful', 'booked', 'left_out')", name="state"),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("(state = 'booked') = (gift_no IS NOT NULL)", name="booked_as"),
    Index("uq_intake_row_gift_no", "gift_no", unique=True),
    Index("ix_intake_row_open", "batch_id", postgresql_where=text("state = 'entered'")),
    Index("ix_intake_row_alike", "yen", "received_on"),
)

intake_doubt = Table(
    "intake_doubt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("row_id", BigInteger, ForeignKey("intake_row.id"), nullable=False),
    Column("other_gift_no", Text),
    Column("other_row_id", BigInteger, ForeignKey("intake_row.id")),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
    Column("decision", Text),
    Column("decided_by", BigInteger, ForeignKey("person.id")),
    Column("decided_at", DateTime(timezone=True)),
    Column("note", Text, nullable=False, server_default=""),
    UniqueConstraint("row_id", "other_gift_no", name="uq_intake_doubt_gift"),
    UniqueConstraint("row_id", "other_row_id", name="uq_intake_doubt_row"),
    CheckConstraint("(other_gift_no IS NULL) <> (other_row_id IS NULL)", name="one_other"),
    CheckConstraint("decision IN ('different', 'same')", name="decision"),
    CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name="decided_by_whom"),
    CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_when"),
    Index("ix_intake_doubt_open", "row_id", postgresql_where=text("decision IS NULL")),
)

gift_import = Table(
    "gift_import",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("file_name", Text, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("good_only", Boolean, nullable=False, server_default="false"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("report", JSONB, nullable=False, server_default="{}"),
    Column("batch_id", BigInteger, ForeignKey("intake_batch.id")),
    Column("asked_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint(
        "state IN ('waiting', 'examined', 'importing', 'done', 'refused', 'dropped')", name="state"
    ),
    CheckConstraint(
        "(ended_at IS NOT NULL) = (state IN ('done', 'refused', 'dropped'))", name="ended_when"
    ),
    # What was imported stands in its rows; the file itself is forgotten with its end.
    CheckConstraint("ended_at IS NULL OR length(body) = 0", name="forgotten"),
)

slip_print = Table(
    "slip_print",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("gift_id", BigInteger, ForeignKey("gift.id"), nullable=False),
    Column("printed_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("printed_at", DateTime(timezone=True), nullable=False),
    Index("ix_slip_print_gift_id", "gift_id"),
)

gift_in_kind = Table(
    "gift_in_kind",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("form_key", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("description", Text, nullable=False),
    Column("quantity", Text, nullable=False, server_default=""),
    Column("estimated_yen", BigInteger),
    Column("donor_name", Text, nullable=False),
    Column("donor_address", Text, nullable=False, server_default=""),
    Column("donor_phone", Text, nullable=False, server_default=""),
    Column("wish", Text, nullable=False, server_default=""),
    Column("registered_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", BigInteger, ForeignKey("person.id")),
    Column("decided_at", DateTime(timezone=True)),
    Column("note", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('registered', 'accepted', 'declined')", name="state"),
    CheckConstraint("estimated_yen > 0", name="estimate"),
    CheckConstraint("(state = 'registered') = (decided_by IS NULL)", name="decided_by_whom"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
    CheckConstraint("decided_by <> registered_by", name="four_eyes"),
    CheckConstraint("state <> 'declined' OR note <> ''", name="declined_why"),
)

use_invitation = Table(
    "use_invitation",
    metadata,
    Column("gift_id", BigInteger, ForeignKey("gift.id"), primary_key=True),
    Column("invited_at", DateTime(timezone=True), nullable=False),
)

use_choice = Table(
    "use_choice",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("gift_id", BigInteger, ForeignKey("use_invitation.gift_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("fallback", Text, nullable=False),
    Column("edition_code", Text, ForeignKey("edition.code"), nullable=False),
    Column("chosen_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind IN ('field', 'group', 'theme')", name="kind"),
    CheckConstraint("fallback IN ('field', 'anywhere')", name="fallback"),
    Index("ix_use_choice_gift_id", "gift_id", "id"),
)

Index("ix_gift_received_on", gift.c.received_on, gift.c.yen)
