"""``fund log``: the keys of the public log, its witnesses, and signing by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from fund.adapters.signing import KeySigner, new_signing_key
from fund.cli.environment import open_house
from fund.kernel.actor import system
from fund.publication import signing
from fund.publication.commands import append_pending

_DATA = click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
SHELL = system("shell")


@click.group()
def log() -> None:
    """Keys, heads and witnesses of the public log."""


@log.command()
@click.argument("name")
def key(name: str) -> None:
    """Make a signing key for the log NAME (fund.example.jp/log) and print it once.

    Keep it in a file that only the worker may read, and name the file in FUND_SIGNING_KEY.
    """
    secret = new_signing_key(name)
    click.echo(secret)
    public = KeySigner(secret).key
    click.echo(f"public: {public.vkey if public else ''}", err=True)


@log.command()
@_DATA
def sign(data: Path | None) -> None:
    """Append and sign what waits; nothing new changes nothing."""
    with open_house(data) as house:
        moment = dt.datetime.now(dt.UTC)
        while append_pending(house, by=SHELL, now=moment):
            pass
        made = signing.sign_log(house, now=moment)
        click.echo(made.text if made else "何も増えていません (nothing new)", nl=made is None)


@log.command()
@click.argument("new_key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_DATA
def rotate(new_key: Path, data: Path | None) -> None:
    """Announce the key in the file NEW_KEY in the log; both keys sign the next head."""
    with open_house(data) as house:
        successor = KeySigner(new_key.read_text(encoding="ascii").strip())
        now = dt.datetime.now(dt.UTC)
        made = signing.rotate_key(house, by=SHELL, now=now, successor=successor)
    click.echo(made.text, nl=False)
    click.echo("FUND_SIGNING_KEY を新しい鍵に替えて、worker を再起動してください")


@log.command("add-witness")
@click.argument("vkey")
@click.option("--about", default="", help="Who this is, in a few words for the public page.")
@_DATA
def add_witness(vkey: str, about: str, data: Path | None) -> None:
    """Register a witness by the key that `fund witness --new` printed."""
    with open_house(data) as house:
        now = dt.datetime.now(dt.UTC)
        signing.add_witness(house, by=SHELL, now=now, vkey=vkey, about=about)
    click.echo("登録しました")
