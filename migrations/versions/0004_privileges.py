"""What the app's role may do: read and add everywhere, change only where life changes.

Ledger, log, audit trail and pots stay without UPDATE and DELETE for it.
"""

from alembic import op

revision = "0004_privileges"
down_revision = "0003_tasks"
branch_labels = None
depends_on = None

UPDATABLE = (
    "mail",
    "person",
    "staff_session",
    "field",
    "programme",
    "civic_group",
    "payment",
    "provider_event",
    "donor",
    "gift",
    "gift_draft",
    "acceptance_batch",
    "application",
    "award",
    "award_series",
    "disbursement",
    "receipt_series",
    "receipt",
    "allocation_run",
)
DELETABLE = ("person_role", "gift_draft", "sign_in_attempt")
READ_ONLY = ("pot", "pot_inflow", "alembic_version")

GRANT_QUEUE = """
DO $$
DECLARE item record;
BEGIN
  FOR item IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO fund_app', item.tablename);
  END LOOP;
END $$;
"""


def upgrade():
    run = op.get_bind().connection.driver_connection.execute
    run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    run("GRANT USAGE ON SCHEMA public TO fund_app")
    run("GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO fund_app")
    run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO fund_app")
    for table in UPDATABLE:
        run(f"GRANT UPDATE ON {table} TO fund_app")
    for table in DELETABLE:
        run(f"GRANT DELETE ON {table} TO fund_app")
    for table in READ_ONLY:
        run(f"REVOKE INSERT ON {table} FROM fund_app")
    run(GRANT_QUEUE)


def downgrade():
    run = op.get_bind().connection.driver_connection.execute
    run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fund_app")
    run("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM fund_app")
    run("REVOKE USAGE ON SCHEMA public FROM fund_app")
