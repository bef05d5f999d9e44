"""``fund reconcile``: compare the provider's statement with the books, now."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

import click

from fund.cli.environment import open_house
from fund.payments.reconciliation.commands import Report
from fund.payments.reconciliation.deliveries import catch_up

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--day", type=_DAY, help="Only movements of this day in Japan (YYYY-MM-DD).")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option("--data", type=click.Path(path_type=Path), help="Data directory of a demo.")
def reconcile(day: dt.datetime | None, as_json: bool, data: Path | None) -> None:
    """Fetch the provider's movements, close every gap, print open items; exit 1 if any is open."""
    with open_house(data) as house:
        report = catch_up(house, now=dt.datetime.now(dt.UTC), day=day.date() if day else None)
    if as_json:
        click.echo(json.dumps(_body(report), ensure_ascii=False))
    else:
        _print(report)
    sys.exit(1 if report.open_items else 0)


def _body(report: Report) -> dict[str, object]:
    return {
        "ok": not report.open_items,
        "day": report.day.isoformat() if report.day else None,
        "fetched": report.fetched,
        "looked_up": report.looked,
        "matched": report.matched,
        "booked": report.booked,
        "books": {
            "clearing": report.statement.clearing,
            "balance": report.balance,
            "movements": report.statement.movements,
            "fees_not_booked": report.statement.fees,
            "payouts_underway": report.statement.underway,
            "difference": report.statement.difference,
        },
        "open_items": [
            {
                "kind": item.kind,
                "ref": item.ref,
                "yen": item.yen,
                "on": item.on.isoformat() if item.on else None,
                "reason": item.reason,
            }
            for item in report.open_items
        ],
    }


def _print(report: Report) -> None:
    both = report.statement
    click.echo(f"取得 {report.fetched}件、確認した支払い {report.looked}件、", nl=False)
    click.echo(f"照合 {report.matched}件、記帳 {report.booked}件")
    for label, yen in (
        ("帳簿の残高（assets:clearing:stripe）", both.clearing),
        ("決済会社の残高", report.balance),
        ("動きの合計（差引き後）", both.movements),
        ("まだ記帳していない手数料", both.fees),
        ("銀行へ向かっている入金", both.underway),
        ("説明のつかない差", both.difference),
    ):
        click.echo(f"{label}: {int(yen):,}円")
    for item in report.open_items:
        click.echo(
            f"未照合 {item.on or '-'} {item.kind} {item.ref} {int(item.yen):,}円 {item.reason}"
        )
    if both.clearing < 0:
        click.echo(
            f"入金の後の返金などで、決済会社が{-int(both.clearing):,}円を立て替えています。"
            "これから入る寄附と差し引かれるか、銀行の口座から引き落とされます"
        )
    count = len(report.open_items)
    click.echo("未照合はありません" if count == 0 else f"{count}件が未照合です")
