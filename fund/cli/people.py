"""``fund user``: the first administrator and everybody after."""

from __future__ import annotations

import datetime as dt

import click

from fund.cli.environment import open_house
from fund.identity.commands import add_user
from fund.identity.domain import ROLES
from fund.kernel.actor import system


@click.group()
def user() -> None:
    """People who work with the fund."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
@click.password_option(help="Asked for when not given.")
def add(email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Add a person with one or more roles, or renew an account's password."""
    with open_house() as house:
        add_user(
            house,
            by=system("command line"),
            now=dt.datetime.now(dt.UTC),
            email=email,
            name=name,
            password=password,
            roles=frozenset(roles),
        )
    click.echo(f"{email}: {', '.join(roles)}")
