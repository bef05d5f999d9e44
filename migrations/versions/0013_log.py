"""The signed log: its keys, its heads, and who has witnessed them. It only ever grows."""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app

revision = "0013_log"
down_revision = "0012_booking"
branch_labels = None
depends_on = None

TABLES = ("log_cosignature", "log_witness", "log_checkpoint", "log_key")

GOVERNANCE = """
CREATE OR REPLACE FUNCTION is_governance(kind text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT kind IN ('award.decided', 'allocation.approved', 'settlement.confirmed',
                  'manual.edition', 'period.closed'{more})
$$;
"""

GROWS = """
CREATE FUNCTION check_checkpoint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7107003);
  IF NEW.size <= (SELECT coalesce(max(size), 0) FROM log_checkpoint)
     OR NEW.size > (SELECT coalesce(max(no), 0) FROM public_entry) THEN
    RAISE EXCEPTION 'checkpoint % does not grow the log', NEW.size
      USING ERRCODE = 'check_violation', CONSTRAINT = 'log_only_grows';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER log_only_grows BEFORE INSERT ON log_checkpoint
  FOR EACH ROW EXECUTE FUNCTION check_checkpoint();
"""


def upgrade():
    op.create_table(
        "log_key",
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("from_size", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("from_size > 0", name=op.f("ck_log_key_from_size_positive")),
        sa.PrimaryKeyConstraint("vkey", name=op.f("pk_log_key")),
        sa.UniqueConstraint("from_size", name=op.f("uq_log_key_from_size")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_log_checkpoint_size_positive")),
        sa.CheckConstraint("length(root) = 32", name=op.f("ck_log_checkpoint_root_length")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_witness",
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vkey", name=op.f("pk_log_witness")),
        sa.UniqueConstraint("name", name=op.f("uq_log_witness_name")),
    )
    op.create_table(
        "log_cosignature",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"], ["log_checkpoint.size"], name=op.f("fk_log_cosignature_size_log_checkpoint")
        ),
        sa.ForeignKeyConstraint(
            ["vkey"], ["log_witness.vkey"], name=op.f("fk_log_cosignature_vkey_log_witness")
        ),
        sa.PrimaryKeyConstraint("size", "vkey", name=op.f("pk_log_cosignature")),
    )
    op.execute(GROWS)
    op.execute(GOVERNANCE.format(more=", 'log.key'"))
    open_to_app(*TABLES)
    append_only(*TABLES)


def downgrade():
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION check_checkpoint()")
    op.execute(GOVERNANCE.format(more=""))
