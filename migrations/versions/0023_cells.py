"""Sums and places of public entries by tag: counted in the background, thrown away at will.

The arrays' indexes go: a page of a group or a field is read from its places, newest first.
"""

import sqlalchemy as sa
from alembic import op
from hands import open_to_app

revision = "0023_cells"
down_revision = "0022_erasure"
branch_labels = None
depends_on = None

SUMS = ("yen", "in_yen", "committed_yen", "out_yen", "spent_yen", "returned_yen", "left_yen")


def upgrade():
    op.create_table(
        "public_cell",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("tag", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("fy", sa.SmallInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS),
        sa.Column("min_no", sa.BigInteger(), nullable=False),
        sa.Column("max_no", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "entries > 0 AND min_no > 0 AND min_no <= max_no",
            name=op.f("ck_public_cell_counts_entries"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_cell")),
        sa.UniqueConstraint(
            "tag",
            "kind",
            "fy",
            "first_day",
            name=op.f("uq_public_cell_tag_kind_fy_first_day"),
        ),
    )
    op.create_index("ix_public_cell_tag_max_no", "public_cell", ["tag", "max_no"])
    op.create_table(
        "public_place",
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("no", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["public_cell.id"], name=op.f("fk_public_place_cell_id_public_cell")
        ),
        sa.PrimaryKeyConstraint("cell_id", "no", name=op.f("pk_public_place")),
    )
    open_to_app("public_cell", update=True, delete=True)
    open_to_app("public_place", delete=True)
    op.drop_index("ix_public_entry_groups", "public_entry")
    op.drop_index("ix_public_entry_fields", "public_entry")
    op.drop_index("ix_public_entry_fy", "public_entry")


def downgrade():
    op.drop_table("public_place")
    op.drop_table("public_cell")
    op.create_index("ix_public_entry_fy", "public_entry", ["fy", "no"])
    op.create_index("ix_public_entry_groups", "public_entry", ["groups"], postgresql_using="gin")
    op.create_index("ix_public_entry_fields", "public_entry", ["fields"], postgresql_using="gin")
