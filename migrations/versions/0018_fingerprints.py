"""Finding entries, signed heads and receipts by their fingerprint."""

import sqlalchemy as sa
from alembic import op

revision = "0018_fingerprints"
down_revision = "0017_many_lines"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_public_entry_sha256", "public_entry", [sa.text("sha256(body)")])
    op.create_index("ix_log_checkpoint_root", "log_checkpoint", ["root"])
    op.create_index("ix_receipt_document_sha256", "receipt_document", ["sha256"])


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_receipt_document_sha256", "receipt_document")
    op.drop_index("ix_log_checkpoint_root", "log_checkpoint")
    op.drop_index("ix_public_entry_sha256", "public_entry")
