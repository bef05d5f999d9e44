"""Keys of forms that acted: a form that is sent twice acts once, whatever it does."""

import sqlalchemy as sa
from alembic import op
from hands import open_to_app

revision = "0024_forms"
down_revision = "0023_cells"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "form_sent",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("octet_length(key) = 32", name=op.f("ck_form_sent_key_is_a_hash")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_form_sent")),
    )
    op.create_index("ix_form_sent_sent_at", "form_sent", ["sent_at"])
    open_to_app("form_sent", update=True, delete=True)


def downgrade():
    op.drop_table("form_sent")
