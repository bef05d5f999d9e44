"""Every table of the first edition of the house; the laws over them follow in 0002."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "audit_trail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_trail")),
    )
    op.create_index("ix_audit_trail_subject", "audit_trail", ["subject", "id"], unique=False)
    op.create_table(
        "award_series",
        sa.Column("fy", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fy", name=op.f("pk_award_series")),
    )
    op.create_table(
        "civic_group",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kana", sa.Text(), server_default="", nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose_ja", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose_en", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("registered_until", sa.Date(), nullable=True),
        sa.Column("corporate_no", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("no ~ '^[0-9]{4}$'", name=op.f("ck_civic_group_no_form")),
        sa.CheckConstraint(
            "state IN ('historical', 'registered', 'suspended', 'removed')",
            name=op.f("ck_civic_group_state"),
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_civic_group")),
        sa.UniqueConstraint("name", name=op.f("uq_civic_group_name")),
    )
    op.create_table(
        "donor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), server_default="", nullable=False),
        sa.Column("given_name", sa.Text(), server_default="", nullable=False),
        sa.Column("single_name", sa.Text(), server_default="", nullable=False),
        sa.Column("kana", sa.Text(), server_default="", nullable=False),
        sa.Column("contact_person", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), server_default="JP", nullable=False),
        sa.Column("postal_code", sa.Text(), server_default="", nullable=False),
        sa.Column("address1", sa.Text(), nullable=False),
        sa.Column("address2", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('individual', 'organisation')", name=op.f("ck_donor_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_donor")),
    )
    op.create_table(
        "edition",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decision_ref", sa.Text(), nullable=False),
        sa.Column("title_ja", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("summary_ja", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_edition")),
        sa.UniqueConstraint("effective_on", name=op.f("uq_edition_effective_on")),
    )
    op.create_table(
        "field",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_ja", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("about_ja", sa.Text(), nullable=False),
        sa.Column("about_en", sa.Text(), nullable=False),
        sa.Column("npo_law_fields", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("open", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,30}$'", name=op.f("ck_field_code_form")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_field")),
    )
    op.create_table(
        "gift_draft",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_gift_draft")),
    )
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fact_kind", sa.Text(), nullable=False),
        sa.Column("fact_id", sa.Text(), nullable=False),
        sa.Column("fy", sa.SmallInteger(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("clauses", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "detail", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("xact", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("length(sha256) = 32", name=op.f("ck_journal_entry_sha256_length")),
        sa.ForeignKeyConstraint(
            ["reverses"], ["journal_entry.id"], name=op.f("fk_journal_entry_reverses")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("fact_kind", "fact_id", name="uq_journal_entry_fact"),
    )
    op.create_index("ix_journal_entry_kind", "journal_entry", ["kind", "id"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("subject_no", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_mail_sent_when")
        ),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name=op.f("ck_mail_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
        sa.UniqueConstraint("occasion", "subject_no", name="uq_mail_occasion"),
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("gift_no", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("session_url", sa.Text(), nullable=True),
        sa.Column("intent_id", sa.Text(), nullable=True),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'succeeded') = (paid_at IS NOT NULL AND received_on IS NOT NULL)",
            name=op.f("ck_payment_paid_when"),
        ),
        sa.CheckConstraint("method IN ('card', 'counter', 'bank')", name=op.f("ck_payment_method")),
        sa.CheckConstraint(
            "state IN ('created', 'open', 'succeeded', 'failed', 'expired', 'canceled')",
            name=op.f("ck_payment_state"),
        ),
        sa.CheckConstraint("yen > 0", name=op.f("ck_payment_yen_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_payment_intent_id")),
        sa.UniqueConstraint("no", name=op.f("uq_payment_no")),
        sa.UniqueConstraint("session_id", name=op.f("uq_payment_session_id")),
    )
    op.create_index("uq_payment_attempt", "payment", ["gift_no", "attempt"], unique=True)
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "pot",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("yen >= 0", name=op.f("ck_pot_never_overdrawn")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_pot")),
    )
    op.create_table(
        "pot_inflow",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pot_inflow")),
    )
    op.create_index("ix_pot_inflow_account", "pot_inflow", ["account"], unique=False)
    op.create_table(
        "programme",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_ja", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("about_ja", sa.Text(), nullable=False),
        sa.Column("about_en", sa.Text(), nullable=False),
        sa.Column("first_fy", sa.Integer(), nullable=False),
        sa.Column("last_fy", sa.Integer(), nullable=True),
        sa.Column("cap_yen", sa.BigInteger(), nullable=True),
        sa.Column("rate_percent", sa.Integer(), nullable=True),
        sa.Column("max_years", sa.Integer(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,40}$'", name=op.f("ck_programme_code_form")),
        sa.CheckConstraint("kind IN ('programme', 'theme')", name=op.f("ck_programme_kind")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_programme")),
    )
    op.create_table(
        "provider_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'pending') = (processed_at IS NULL)",
            name=op.f("ck_provider_event_processed_when"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'processed', 'ignored')", name=op.f("ck_provider_event_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_event")),
    )
    op.create_index(
        "ix_provider_event_pending",
        "provider_event",
        ["received_at"],
        unique=False,
        postgresql_where="state = 'pending'",
    )
    op.create_table(
        "public_entry",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fy", sa.SmallInteger(), nullable=False),
        sa.Column("on_text", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("gift_no", sa.Text(), nullable=True),
        sa.Column("award_no", sa.Text(), nullable=True),
        sa.Column("run_no", sa.Text(), nullable=True),
        sa.Column("groups", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("size_yen", sa.BigInteger(), nullable=False),
        sa.Column("in_yen", sa.BigInteger(), nullable=False),
        sa.Column("out_yen", sa.BigInteger(), nullable=False),
        sa.Column("left_yen", sa.BigInteger(), nullable=False),
        sa.Column("committed_yen", sa.BigInteger(), nullable=False),
        sa.Column("spent_yen", sa.BigInteger(), nullable=False),
        sa.Column("returned_yen", sa.BigInteger(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("appended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(body) <= 65535", name=op.f("ck_public_entry_body_length")),
        sa.CheckConstraint("no > 0", name=op.f("ck_public_entry_no_positive")),
        sa.ForeignKeyConstraint(
            ["reverses"], ["public_entry.no"], name=op.f("fk_public_entry_reverses")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_public_entry")),
    )
    op.create_index("ix_public_entry_award_no", "public_entry", ["award_no"], unique=False)
    op.create_index(
        "ix_public_entry_fields", "public_entry", ["fields"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_public_entry_fy", "public_entry", ["fy", "no"], unique=False)
    op.create_index("ix_public_entry_gift_no", "public_entry", ["gift_no"], unique=False)
    op.create_index(
        "ix_public_entry_groups", "public_entry", ["groups"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_public_entry_kind", "public_entry", ["kind", "no"], unique=False)
    op.create_index(
        "ix_public_entry_run_no",
        "public_entry",
        ["run_no"],
        unique=False,
        postgresql_where="run_no IS NOT NULL",
    )
    op.create_index(
        "ix_public_entry_reverses",
        "public_entry",
        ["reverses"],
        unique=False,
        postgresql_where="reverses IS NOT NULL",
    )
    op.create_table(
        "receipt_series",
        sa.Column("fy", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fy", name=op.f("pk_receipt_series")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(
        "ix_sign_in_attempt_account", "sign_in_attempt", ["account_hash", "at"], unique=False
    )
    op.create_index(
        "ix_sign_in_attempt_address", "sign_in_attempt", ["address", "at"], unique=False
    )
    op.create_table(
        "acceptance_batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("checklist", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)",
            name=op.f("ck_acceptance_batch_decided_state"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'sent_back')", name=op.f("ck_acceptance_batch_state")
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_acceptance_batch_decided_when"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by",
            name=op.f("ck_acceptance_batch_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_acceptance_batch_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["person.id"], name=op.f("fk_acceptance_batch_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_batch")),
        sa.UniqueConstraint("no", name=op.f("uq_acceptance_batch_no")),
    )
    op.create_table(
        "allocation_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("fy", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("run_date", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("edition_code", sa.Text(), nullable=False),
        sa.Column("problem", sa.LargeBinary(), nullable=False),
        sa.Column("problem_sha256", sa.Text(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("plan_sha256", sa.Text(), nullable=False),
        sa.Column("total_yen", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.BigInteger(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discarded_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'approved') = (approved_by IS NOT NULL)",
            name=op.f("ck_allocation_run_approved_state"),
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'approved', 'discarded')", name=op.f("ck_allocation_run_state")
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)",
            name=op.f("ck_allocation_run_approved_when"),
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> drafted_by",
            name=op.f("ck_allocation_run_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["person.id"], name=op.f("fk_allocation_run_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["drafted_by"], ["person.id"], name=op.f("fk_allocation_run_drafted_by")
        ),
        sa.ForeignKeyConstraint(
            ["edition_code"], ["edition.code"], name=op.f("fk_allocation_run_edition_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_run")),
        sa.UniqueConstraint("fy", "serial", name=op.f("uq_allocation_run_fy_serial")),
        sa.UniqueConstraint("no", name=op.f("uq_allocation_run_no")),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("group_no", sa.Text(), nullable=False),
        sa.Column("programme_code", sa.Text(), nullable=False),
        sa.Column("theme_code", sa.Text(), nullable=True),
        sa.Column("fy", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("requested_yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.BigInteger(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused_by", sa.BigInteger(), nullable=True),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.Column("refusal_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("refusal_clause", sa.Text(), nullable=True),
        sa.Column("sample", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "(state = 'refused') = (refused_by IS NOT NULL)"
            " AND (refused_by IS NULL) = (refused_on IS NULL)"
            " AND (refused_by IS NULL) = (refusal_reason = '')",
            name=op.f("ck_application_refused_by_someone"),
        ),
        sa.ForeignKeyConstraint(
            ["refused_by"], ["person.id"], name=op.f("fk_application_refused_by")
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'recommended', 'not_recommended', 'decided', 'refused')",
            name=op.f("ck_application_state"),
        ),
        sa.CheckConstraint("requested_yen > 0", name=op.f("ck_application_requested_positive")),
        sa.ForeignKeyConstraint(
            ["group_no"], ["civic_group.no"], name=op.f("fk_application_group_no")
        ),
        sa.ForeignKeyConstraint(
            ["programme_code"], ["programme.code"], name=op.f("fk_application_programme_code")
        ),
        sa.ForeignKeyConstraint(
            ["registered_by"], ["person.id"], name=op.f("fk_application_registered_by")
        ),
        sa.ForeignKeyConstraint(
            ["theme_code"], ["programme.code"], name=op.f("fk_application_theme_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("no", name=op.f("uq_application_no")),
    )
    op.create_table(
        "clause",
        sa.Column("edition_code", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("chapter_ja", sa.Text(), nullable=False),
        sa.Column("chapter_en", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title_ja", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("text_ja", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("plain_ja", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_code"], ["edition.code"], name=op.f("fk_clause_edition_code")
        ),
        sa.PrimaryKeyConstraint("edition_code", "id", name=op.f("pk_clause")),
        sa.UniqueConstraint("edition_code", "number", name=op.f("uq_clause_edition_code_number")),
        sa.UniqueConstraint(
            "edition_code", "position", name=op.f("uq_clause_edition_code_position")
        ),
    )
    op.create_table(
        "gift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("donor_id", sa.BigInteger(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("form_key", sa.Text(), nullable=False),
        sa.Column("form_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("edition_code", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("publish_name", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("display_name", sa.Text(), server_default="", nullable=False),
        sa.Column("tell_group", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("report_mail", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("sample", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint(
            "publish_name = (display_name <> '')", name=op.f("ck_gift_display_name_by_consent")
        ),
        sa.CheckConstraint(
            "state IN ('offered', 'awaiting_payment', 'received', 'accepted', 'allocated', 'reported', 'expired', 'failed', 'declined', 'refunded', 'disputed')",
            name=op.f("ck_gift_state"),
        ),
        sa.CheckConstraint(
            "(received_on IS NULL) = (paid_at IS NULL)", name=op.f("ck_gift_received_when")
        ),
        sa.CheckConstraint(
            "accepted_on IS NULL OR received_on IS NOT NULL", name=op.f("ck_gift_accepted_when")
        ),
        sa.CheckConstraint("yen > 0", name=op.f("ck_gift_yen_positive")),
        sa.ForeignKeyConstraint(["donor_id"], ["donor.id"], name=op.f("fk_gift_donor_id")),
        sa.ForeignKeyConstraint(
            ["edition_code"], ["edition.code"], name=op.f("fk_gift_edition_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("form_key", name=op.f("uq_gift_form_key")),
        sa.UniqueConstraint("no", name=op.f("uq_gift_no")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_gift_secret_hash")),
    )
    op.create_index("ix_gift_state", "gift", ["state", "id"], unique=False)
    op.create_table(
        "lot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("gift_no", sa.Text(), nullable=True),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("wish", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(origin = 'gift') = (gift_no IS NOT NULL)", name=op.f("ck_lot_gift_named")
        ),
        sa.CheckConstraint(
            "origin IN ('gift', 'interest', 'opening', 'ward')", name=op.f("ck_lot_origin")
        ),
        sa.CheckConstraint("yen > 0", name=op.f("ck_lot_yen_positive")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_lot_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("share_id", name=op.f("uq_lot_share_id")),
    )
    op.create_index("ix_lot_gift_no", "lot", ["gift_no"], unique=False)
    op.create_table(
        "person_role",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role IN ('admin', 'officer', 'reviewer', 'council', 'decider', 'treasurer', 'auditor', 'group')",
            name=op.f("ck_person_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_role_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_person_role")),
    )
    op.create_table(
        "posting",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("abs(yen) < 9007199254740992", name=op.f("ck_posting_yen_exact")),
        sa.CheckConstraint("yen <> 0", name=op.f("ck_posting_yen_moves")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_posting_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", "line", name=op.f("pk_posting")),
    )
    op.create_index("ix_posting_account", "posting", ["account", "entry_id"], unique=False)
    op.create_table(
        "public_posting",
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["no"], ["public_entry.no"], name=op.f("fk_public_posting_no")),
        sa.PrimaryKeyConstraint("no", "line", name=op.f("pk_public_posting")),
    )
    op.create_index("ix_public_posting_account", "public_posting", ["account", "no"], unique=False)
    op.create_table(
        "public_source",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_public_source_entry_id")
        ),
        sa.ForeignKeyConstraint(["no"], ["public_entry.no"], name=op.f("fk_public_source_no")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_public_source")),
    )
    op.create_index("ix_public_source_no", "public_source", ["no"], unique=False)
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_staff_session_person_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_session")),
    )
    op.create_index("ix_staff_session_person_id", "staff_session", ["person_id"], unique=False)
    op.create_table(
        "acceptance_item",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("gift_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["acceptance_batch.id"], name=op.f("fk_acceptance_item_batch_id")
        ),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_acceptance_item_gift_id")),
        sa.PrimaryKeyConstraint("batch_id", "gift_id", name=op.f("pk_acceptance_item")),
    )
    op.create_index("ix_acceptance_item_gift_id", "acceptance_item", ["gift_id"], unique=False)
    op.create_table(
        "award",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=True),
        sa.Column("group_no", sa.Text(), nullable=False),
        sa.Column("programme_code", sa.Text(), nullable=False),
        sa.Column("theme_code", sa.Text(), nullable=True),
        sa.Column("fy", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=True),
        sa.Column("min_yen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tier", sa.Integer(), server_default="1", nullable=False),
        sa.Column("score", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("deviation_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("clause", sa.Text(), nullable=True),
        sa.Column("historical", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("sample", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('decided', 'disbursed', 'settled')", name=op.f("ck_award_state")
        ),
        sa.CheckConstraint(
            "NOT historical OR source_url IS NOT NULL", name=op.f("ck_award_historical_source")
        ),
        sa.CheckConstraint(
            "historical = (application_id IS NULL) AND historical = (decided_by IS NULL)",
            name=op.f("ck_award_decided_by_someone"),
        ),
        sa.CheckConstraint(
            "min_yen >= 0 AND (yen IS NULL OR min_yen <= yen)", name=op.f("ck_award_min_within")
        ),
        sa.CheckConstraint("yen IS NOT NULL OR historical", name=op.f("ck_award_yen_known")),
        sa.CheckConstraint("yen IS NULL OR yen > 0", name=op.f("ck_award_yen_positive")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_award_application_id")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_award_decided_by")),
        sa.ForeignKeyConstraint(["group_no"], ["civic_group.no"], name=op.f("fk_award_group_no")),
        sa.ForeignKeyConstraint(
            ["programme_code"], ["programme.code"], name=op.f("fk_award_programme_code")
        ),
        sa.ForeignKeyConstraint(
            ["theme_code"], ["programme.code"], name=op.f("fk_award_theme_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sa.UniqueConstraint("application_id", name=op.f("uq_award_application_id")),
        sa.UniqueConstraint("no", name=op.f("uq_award_no")),
    )
    op.create_index("ix_award_group_no", "award", ["group_no"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("gift_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("text_shown", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_consent_gift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("ix_consent_gift_id", "consent", ["gift_id"], unique=False)
    op.create_table(
        "gift_share",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("gift_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("fallback", sa.Text(), nullable=True),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'anywhere') = (fallback IS NULL)", name=op.f("ck_gift_share_fallback_named")
        ),
        sa.CheckConstraint(
            "(kind = 'anywhere') = (target IS NULL)", name=op.f("ck_gift_share_target_named")
        ),
        sa.CheckConstraint(
            "fallback IN ('field', 'anywhere')", name=op.f("ck_gift_share_fallback")
        ),
        sa.CheckConstraint(
            "kind IN ('anywhere', 'field', 'group', 'theme')", name=op.f("ck_gift_share_kind")
        ),
        sa.CheckConstraint("part IN ('wish', 'kept')", name=op.f("ck_gift_share_part")),
        sa.CheckConstraint("yen > 0", name=op.f("ck_gift_share_yen_positive")),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_gift_share_gift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_share")),
        sa.UniqueConstraint("gift_id", "position", name=op.f("uq_gift_share_gift_id_position")),
    )
    op.create_table(
        "lot_posting",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("account LIKE 'fund:%%'", name=op.f("ck_lot_posting_in_the_fund")),
        sa.CheckConstraint("yen <> 0", name=op.f("ck_lot_posting_yen_moves")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_lot_posting_entry_id")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_posting_lot_id")),
        sa.PrimaryKeyConstraint("entry_id", "lot_id", "account", name=op.f("pk_lot_posting")),
    )
    op.create_index("ix_lot_posting_lot_id", "lot_posting", ["lot_id"], unique=False)
    op.create_table(
        "parameter",
        sa.Column("edition_code", sa.Text(), nullable=False),
        sa.Column("clause_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("label_ja", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_code", "clause_id"],
            ["clause.edition_code", "clause.id"],
            name=op.f("fk_parameter_edition_code_clause_id"),
        ),
        sa.PrimaryKeyConstraint("edition_code", "name", name=op.f("pk_parameter")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("fund_id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("fy", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("gift_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('valid', 'void')", name=op.f("ck_receipt_state")),
        sa.ForeignKeyConstraint(["gift_no"], ["gift.no"], name=op.f("fk_receipt_gift_no")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("fy", "serial", name=op.f("uq_receipt_fy_serial")),
        sa.UniqueConstraint("no", name=op.f("uq_receipt_no")),
    )
    op.create_index(
        "uq_receipt_valid_gift",
        "receipt",
        ["gift_no"],
        unique=True,
        postgresql_where="state = 'valid'",
    )
    op.create_table(
        "recommendation",
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("recommended", sa.Boolean(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("recommended_by", sa.BigInteger(), nullable=False),
        sa.Column("recommended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_recommendation_score_range")),
        sa.CheckConstraint(
            "yen >= 0 AND (yen > 0) = recommended",
            name=op.f("ck_recommendation_yen_when_recommended"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_recommendation_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["recommended_by"], ["person.id"], name=op.f("fk_recommendation_recommended_by")
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_recommendation")),
    )
    op.create_table(
        "allocation_line",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("share_id", sa.Text(), nullable=False),
        sa.Column("award_no", sa.Text(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("yen > 0", name=op.f("ck_allocation_line_yen_positive")),
        sa.ForeignKeyConstraint(
            ["award_no"], ["award.no"], name=op.f("fk_allocation_line_award_no")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["journal_entry.id"], name=op.f("fk_allocation_line_entry_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_allocation_line_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["share_id"], ["lot.share_id"], name=op.f("fk_allocation_line_share_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "line", name=op.f("pk_allocation_line")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_allocation_line_entry_id")),
        sa.UniqueConstraint(
            "run_id",
            "share_id",
            "award_no",
            "use",
            name=op.f("uq_allocation_line_run_id_share_id_award_no_use"),
        ),
    )
    op.create_index("ix_allocation_line_award_no", "allocation_line", ["award_no"], unique=False)
    op.create_index("ix_allocation_line_share_id", "allocation_line", ["share_id"], unique=False)
    op.create_table(
        "disbursement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("award_id", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_by", sa.BigInteger(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("sent_back_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_back_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'paid') = (paid_on IS NOT NULL) AND (paid_on IS NULL) = (paid_by IS NULL)",
            name=op.f("ck_disbursement_paid_when"),
        ),
        sa.CheckConstraint(
            "(state = 'sent_back') = (sent_back_by IS NOT NULL)"
            " AND (sent_back_by IS NULL) = (sent_back_reason = '')",
            name=op.f("ck_disbursement_sent_back_why"),
        ),
        sa.ForeignKeyConstraint(
            ["sent_back_by"], ["person.id"], name=op.f("fk_disbursement_sent_back_by")
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'paid', 'sent_back')", name=op.f("ck_disbursement_state")
        ),
        sa.CheckConstraint(
            "paid_by IS NULL OR paid_by <> requested_by", name=op.f("ck_disbursement_four_eyes")
        ),
        sa.CheckConstraint("yen > 0", name=op.f("ck_disbursement_yen_positive")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_disbursement_award_id")),
        sa.ForeignKeyConstraint(["paid_by"], ["person.id"], name=op.f("fk_disbursement_paid_by")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["person.id"], name=op.f("fk_disbursement_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disbursement")),
        sa.UniqueConstraint("award_id", "serial", name=op.f("uq_disbursement_award_id_serial")),
        sa.UniqueConstraint("no", name=op.f("uq_disbursement_no")),
    )
    op.create_table(
        "receipt_copy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_copy_receipt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_copy")),
    )
    op.create_table(
        "receipt_document",
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_document_receipt_id")
        ),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt_document")),
    )
    op.create_table(
        "settlement",
        sa.Column("award_id", sa.BigInteger(), nullable=False),
        sa.Column("spent_yen", sa.BigInteger(), nullable=False),
        sa.Column("returned_yen", sa.BigInteger(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "spent_yen >= 0 AND returned_yen >= 0", name=op.f("ck_settlement_not_negative")
        ),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_settlement_award_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["person.id"], name=op.f("fk_settlement_confirmed_by")
        ),
        sa.PrimaryKeyConstraint("award_id", name=op.f("pk_settlement")),
    )


def downgrade():
    op.drop_table("settlement")
    op.drop_table("receipt_document")
    op.drop_table("receipt_copy")
    op.drop_table("disbursement")
    op.drop_index("ix_allocation_line_share_id", table_name="allocation_line")
    op.drop_index("ix_allocation_line_award_no", table_name="allocation_line")
    op.drop_table("allocation_line")
    op.drop_table("recommendation")
    op.drop_index("uq_receipt_valid_gift", table_name="receipt", postgresql_where="state = 'valid'")
    op.drop_table("receipt")
    op.drop_table("parameter")
    op.drop_index("ix_lot_posting_lot_id", table_name="lot_posting")
    op.drop_table("lot_posting")
    op.drop_table("gift_share")
    op.drop_index("ix_consent_gift_id", table_name="consent")
    op.drop_table("consent")
    op.drop_index("ix_award_group_no", table_name="award")
    op.drop_table("award")
    op.drop_index("ix_acceptance_item_gift_id", table_name="acceptance_item")
    op.drop_table("acceptance_item")
    op.drop_index("ix_staff_session_person_id", table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_index("ix_public_source_no", table_name="public_source")
    op.drop_table("public_source")
    op.drop_index("ix_public_posting_account", table_name="public_posting")
    op.drop_table("public_posting")
    op.drop_index("ix_posting_account", table_name="posting")
    op.drop_table("posting")
    op.drop_table("person_role")
    op.drop_index("ix_lot_gift_no", table_name="lot")
    op.drop_table("lot")
    op.drop_index("ix_gift_state", table_name="gift")
    op.drop_table("gift")
    op.drop_table("clause")
    op.drop_table("application")
    op.drop_table("allocation_run")
    op.drop_table("acceptance_batch")
    op.drop_index("ix_sign_in_attempt_address", table_name="sign_in_attempt")
    op.drop_index("ix_sign_in_attempt_account", table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_table("receipt_series")
    op.drop_index(
        "ix_public_entry_run_no",
        table_name="public_entry",
        postgresql_where="run_no IS NOT NULL",
    )
    op.drop_index(
        "ix_public_entry_reverses",
        table_name="public_entry",
        postgresql_where="reverses IS NOT NULL",
    )
    op.drop_index("ix_public_entry_kind", table_name="public_entry")
    op.drop_index("ix_public_entry_groups", table_name="public_entry", postgresql_using="gin")
    op.drop_index("ix_public_entry_gift_no", table_name="public_entry")
    op.drop_index("ix_public_entry_fy", table_name="public_entry")
    op.drop_index("ix_public_entry_fields", table_name="public_entry", postgresql_using="gin")
    op.drop_index("ix_public_entry_award_no", table_name="public_entry")
    op.drop_table("public_entry")
    op.drop_index(
        "ix_provider_event_pending",
        table_name="provider_event",
        postgresql_where="state = 'pending'",
    )
    op.drop_table("provider_event")
    op.drop_table("programme")
    op.drop_index("ix_pot_inflow_account", table_name="pot_inflow")
    op.drop_table("pot_inflow")
    op.drop_table("pot")
    op.drop_table("person")
    op.drop_index("uq_payment_attempt", table_name="payment")
    op.drop_table("payment")
    op.drop_table("mail")
    op.drop_index("ix_journal_entry_kind", table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_table("gift_draft")
    op.drop_table("field")
    op.drop_table("edition")
    op.drop_table("donor")
    op.drop_table("civic_group")
    op.drop_table("award_series")
    op.drop_index("ix_audit_trail_subject", table_name="audit_trail")
    op.drop_table("audit_trail")
