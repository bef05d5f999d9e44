"""``fund import …``: files from outside, each with a report row by row; twice adds nothing."""

from __future__ import annotations

from importlib import import_module

import click

KINDS = {
    "gifts": "fund.cli.importing_gifts:gifts",
    "bank": "fund.cli.importing_bank:bank",
}
"""Each kind of file and the place its command is loaded from, only when it is asked for."""


class Kinds(click.Group):
    """Loads the reader of one kind of file when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The kinds of files."""
        del ctx
        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, loaded now."""
        del ctx
        if cmd_name not in KINDS:
            return None
        module, _, name = KINDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group("import", cls=Kinds)
def import_files() -> None:
    """Import files: gifts from portals and spreadsheets, statements of the bank."""
