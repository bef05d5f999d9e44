"""What donors may ask for and correct without an account."""

revision = "0010_donors"
down_revision = "0009_intake"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
