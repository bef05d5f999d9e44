"""The command ``fund``: every capability from the shell, errors in one clear line."""

from __future__ import annotations

import sys

import click

from fund.allocation.cli import allocate, recheck
from fund.cli.books import check
from fund.cli.demo import demo
from fund.cli.people import user
from fund.cli.schema import db
from fund.cli.seeding import seed
from fund.cli.serving import sandbox, serve, worker
from fund.kernel.errors import DomainError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """みえる基金 (Mieru Fund): the donation fund you can see through."""


for command in (demo, serve, worker, sandbox, db, check, allocate, recheck, seed, user):
    commands.add_command(command)


def main() -> None:
    """Run the command line; a refusal is one line on stderr and exit status 1."""
    try:
        commands()
    except DomainError as error:
        click.echo(f"fund: {error}", err=True)
        sys.exit(1)
