"""The command ``fund``: every capability from the shell, errors in one clear line."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from fund.kernel.errors import DomainError

COMMANDS = {
    "demo": "fund.cli.demo:demo",
    "serve": "fund.cli.serving:serve",
    "worker": "fund.cli.serving:worker",
    "sandbox": "fund.cli.serving:sandbox",
    "db": "fund.cli.schema:db",
    "check": "fund.cli.books:check",
    "import": "fund.cli.importing:import_files",
    "reconcile": "fund.cli.reconciling:reconcile",
    "year": "fund.cli.years:year",
    "state": "fund.cli.state:state",
    "allocate": "fund.allocation.cli:allocate",
    "recheck": "fund.allocation.cli:recheck",
    "seed": "fund.cli.seeding:seed",
    "publish": "fund.cli.publishing:publish",
    "verify": "fund.cli.verifying:verify_release",
    "log": "fund.cli.log:log",
    "witness": "fund.cli.witnessing:witness",
    "user": "fund.cli.people:user",
}
"""Each command and the place it is loaded from, only when it is asked for."""


class Commands(click.Group):
    """Loads a command when it is called: the checker needs no solver, the worker no web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, loaded now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """みえる基金 (Mieru Fund): the donation fund you can see through."""


def main() -> None:
    """Run the command line; a refusal is one line on stderr and exit status 1."""
    try:
        commands()
    except DomainError as error:
        click.echo(f"fund: {error}", err=True)
        sys.exit(1)
