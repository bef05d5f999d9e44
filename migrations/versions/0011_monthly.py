"""Monthly gifts."""

revision = "0011_monthly"
down_revision = "0010_donors"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
