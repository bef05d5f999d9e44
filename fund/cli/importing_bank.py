"""``fund import bank``: a statement of the bank, whole or not at all."""

from __future__ import annotations

import datetime as dt
import getpass
import sys
from pathlib import Path

import click

from fund.cli.environment import open_house
from fund.giving.bank_matching.commands import take_in_file
from fund.kernel.actor import system
from fund.kernel.calendar import day_in_japan
from fund.kernel.errors import NotFound
from fund.payments.bank import commands, queries
from fund.payments.bank.formats import anser, generic_csv, read
from fund.payments.bank.queries import ProfileView, Report
from fund.payments.bank.wording import problem_text
from fund.platform.house import House

SHOWN = 100


@click.command()
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option("--profile", "code", default="anser", show_default=True, help="A saved reading.")
@click.option("--dry-run", is_flag=True, help="Read and report; write nothing.")
@click.option(
    "--good-rows-only",
    "good_rows",
    is_flag=True,
    help="Take in the readable rows and leave the others.",
)
@click.option("--template", is_flag=True, help="Print the columns that are read, and stop.")
@click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
def bank(
    file: Path | None, code: str, dry_run: bool, good_rows: bool, template: bool, data: Path | None
) -> None:
    """Import a bank statement: ANSER CSV, Zengin records, or any CSV by a saved reading.

    Rows that cannot be read are named with line and column, and nothing is written unless
    --good-rows-only is given. The same file twice, or files that overlap, add only what is new.
    """
    if template:
        click.echo(_template(code))
        return
    if file is None:
        raise click.UsageError("name a FILE (or ask for --template)")
    body, now = file.read_bytes(), dt.datetime.now(dt.UTC)
    with open_house(data) as house:
        found, profile = _look(house, code, body, now)
        _tell(found)
        if dry_run:
            _end(found)
        by = system(f"command line ({getpass.getuser()})")
        number = commands.keep_file(
            house, by=by, now=now, profile_code=code, filename=file.name, body=body
        )
        # Refused here, with the file's bytes not yet needed by anybody: they are forgotten.
        try:
            taken, matched = take_in_file(
                house,
                by=by,
                now=now,
                number=number,
                good_rows_only=good_rows,
                progress=_progress,
            )
        except Exception:
            commands.fail_import(house, by=by, now=now, number=number, outcome="refused")
            raise
    click.echo(
        f"{taken.statement_no}: {taken.rows} 行のうち新しい行 {taken.new}、"
        f"自動で照合 {matched.matched}（口座 {profile.account}）"
    )


def _look(house: House, code: str, body: bytes, now: dt.datetime) -> tuple[Report, ProfileView]:
    with house.database.reading() as connection:
        profile = queries.profile(connection, code)
        if profile is None:
            known = ", ".join(found.code for found in queries.profiles(connection))
            raise NotFound(f"読み取り設定がありません: {code}（あるもの: {known}）")
        statement = read(profile.format, body, today=day_in_japan(now), settings=profile.settings)
        return queries.report(connection, profile, statement, None), profile


def _tell(found: Report) -> None:
    """What the file holds, on stdout; what cannot be read, on stderr."""
    statement = found.statement
    click.echo(
        f"読めた行 {len(statement.lines)}（新しい行 {found.new}、取り込み済み {found.known}）、"
        f"読めない行 {len({problem.row for problem in statement.problems})}、"
        f"期間 {statement.first_day} 〜 {statement.last_day}、文字コード {statement.encoding}"
    )
    if found.gap:
        click.echo(
            f"前の明細の残高と {found.gap:,} 円ちがいます。間の明細がないかもしれません", err=True
        )
    for problem in statement.problems[:SHOWN]:
        click.echo(problem_text(problem), err=True)
    if len(statement.problems) > SHOWN:
        click.echo(f"ほか {len(statement.problems) - SHOWN} 件", err=True)


def _end(found: Report) -> None:
    click.echo("試しに読みました。何も書いていません")
    sys.exit(1 if found.statement.problems else 0)


def _progress(done: int, total: int, matched: int) -> None:
    """On stderr: one line that grows on a terminal, now and then a line elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r照合 {done}/{total}（{matched} 件）", err=True, nl=done == total)
    elif done == total or done % 2000 < 200:
        click.echo(f"照合 {done}/{total}（{matched} 件）", err=True)


def _template(code: str) -> str:
    """The columns of a format: CSV headings, or positions of the fixed records."""
    if code == "anser":
        return ",".join((*anser.LABELS, *(f"{label}の値" for label in anser.LABELS)))
    if code == "zengin":
        return "200文字の固定長: ヘッダー1、データ2、トレーラ8、エンド9（種別コード03または01）"
    by_role = generic_csv.Columns()
    titles = [by_role.day, by_role.went, by_role.came, by_role.balance, by_role.name]
    return ",".join(titles)
