"""The task queue's own tables, as the installed procrastinate ships them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003_tasks"
down_revision = "0002_laws"
branch_labels = None
depends_on = None

DROP_ALL = """
DO $$
DECLARE item record;
BEGIN
  FOR item IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP TABLE %I CASCADE', item.tablename);
  END LOOP;
  FOR item IN SELECT oid::regprocedure AS signature FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', item.signature);
  END LOOP;
  FOR item IN SELECT typname FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typname LIKE 'procrastinate\\_%'
    AND typtype IN ('e', 'c') LOOP
    EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', item.typname);
  END LOOP;
END $$;
"""


def upgrade():
    # The driver's own cursor: the schema has literal percent signs that SQLAlchemy would bind.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())


def downgrade():
    op.get_bind().connection.driver_connection.execute(DROP_ALL)
