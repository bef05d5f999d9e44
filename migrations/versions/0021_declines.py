"""Declined cards are counted by the provider's events, which are stored once each."""

import sqlalchemy as sa
from alembic import op

revision = "0021_declines"
down_revision = "0020_cards"
branch_labels = None
depends_on = None

INDEX = "ix_provider_event_declined"


def upgrade():
    op.create_index(
        INDEX,
        "provider_event",
        ["object_id"],
        postgresql_where=sa.text("type = 'payment_intent.payment_failed'"),
    )


def downgrade():
    op.drop_index(INDEX, table_name="provider_event")
