"""Rows and files of gifts as people write them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from fund.desk.board import INVARIANTS
from fund.giving.intake import batches, importing
from fund.giving.intake.files import read_sheet
from fund.giving.intake.reading import Setting, read_row
from fund.giving.intake.uses import open_uses
from fund.kernel.actor import Actor, system
from fund.kernel.money import Yen
from fund.platform.house import House
from fund.platform.invariants import examine

NOW = dt.datetime(2026, 6, 10, 3, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 6, 10)
HEADER = (
    "注文番号",
    "受領日",
    "寄附金額",
    "氏名",
    "フリガナ",
    "郵便番号",
    "住所",
    "メールアドレス",
    "使いみち",
)


def row(number: int, **changes: str) -> dict[str, str]:
    """One good row of a portal's file."""
    said = {
        "注文番号": f"P-{number:06d}",
        "受領日": "2026-06-01",
        "寄附金額": "10000",
        "氏名": f"見本 太郎{number}",
        "フリガナ": "ミホン タロウ",
        "郵便番号": "1448621",
        "住所": f"東京都見本区中央{number}番",
        "メールアドレス": "",
        "使いみち": "おまかせ",
    }
    return said | changes


def csv_file(rows: list[dict[str, str]], encoding: str = "utf-8") -> bytes:
    """The rows as a portal saves them; the columns are those of the first row."""
    out = io.StringIO()
    names = list(rows[0]) if rows else list(HEADER)
    writer = csv.DictWriter(out, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def load(
    house: House, body: bytes, **options: Any
) -> tuple[importing.Examination, importing.Result]:
    """Import a file."""
    return importing.import_file(
        house, by=system("import"), now=NOW, sheet=read_sheet(body), **options
    )


def dry(house: House, body: bytes, **options: Any) -> importing.Examination:
    """Examine a file."""
    return importing.examine(house, by=system("import"), now=NOW, sheet=read_sheet(body), **options)


PAPER = {
    "amount": "5000",
    "name": "見本 花子",
    "kana": "みほん はなこ",
    "postal_code": "144-8621",
    "address1": "東京都見本区中央一丁目1番1号",
}


def facts(house: House, kind: str = "counter", **typed: str):
    """What a typed row says."""
    with house.database.reading() as connection:
        uses = open_uses(connection, TODAY, "field,anywhere")
    return read_row({**PAPER, **typed}, uses, Setting(TODAY, kind, TODAY))


def open_batch(house: House, by: Actor, count: int, yen: int, kind: str = "counter") -> str:
    """A batch that waits for its rows."""
    return batches.open_batch(
        house, by=by, now=NOW, kind=kind, day=TODAY, place="", expected=(count, Yen(yen))
    )


def type_row(house: House, by: Actor, number: str, kind: str = "counter", **typed: str) -> bool:
    """Type one row into a batch."""
    said = {**PAPER, **typed}
    return batches.put_row(
        house, by=by, now=NOW, number=number, facts=facts(house, kind, **typed), typed=said
    )


def broken(house: House) -> list[str]:
    """What is not zero on the board; the manual of these tests is written past its own laws."""
    with house.database.reading() as connection:
        return [
            f"{found.name}: {found.rows}"
            for found in examine(connection, INVARIANTS)
            if found.count and not found.name.startswith(("edition", "manual"))
        ]
