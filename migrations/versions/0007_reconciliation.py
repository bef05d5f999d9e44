"""What the provider says it moved, and what of it stands in the books."""

revision = "0007_reconciliation"
down_revision = "0006_taking_back"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
