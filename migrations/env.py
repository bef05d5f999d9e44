"""Runs migrations as the owner of the database, one transaction for each."""

import sys
from pathlib import Path

from alembic import context
from sqlalchemy import create_engine, pool

from fund.platform.database import driver_url
from fund.tables import metadata

EXTERNAL = ("procrastinate_",)

# Revisions import ``hands`` from this folder, wherever the command was started.
sys.path.insert(0, str(Path(__file__).resolve().parent))


def _ours(name, kind, *_rest):
    """Leave procrastinate's tables to procrastinate."""
    return not (kind == "table" and name is not None and name.startswith(EXTERNAL))


url = context.config.attributes["owner_url"]
engine = create_engine(driver_url(url), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=_ours,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
