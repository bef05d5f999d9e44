"""Bank statements and what their lines were matched with."""

revision = "0008_bank"
down_revision = "0007_reconciliation"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
