"""What every way of paying needs to be remembered."""

revision = "0005_methods"
down_revision = "0004_privileges"
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
