"""``fund import gifts``: gifts from a portal's file or a spreadsheet, with a report row by row."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

import click

from fund.cli.environment import open_house
from fund.giving.intake import importing
from fund.giving.intake.columns import title_of
from fund.giving.intake.files import read_sheet, template_csv, template_xlsx
from fund.giving.intake.importing import Examination, Result
from fund.kernel.actor import system
from fund.kernel.money import format_yen

DOING = {"read": "読み取り", "stage": "書き込み", "book": "記帳"}
SHOWN = 50


@click.command("gifts")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")
@click.option("--template", is_flag=True, help="Print the columns (FILE.xlsx: write a workbook).")
@click.option("--source", default="", help="Name of the portal the order numbers belong to.")
@click.option(
    "--good-rows-only", is_flag=True, help="Import the good rows although others are bad."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
def gifts(
    file: Path | None,
    *,
    dry_run: bool,
    template: bool,
    source: str,
    good_rows_only: bool,
    as_json: bool,
    data: Path | None,
) -> None:
    """Import gifts from a CSV or XLSX FILE; the same file twice adds nothing.

    All rows or none, unless --good-rows-only. Exit 1 when a row is bad.
    """
    if template:
        _print_template(file)
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    try:
        body = file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    sheet = read_sheet(body)
    moment, hand = dt.datetime.now(dt.UTC), system("import")
    with open_house(data) as house:
        if dry_run:
            found = importing.examine(
                house, by=hand, now=moment, sheet=sheet, source=source, progress=_show
            )
            done = None
        else:
            found, done = importing.import_file(
                house,
                by=hand,
                now=moment,
                sheet=sheet,
                source=source,
                good_only=good_rows_only,
                progress=_show,
            )
    click.echo(
        json.dumps(report(found, done), ensure_ascii=False) if as_json else _text(found, done)
    )
    sys.exit(1 if found.problems else 0)


def _print_template(file: Path | None) -> None:
    if file is None:
        click.echo(template_csv(), nl=False)
    elif file.suffix.lower() == ".xlsx":
        file.write_bytes(template_xlsx())
    else:
        file.write_text("\ufeff" + template_csv(), encoding="utf-8")


def _show(what: str, done: int, total: int) -> None:
    """One line on stderr that is written over, or lines when nobody sits there."""
    end = "\n" if done >= total or not sys.stderr.isatty() else "\r"
    if sys.stderr.isatty() or done >= total or done % 5_000 == 0:
        click.echo(f"{DOING[what]} {done:,} / {total:,}{end}", err=True, nl=False)


def report(found: Examination, done: Result | None) -> dict[str, object]:
    """The report for machines; no name or address stands in it."""
    return {
        "encoding": found.encoding,
        "rows": found.rows,
        "new": len(found.new),
        "new_yen": int(found.new_yen),
        "already": len(found.already),
        "bad": found.bad_rows,
        "problems": [
            {"row": one.row, "column": title_of(one.column), "what": one.what}
            for one in found.problems
        ],
        "doubtful": [
            {"row": one.row, "like": one.other, "same": list(one.reasons)} for one in found.doubtful
        ],
        "unknown_columns": list(found.unknown_columns),
        "repeated_columns": list(found.repeated_columns),
        "dry_run": done is None,
        "imported": done.booked if done else 0,
        "waiting_for_decision": done.doubtful if done else 0,
        "batch": done.batch_no if done else None,
    }


def _text(found: Examination, done: Result | None) -> str:
    lines = [f"{found.rows}行（{found.encoding}）"]
    lines += [f"知らない列（読みとばし）：{name}" for name in found.unknown_columns]
    lines += [
        f"同じ意味の列が重なっています（左だけ使用）：{name}" for name in found.repeated_columns
    ]
    for one in found.problems[:SHOWN]:
        lines.append(f"{one.row}行め「{title_of(one.column)}」：{one.what}")
    if len(found.problems) > SHOWN:
        lines.append(f"ほか{len(found.problems) - SHOWN}件（--json ですべて出ます）")
    for doubt in found.doubtful[:SHOWN]:
        lines.append(
            f"{doubt.row}行め：{doubt.other} と同じ寄附かもしれません（{'、'.join(doubt.reasons)}）"
        )
    lines.append(
        f"新しい寄附 {len(found.new)}件 {format_yen(found.new_yen)}"
        f"、すでにある {len(found.already)}件、直す行 {found.bad_rows}件"
        f"、重なりかもしれない行 {len({doubt.row for doubt in found.doubtful})}件"
    )
    if done is None:
        lines.append("試し読みです。何も書き込んでいません")
    elif done.batch_no is None and found.problems and found.new:
        lines.append("直す行があるため、何も取り込んでいません（良い行だけなら --good-rows-only）")
    elif done.booked or done.doubtful:
        number = f"（{done.batch_no}）" if done.batch_no else ""
        lines.append(f"{done.booked}件を取り込みました{number}。判断を待つ行 {done.doubtful}件")
    else:
        lines.append("新しい寄附はありません")
    return "\n".join(lines)
