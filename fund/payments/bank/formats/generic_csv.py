"""Any bank's CSV, read by a saved description of its columns.

A column is named by its heading or by its number counted from 1 (banks rename headings, and
some files have none). Amounts stand in two columns (in, out) or in one signed column.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fund.payments.bank.formats import reading
from fund.payments.bank.formats.reading import Faults, Line, Statement, Unreadable

DATES = ("written", "era6", "western6")
"""How a day is written: readable by itself (2026/4/1, R8.4.1), or six digits of an era's or of
a western year."""
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Columns:
    """Where what stands; empty means that the file has no such column.

    ``rows_before`` is how many rows stand above the movements, the heading included; ``heading``
    is which of them (from 1) names the columns, 0 for none.
    """

    day: str = "日付"
    came: str = "お預り金額"
    went: str = "お支払金額"
    signed: str = ""
    balance: str = "残高"
    name: str = "摘要"
    note: str = ""
    account: str = ""
    heading: int = 1
    rows_before: int = 1
    dates: str = "written"

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Columns:
        """From a profile's stored texts; absent ones keep their default."""
        texts = {
            key: settings[key].strip()
            for key in ("day", "came", "went", "signed", "balance", "name", "note", "account")
            if key in settings
        }
        heading = int(settings.get("heading") or 0) if "heading" in settings else 1
        before = int(settings.get("rows_before") or 0) if "rows_before" in settings else 1
        dates = settings.get("dates", "written")
        return cls(**texts, heading=heading, rows_before=before, dates=dates)


class _Sheet:
    """The cells of a file by the names of the profile."""

    def __init__(self, columns: Columns, rows: list[tuple[int, list[str]]], faults: Faults) -> None:
        self._faults = faults
        self._at: dict[str, int] = {}
        titles = next((cells for number, cells in rows if number == columns.heading), [])
        plain = [_plain(title) for title in titles]
        for role in ("day", "came", "went", "signed", "balance", "name", "note", "account"):
            wanted = getattr(columns, role)
            if not wanted:
                continue
            if _plain(wanted) in plain:
                self._at[role] = plain.index(_plain(wanted))
            elif wanted.isascii() and wanted.isdigit() and int(wanted) > 0:
                self._at[role] = int(wanted) - 1
            else:
                why = "設定した見出しの列がありません"
                faults.add(columns.heading or 1, 0, wanted, why, " ".join(titles))
        self._titles = titles
        for needed in ("day",):
            if needed not in self._at and not faults.found:
                faults.add(1, 0, needed, "日付の列が設定されていません")
        if not {"came", "went", "signed"} & self._at.keys() and not faults.found:
            faults.add(1, 0, "", "金額の列が設定されていません")

    @property
    def width(self) -> int:
        """How many cells a movement needs at least."""
        return max(self._at.values(), default=0) + 1

    def cell(self, cells: list[str], role: str) -> str:
        """What stands in the column of a role; empty where there is no such column."""
        return cells[self._at[role]] if role in self._at else ""

    def read(
        self, number: int, cells: list[str], role: str, parse: Callable[[str], _Read]
    ) -> _Read | None:
        """One value, or None with a fault that names its row and column."""
        text = self.cell(cells, role)
        try:
            return parse(text)
        except Unreadable as error:
            at = self._at[role]
            title = self._titles[at] if at < len(self._titles) else ""
            self._faults.add(number, at + 1, title, str(error), text)
            return None


def read(body: bytes, columns: Columns, today: dt.date) -> Statement:
    """The statement in the file; rows below the movements (totals) are faults like any other."""
    faults = Faults()
    rows, encoding = reading.csv_rows(body, faults)
    sheet = _Sheet(columns, rows, faults)
    lines: list[Line] = []
    account = ""
    if sheet.width > 1 or not faults.found:
        for number, cells in rows:
            if number <= columns.rows_before:
                continue
            line = _line(sheet, columns, (number, cells), today, faults)
            if line is not None:
                lines.append(line)
                account = account or sheet.cell(cells, "account").strip(" \u3000")
    ordered = reading.oldest_first(lines)
    if not faults.found:
        reading.running(ordered, faults, 0, columns.balance)
    opening, closing = reading.around(ordered)
    return Statement(
        account=account,
        lines=tuple(ordered),
        problems=tuple(faults.found),
        opening=opening,
        closing=closing,
        encoding=encoding,
    )


def _plain(title: str) -> str:
    return unicodedata.normalize("NFKC", title).strip().strip('"')


def _line(
    sheet: _Sheet, columns: Columns, row: tuple[int, list[str]], today: dt.date, faults: Faults
) -> Line | None:
    number, cells = row
    if len(cells) < sheet.width:
        faults.add(number, 0, "", "列が足りません", str(len(cells)))
        return None
    before = len(faults.found)
    day = sheet.read(number, cells, "day", _days(columns.dates, today))
    came, went, signed, balance = (
        sheet.read(number, cells, role, reading.amount)
        for role in ("came", "went", "signed", "balance")
    )
    name, note = (sheet.read(number, cells, role, reading.text_field) for role in ("name", "note"))
    if len(faults.found) > before or day is None:
        return None
    yen = signed if signed is not None else (came or 0) - (went or 0)
    if not yen or (came and went):
        why = "出金と入金のどちらか一方だけに金額があるはずです"
        faults.add(number, 0, "", why, ",".join(cells))
        return None
    return Line(number, day, yen, balance, name or "", note or "")


def _days(style: str, today: dt.date) -> Callable[[str], dt.date]:
    if style == "written":
        return reading.day

    def six(text: str) -> dt.date:
        plain = unicodedata.normalize("NFKC", text).strip().replace(".", "").replace("/", "")
        return reading.short_day(plain, today, western=style == "western6")

    return six
