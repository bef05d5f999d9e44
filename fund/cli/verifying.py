"""``fund verify``: a release or a live site, checked without the service that wrote it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from fund.publication.verifier.sources import Folder
from fund.publication.verifier.verify import Asked, verify
from fund.publication.verifier.web import fetched


@click.command("verify")
@click.argument("where")
@click.option("--since", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--vkey", help="The log's key, if you know it from elsewhere.")
@click.option("--proof", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
def verify_release(
    where: str, since: Path | None, vkey: str | None, proof: Path | None, *, as_json: bool
) -> None:
    """Check the release in a folder or at an address: WHERE.

    --since an older checkpoint that you kept; --proof the file from a donor's page. Exit 0 only
    if every check holds.
    """
    asked = Asked(
        since.read_bytes() if since else None, vkey, proof.read_bytes() if proof else None
    )
    if where.startswith(("http://", "https://")):
        with fetched(where) as source:
            findings = verify(source, asked)
    else:
        findings = verify(Folder(Path(where)), asked)
    if as_json:
        checks = [
            {
                "number": c.number,
                "ok": c.ok,
                "counted": c.counted,
                "wrong": c.wrong,
                "notes": c.notes,
            }
            for c in findings.checks.values()
        ]
        body = {"ok": findings.ok, "checks": checks, "sentence": findings.sentence()}
        click.echo(json.dumps(body, ensure_ascii=False))
    else:
        click.echo("\n".join(findings.lines()))
    sys.exit(0 if findings.ok else 1)
