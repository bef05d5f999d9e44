"""``fund seed``: labelled sample data, never in a production installation."""

from __future__ import annotations

import datetime as dt

import click

from fund.cli.environment import open_house
from fund.kernel.errors import Conflict
from fund.sample.plot import DEFAULT_GIFTS, plant


@click.command()
@click.option("--gifts", default=DEFAULT_GIFTS, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--seed", "seed_number", default=1, show_default=True, type=int)
def seed(gifts: int, seed_number: int) -> None:
    """Plant about three fiscal years of sample books (見本) into an empty database."""
    with open_house() as house:
        if not house.settings.demo:
            raise Conflict("sample data is for a demo only (FUND_DEMO=1)")
        plant(house, now=dt.datetime.now(dt.UTC), gifts=gifts, seed=seed_number)
    click.echo("planted")
