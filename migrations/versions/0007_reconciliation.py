"""What the provider says it moved, and what of it stands in the books."""

import sqlalchemy as sa
from alembic import op
from hands import append_only, open_to_app

revision = "0007_reconciliation"
down_revision = "0006_taking_back"
branch_labels = None
depends_on = None

FACTS_STAY = """
CREATE FUNCTION provider_facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  living text[] := TG_ARGV[0]::text[];
BEGIN
  IF TG_OP = 'DELETE' OR to_jsonb(OLD) - living IS DISTINCT FROM to_jsonb(NEW) - living THEN
    RAISE EXCEPTION '%: what the provider said once does not change', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'provider_facts_stay';
  END IF;
  RETURN NEW;
END $$;
"""
LIVING = {
    "provider_movement": "{payout_id,match_kind,match_no,note}",
    "provider_payout": "{status,itemised,listed,arrives_on,failure_code,note}",
}
"""Table → the columns in which life changes; all others are written once."""


def _tables():
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "provider_payout",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("fund_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("yen", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("automatic", sa.Boolean, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("itemised", sa.Boolean, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("arrives_on", sa.Date, nullable=False),
        sa.Column("failure_code", sa.Text),
        sa.Column("note", sa.Text),
        sa.CheckConstraint(
            "status IN ('pending', 'in_transit', 'paid', 'failed', 'canceled')",
            name=op.f("ck_provider_payout_status"),
        ),
    )
    op.create_table(
        "provider_movement",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("fund_id", sa.Integer, nullable=False, server_default="1"),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("type", "category", "currency")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("gross", "fee", "net")),
        *(sa.Column(name, sa.Text) for name in ("source_id", "charge_id", "intent_id")),
        *(
            sa.Column(name, moment, nullable=False)
            for name in ("created_at", "available_at", "fetched_at")
        ),
        sa.Column("payout_id", sa.Text, sa.ForeignKey("provider_payout.id")),
        *(sa.Column(name, sa.Text) for name in ("match_kind", "match_no", "note")),
        sa.CheckConstraint("gross - fee = net", name=op.f("ck_provider_movement_adds_up")),
        sa.CheckConstraint(
            "(match_kind IS NULL) = (match_no IS NULL)",
            name=op.f("ck_provider_movement_matched_to"),
        ),
        sa.CheckConstraint(
            "match_kind IN ('payment', 'refund', 'dispute', 'payout', 'fee')",
            name=op.f("ck_provider_movement_match_kind"),
        ),
        sa.CheckConstraint(
            "note IS NULL OR match_kind IS NULL", name=op.f("ck_provider_movement_open_says_why")
        ),
    )
    for name in ("charge_id", "source_id", "payout_id", "match_no"):
        op.create_index(f"ix_provider_movement_{name}", "provider_movement", [name])
    op.create_index("ix_provider_movement_created_at", "provider_movement", ["created_at", "id"])
    op.create_index(
        "ix_provider_movement_open",
        "provider_movement",
        ["created_at"],
        postgresql_where="match_kind IS NULL",
    )
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("fund_id", sa.Integer, nullable=False, server_default="1"),
        sa.Column("at", moment, nullable=False),
        sa.Column("day", sa.Date),
        sa.Column("newest_at", moment),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("fetched", "matched", "booked", "open_items")
        ),
        *(
            sa.Column(f"{name}_yen", sa.BigInteger, nullable=False)
            for name in ("clearing", "balance", "movements", "fees", "underway")
        ),
        sa.CheckConstraint(
            "fetched >= 0 AND matched >= 0 AND booked >= 0 AND open_items >= 0",
            name=op.f("ck_reconciliation_counts"),
        ),
    )


def upgrade():
    _tables()
    op.execute(FACTS_STAY)
    for table, living in LIVING.items():
        open_to_app(table)
        op.execute(f"GRANT UPDATE ({living[1:-1]}) ON {table} TO fund_app")
        op.execute(
            f"CREATE TRIGGER provider_facts_stay BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION provider_facts_stay('{living}')"
        )
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        for trigger in ("provider_facts_stay", "refuse_truncate"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
    open_to_app("reconciliation")
    append_only("reconciliation")


def downgrade():
    for table in ("reconciliation", "provider_movement", "provider_payout"):
        op.drop_table(table)
    op.execute("DROP FUNCTION provider_facts_stay()")
