"""Refunds, disputes and refused gifts."""

revision = "0006_taking_back"
down_revision = "0005_methods"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
