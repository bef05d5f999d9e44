"""Gifts that come on paper, in cash or in files."""

revision = "0009_intake"
down_revision = "0008_bank"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
