"""``fund year``: fiscal years, what is unfinished about one, its accounts.

Closing itself takes two people who have signed in; a shell has only one.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

import click
from sqlalchemy import Connection

from fund.cli.environment import open_house
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import NotFound
from fund.kernel.sentences import filled
from fund.platform.web.twins import csv_text
from fund.publication.closing import queries
from fund.publication.closing.domain import Finding
from fund.publication.closing.rows import YearAccount, columns

_DATA = click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def year() -> None:
    """Fiscal years: closed or open, ready to be closed, and their accounts."""


@year.command("list")
@_DATA
def listed(data: Path | None) -> None:
    """Every fiscal year: its state, the public entry that closed it, the fingerprint in it."""
    with open_house(data) as house, house.database.reading() as connection:
        known = queries.years_known(connection, _today())
    for one in known:
        closed = f"{one.closed.no}\t{one.closed.sha256}" if one.closed else "-\t-"
        click.echo(f"{one.fy}\t{one.state}\t{closed}")


@year.command("check")
@click.argument("fy", type=int)
@_JSON
@_DATA
def check(fy: int, as_json: bool, data: Path | None) -> None:
    """What is unfinished about a year; exit 1 if something must be finished before its closing."""
    with open_house(data) as house, house.database.reading() as connection:
        known = _known(connection, fy)
        found = [] if known.closed else queries.findings(connection, fy, dt.datetime.now(dt.UTC))
    blocked = any(one.blocks for one in found)
    if as_json:
        body = {"fy": fy, "state": known.state, "ready": not blocked, "findings": _told(found)}
        click.echo(json.dumps(body, ensure_ascii=False))
    else:
        for one in found:
            mark = "FAIL" if one.blocks else "warn"
            yen = "" if one.yen is None else f" {int(one.yen):,}円"
            click.echo(f"{mark} {one.code}: {one.count}{yen}{f' {one.day}' if one.day else ''}")
        click.echo(
            "締められません" if blocked else "締めてあります" if known.closed else "締められます"
        )
    sys.exit(1 if blocked else 0)


@year.command("accounts")
@click.argument("fy", type=int)
@_DATA
def accounts(fy: int, data: Path | None) -> None:
    """The accounts of a year as CSV, the columns of ``/years/<fy>.csv``."""
    with open_house(data) as house, house.database.reading() as connection:
        known = _known(connection, fy)
        rows = queries.trial_balance(connection, fy, _today())
    click.echo(csv_text(columns(), [YearAccount(known, one) for one in rows]), nl=False)


def _known(connection: Connection, fy: int) -> queries.Year:
    found = {one.fy: one for one in queries.years_known(connection, _today())}
    if fy not in found:
        raise NotFound(filled("%(year)s年度の帳簿はありません", year=fy))
    return found[fy]


def _today() -> dt.date:
    return day_in_japan(dt.datetime.now(dt.UTC))


def _told(found: list[Finding]) -> list[dict[str, object]]:
    return [
        {
            "code": one.code,
            "blocks": one.blocks,
            "count": one.count,
            "yen": None if one.yen is None else int(one.yen),
            "day": one.day.isoformat() if one.day else None,
        }
        for one in found
    ]
