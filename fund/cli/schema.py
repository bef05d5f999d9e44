"""``fund db``: migrations and the check that models and database agree."""

from __future__ import annotations

import sys

import click

from fund.cli.environment import environment
from fund.kernel.errors import Invalid
from fund.platform import migrate
from fund.tables import metadata


@click.group()
def db() -> None:
    """Migrations and model drift (as the owner of the database)."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database up to the newest revision; repeating changes nothing."""
    migrate.upgrade(_owner())
    click.echo("database is up to date")


@db.command("check")
def check_drift() -> None:
    """Exit 1 and name every difference between the models and the database."""
    found = migrate.drift(_owner(), metadata)
    for line in found:
        click.echo(line, err=True)
    if found:
        sys.exit(1)
    click.echo("models and database agree")


def _owner() -> str:
    url = environment().get("FUND_OWNER_DATABASE_URL")
    if not url:
        raise Invalid("FUND_OWNER_DATABASE_URL is not set")
    return url
