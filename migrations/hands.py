"""What a migration after 0004 says of its new tables: who may do what, and what never changes."""

from alembic import op


def open_to_app(*tables, update=False, delete=False):
    """Let the app's role read and add, and change or delete only where life changes."""
    rights = ["SELECT", "INSERT", *(["UPDATE"] if update else []), *(["DELETE"] if delete else [])]
    for table in tables:
        op.execute(f"GRANT {', '.join(rights)} ON {table} TO fund_app")
    # Identity columns draw from sequences; asking again for one already granted changes nothing.
    op.execute("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO fund_app")


def append_only(*tables):
    """Refuse UPDATE, DELETE and TRUNCATE to everybody, also in replica mode (see 0002)."""
    for table in tables:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_truncate")
