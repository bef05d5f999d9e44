"""What donors may ask for and correct without an account, and which addresses take no mail."""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010_donors"
down_revision = "0009_intake"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _id():
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def upgrade():
    op.add_column("gift", sa.Column("link_version", sa.Integer, nullable=False, server_default="1"))
    op.create_check_constraint("link_version", "gift", "link_version > 0")
    op.add_column("consent", sa.Column("name", sa.Text, nullable=False, server_default=""))
    op.add_column("mail", sa.Column("stop_url", sa.Text))
    for column in (
        sa.Column("resume_hash", sa.LargeBinary, unique=True),
        sa.Column("mail_to", sa.Text),
        sa.Column("mail_locale", sa.Text),
        sa.Column("remind_on", sa.Date),
    ):
        op.add_column("gift_draft", column)
    op.create_index("ix_gift_draft_updated_at", "gift_draft", ["updated_at"])
    _corrections()
    _requests()
    _attempts()
    _suppressed()


def _corrections():
    op.create_table(
        "donor_correction",
        _id(),
        sa.Column("donor_id", sa.BigInteger, sa.ForeignKey("donor.id"), nullable=False),
        sa.Column("before", JSONB, nullable=False),
        sa.Column("after", JSONB, nullable=False),
        sa.Column("after_acceptance", sa.Boolean, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.BigInteger, sa.ForeignKey("person.id")),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("actor_kind IN ('donor', 'person')", name="actor_kind"),
        sa.CheckConstraint("(actor_kind = 'person') = (person_id IS NOT NULL)", name="by_whom"),
        sa.CheckConstraint("before <> after", name="something_changed"),
    )
    op.create_index("ix_donor_correction_donor_id", "donor_correction", ["donor_id"])
    append_only("donor_correction")
    open_to_app("donor_correction")


def _requests():
    op.create_table(
        "receipt_request",
        _id(),
        sa.Column("gift_id", sa.BigInteger, sa.ForeignKey("gift.id"), nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("done_by", sa.BigInteger, sa.ForeignKey("person.id")),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_by_whom"),
    )
    op.create_index(
        "ix_receipt_request_open",
        "receipt_request",
        ["gift_id"],
        unique=True,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "email_change",
        _id(),
        sa.Column("gift_id", sa.BigInteger, sa.ForeignKey("gift.id"), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
    )
    op.create_index("ix_email_change_gift_id", "email_change", ["gift_id"])
    open_to_app("receipt_request", "email_change", update=True)


def _attempts():
    op.create_table(
        "attempt",
        _id(),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("key_hash", sa.LargeBinary, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_attempt_act_key", "attempt", ["act", "key_hash", "at"])
    open_to_app("attempt", delete=True)


def _suppressed():
    op.create_table(
        "mail_suppression",
        _id(),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False, server_default=""),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("lifted_at", MOMENT),
        sa.Column("lifted_by", sa.BigInteger, sa.ForeignKey("person.id")),
        sa.CheckConstraint("reason IN ('refused', 'reported', 'manual')", name="reason"),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_by_whom"),
    )
    op.create_index(
        "ix_mail_suppression_open",
        "mail_suppression",
        ["address"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    open_to_app("mail_suppression", update=True)


def downgrade():
    for table in (
        "mail_suppression",
        "attempt",
        "email_change",
        "receipt_request",
        "donor_correction",
    ):
        op.drop_table(table)
    op.drop_index("ix_gift_draft_updated_at", "gift_draft")
    for column in ("remind_on", "mail_locale", "mail_to", "resume_hash"):
        op.drop_column("gift_draft", column)
    op.drop_column("mail", "stop_url")
    op.drop_column("consent", "name")
    op.drop_constraint(op.f("ck_gift_link_version"), "gift")
    op.drop_column("gift", "link_version")
