"""``fund state``: the whole books as text that two equal histories share."""

from __future__ import annotations

from pathlib import Path

import click

from fund.cli.environment import open_house
from fund.desk.state import state_lines


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
def state(data: Path | None) -> None:
    """Print accounts, gifts, payments, refunds, disputes, payouts and facts in a fixed order."""
    with open_house(data) as house, house.database.reading() as connection:
        for line in state_lines(connection):
            click.echo(line)
