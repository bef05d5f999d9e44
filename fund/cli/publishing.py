"""``fund publish``: the release of the last signed head, as a folder of plain files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from fund.cli.environment import open_house
from fund.kernel.actor import system
from fund.publication import releases, signing
from fund.publication.commands import append_pending


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Default: release in the data folder.")
@click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
def publish(out: Path | None, data: Path | None) -> None:
    """Append and sign what waits, then write the release and swap it in.

    OUT becomes a link to OUT.<size>-<root>; the same state again changes no byte.
    """
    with open_house(data) as house:
        now = dt.datetime.now(dt.UTC)
        while append_pending(house, by=system("shell"), now=now):
            pass
        signing.sign_log(house, now=now)
        made = releases.publish(house, out=out or house.settings.data_dir / releases.LIVE)
    word = "公開しました" if made.fresh else "前の公開から変わっていません"
    click.echo(f"{word}: {made.size} 番まで、根 {made.root.hex()}\n{made.place}")
