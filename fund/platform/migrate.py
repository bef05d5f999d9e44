"""Migrations: up, down and the check that models and database agree; always as the owner."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine
from sqlalchemy.pool import NullPool

from fund.platform.database import driver_url

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def configuration(owner_url: str) -> Config:
    """Alembic's configuration for one database; ``owner_url`` is never written to a log."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["owner_url"] = owner_url
    return config


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Bring the database up to a revision."""
    command.upgrade(configuration(owner_url), revision)


def downgrade(owner_url: str, revision: str) -> None:
    """Take the database down to a revision (``base`` for an empty one)."""
    command.downgrade(configuration(owner_url), revision)


def drift(owner_url: str, metadata: MetaData) -> list[str]:
    """What a migration would still have to change, one line each; empty when they agree."""
    engine = create_engine(driver_url(owner_url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "include_name": lambda name, kind, _parents: (
                        kind != "table" or not str(name).startswith("procrastinate_")
                    ),
                },
            )
            return [str(difference) for difference in compare_metadata(context, metadata)]
    finally:
        engine.dispose()
