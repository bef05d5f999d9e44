"""Tables of donors, gifts, wishes, consents and acceptance."""

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
from sqlalchemy.dialects.postgresql import JSONB

from fund.platform.database import metadata

donor = Table(
    "donor",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("family_name", Text, nullable=False, server_default=""),
    Column("given_name", Text, nullable=False, server_default=""),
    Column("single_name", Text, nullable=False, server_default=""),
    Column("kana", Text, nullable=False, server_default=""),
    Column("contact_person", Text, nullable=False, server_default=""),
    Column("country", Text, nullable=False, server_default="JP"),
    Column("postal_code", Text, nullable=False, server_default=""),
    Column("address1", Text, nullable=False),
    Column("address2", Text, nullable=False, server_default=""),
    Column("phone", Text, nullable=False, server_default=""),
    Column("email", Text, nullable=False, server_default=""),
    Column("locale", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("erased_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('individual', 'organisation')", name="kind"),
)

gift = Table(
    "gift",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("fund_id", Integer, nullable=False, server_default="1"),
    Column("no", Text, nullable=False, unique=True),
    Column("donor_id", BigInteger, ForeignKey("donor.id"), nullable=False),
    Column("yen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("form_key", Text, nullable=False, unique=True),
    Column("form_sha256", LargeBinary, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("edition_code", Text, ForeignKey("edition.code"), nullable=False),
    Column("offered_at", DateTime(timezone=True), nullable=False),
    Column("paid_at", DateTime(timezone=True)),
    Column("paid_by", Text, ForeignKey("payment.no"), unique=True),
    Column("received_on", Date),
    Column("accepted_on", Date),
    Column("accepted_yen", BigInteger),
    Column("returned_yen", BigInteger, nullable=False, server_default="0"),
    Column("taken_yen", BigInteger, nullable=False, server_default="0"),
    Column("state_before", Text),
    Column("salt", LargeBinary, nullable=False),
    Column("publish_name", Boolean, nullable=False, server_default="false"),
    Column("display_name", Text, nullable=False, server_default=""),
    Column("tell_group", Boolean, nullable=False, server_default="false"),
    Column("report_mail", Boolean, nullable=False, server_default="false"),
    Column("sample", Boolean, nullable=False, server_default="false"),
    Column("link_version", Integer, nullable=False, server_default="1"),
    Column("receipt_way", Text, nullable=False, server_default="link"),
    CheckConstraint("link_version > 0", name="link_version"),
    CheckConstraint("receipt_way IN ('post', 'link', 'none')", name="receipt_way"),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint(
        "state IN ('offered', 'awaiting_payment', 'received', 'accepted', 'allocated',"
        " 'reported', 'expired', 'failed', 'declined', 'refunded', 'disputed')",
        name="state",
    ),
    CheckConstraint(
        "method IN ('card', 'konbini', 'paypay', 'bank_transfer',"
        " 'counter', 'slip', 'box', 'bank', 'portal')",
        name="method",
    ),
    CheckConstraint("paid_by IS NULL OR paid_at IS NOT NULL", name="paid_by"),
    CheckConstraint("(received_on IS NULL) = (paid_at IS NULL)", name="received_when"),
    CheckConstraint("returned_yen BETWEEN 0 AND yen", name="returned"),
    CheckConstraint("taken_yen BETWEEN 0 AND coalesce(accepted_yen, yen)", name="taken"),
    CheckConstraint(
        "accepted_yen IS NULL OR (accepted_on IS NOT NULL AND accepted_yen BETWEEN 1 AND yen)",
        name="accepted_yen",
    ),
    CheckConstraint("accepted_on IS NULL OR received_on IS NOT NULL", name="accepted_when"),
    CheckConstraint("publish_name = (display_name <> '')", name="display_name_by_consent"),
    Index("ix_gift_state", "state", "id"),
)

gift_share = Table(
    "gift_share",
    metadata,
    Column("id", Text, primary_key=True),
    Column("gift_id", BigInteger, ForeignKey("gift.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text),
    Column("fallback", Text),
    Column("part", Text, nullable=False),
    Column("yen", BigInteger, nullable=False),
    UniqueConstraint("gift_id", "position"),
    CheckConstraint("yen > 0", name="yen_positive"),
    CheckConstraint("kind IN ('anywhere', 'field', 'group', 'theme')", name="kind"),
    CheckConstraint("(kind = 'anywhere') = (target IS NULL)", name="target_named"),
    CheckConstraint("fallback IN ('field', 'anywhere')", name="fallback"),
    CheckConstraint("(kind = 'anywhere') = (fallback IS NULL)", name="fallback_named"),
    CheckConstraint("part IN ('wish', 'kept')", name="part"),
)

consent = Table(
    "consent",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("gift_id", BigInteger, ForeignKey("gift.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("text_shown", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Index("ix_consent_gift_id", "gift_id"),
)

gift_draft = Table(
    "gift_draft",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("form_key", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("resume_hash", LargeBinary, unique=True),
    Column("mail_to", Text),
    Column("mail_locale", Text),
    Column("remind_on", Date),
    Index("ix_gift_draft_updated_at", "updated_at"),
)

donor_correction = Table(
    "donor_correction",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("donor_id", BigInteger, ForeignKey("donor.id"), nullable=False),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("after_acceptance", Boolean, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("person_id", BigInteger, ForeignKey("person.id")),
    Column("reason", Text, nullable=False, server_default=""),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("actor_kind IN ('donor', 'person')", name="actor_kind"),
    CheckConstraint("(actor_kind = 'person') = (person_id IS NOT NULL)", name="by_whom"),
    CheckConstraint("before <> after", name="something_changed"),
    Index("ix_donor_correction_donor_id", "donor_id"),
)

receipt_request = Table(
    "receipt_request",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("gift_id", BigInteger, ForeignKey("gift.id"), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("done_by", BigInteger, ForeignKey("person.id")),
    CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_by_whom"),
    Index(
        "ix_receipt_request_open", "gift_id", unique=True, postgresql_where=text("done_at IS NULL")
    ),
)

email_change = Table(
    "email_change",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("gift_id", BigInteger, ForeignKey("gift.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Index("ix_email_change_gift_id", "gift_id"),
)

acceptance_batch = Table(
    "acceptance_batch",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("checklist", JSONB, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("proposed_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", BigInteger, ForeignKey("person.id")),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_note", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('proposed', 'accepted', 'sent_back')", name="state"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
    CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name="decided_state"),
    CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
)

acceptance_item = Table(
    "acceptance_item",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("acceptance_batch.id"), primary_key=True),
    Column("gift_id", BigInteger, ForeignKey("gift.id"), primary_key=True),
    Index("ix_acceptance_item_gift_id", "gift_id"),
)

refusal = Table(
    "refusal",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("no", Text, nullable=False, unique=True),
    Column("gift_id", BigInteger, ForeignKey("gift.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("course", Text, nullable=False),
    Column("proposed_by", BigInteger, ForeignKey("person.id"), nullable=False),
    Column("proposed_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", BigInteger, ForeignKey("person.id")),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_note", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('proposed', 'declined', 'sent_back')", name="state"),
    CheckConstraint(
        "ground IN ('public-order', 'politics-religion', 'antisocial-forces', 'dispute',"
        " 'law', 'other')",
        name="ground",
    ),
    CheckConstraint("reason <> '' AND course <> ''", name="explained"),
    CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_when"),
    CheckConstraint("(state = 'proposed') = (decided_by IS NULL)", name="decided_state"),
    CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
    Index(
        "uq_refusal_standing", "gift_id", unique=True, postgresql_where=text("state <> 'sent_back'")
    ),
)
"""Gifts the ward does not accept (不採納): at most one standing proposal or decision for a gift."""
