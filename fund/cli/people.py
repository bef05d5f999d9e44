"""``fund user``: the first administrator and everybody after."""

from __future__ import annotations

import datetime as dt

import click

from fund.cli.environment import open_house
from fund.identity import queries
from fund.identity.commands import add_user, change_roles, end_access
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


@user.command("list")
def listed() -> None:
    """Everybody: address, name, roles; whose access ended stands with a dash."""
    with open_house() as house, house.database.reading() as connection:
        everybody = queries.people(connection)
    for one in everybody:
        roles = ", ".join(sorted(one.roles)) if one.active else "-"
        click.echo(f"{one.email}\t{one.name}\t{roles}")


@user.command("roles")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
def change(email: str, roles: tuple[str, ...]) -> None:
    """Give a person exactly these roles, in place of those held before."""
    with open_house() as house:
        change_roles(
            house,
            by=system("command line"),
            now=dt.datetime.now(dt.UTC),
            email=email,
            roles=frozenset(roles),
        )
    click.echo(f"{email}: {', '.join(roles)}")


@user.command("end")
@click.argument("email")
def end(email: str) -> None:
    """Close the account of somebody who left, and end its sessions at once."""
    with open_house() as house:
        ended = end_access(
            house, by=system("command line"), now=dt.datetime.now(dt.UTC), email=email
        )
    click.echo(f"{email}: closed, {ended} sessions ended")
