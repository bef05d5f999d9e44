"""``fund check``: everything that must be zero."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from fund.cli.environment import open_house
from fund.desk.board import INVARIANTS
from fund.platform.invariants import examine


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
@click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
def check(as_json: bool, data: Path | None) -> None:
    """Check every invariant of the books; exit 1 and name the rows if any is not zero."""
    with open_house(data) as house, house.database.reading() as connection:
        findings = examine(connection, INVARIANTS)
    good = all(finding.count == 0 for finding in findings)
    if as_json:
        body = {
            "ok": good,
            "checks": [
                {"name": found.name, "count": found.count, "rows": list(found.rows)}
                for found in findings
            ],
        }
        click.echo(json.dumps(body, ensure_ascii=False))
    else:
        for found in findings:
            mark = "ok  " if found.count == 0 else "FAIL"
            click.echo(f"{mark} {found.name}: {found.count} ({found.title_ja})")
            for row in found.rows:
                click.echo(f"     {row}")
        broken = sum(found.count for found in findings)
        click.echo("すべて 0 です" if good else f"{broken} 件の不一致があります")
    sys.exit(0 if good else 1)
