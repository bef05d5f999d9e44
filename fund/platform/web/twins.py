"""Machine twins of a page: the same rows as CSV, JSON or XLSX, from one set of columns."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flask import Response

from fund.kernel.canonical import Json, canonical

if TYPE_CHECKING:
    from openpyxl import Workbook

Row = TypeVar("Row")
Cell = str | int | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DAY = re.compile(r"(19|2\d)\d\d-\d\d-\d\d", re.ASCII)
_WIDTHS = (11, 42)
"""Least and greatest width of a workbook's column, in digits."""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its English name, its Japanese title, and how to read it from a row.

    ``words`` says for a workbook, which people read, what the value's code stands for.
    """

    name: str
    title: str
    value: Callable[[Row], Cell]
    words: Callable[[Row], Cell] | None = None


def safe_cell(value: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def csv_text(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> str:
    """RFC 4180 text with LF line ends and a header of English names."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([safe_cell(column.value(row)) for column in columns])
    return out.getvalue()


def csv_response(name: str, columns: Sequence[Column[Row]], rows: Iterable[Row]) -> Response:
    """The rows as a CSV download in UTF-8."""
    return _download(csv_text(columns, rows).encode(), "text/csv; charset=utf-8", f"{name}.csv")


def json_response(body: Json) -> Response:
    """A JSON answer in canonical spelling."""
    return Response(canonical(body), mimetype="application/json")


def xlsx_response(
    name: str, columns: Sequence[Column[Row]], rows: Iterable[Row], notes: Sequence[str]
) -> Response:
    """The rows as a workbook: frozen header, real numbers and days, a sheet that explains it."""
    return workbook_response(name, [Page("一覧", columns, rows)], notes)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One sheet of a workbook: its title (at most 31 characters), columns and rows."""

    title: str
    columns: Sequence[Column[Row]]
    rows: Iterable[Row]


def workbook_response(name: str, pages: Sequence[Page[Any]], notes: Sequence[str]) -> Response:
    """Several tables as one workbook, each a sheet as in ``xlsx_response``; notes come last."""
    from openpyxl import Workbook  # noqa: PLC0415 - 12 MB that few processes need

    book = Workbook(write_only=True)
    for page in pages:
        _write_page(book, page)
    about = book.create_sheet("説明")
    for note in notes:
        about.append([safe_cell(note)])
    out = io.BytesIO()
    book.save(out)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(out.getvalue(), kind, f"{name}.xlsx")


def _write_page(book: Workbook, page: Page[Any]) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - see above
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    sheet = book.create_sheet(page.title)
    sheet.freeze_panes = "A2"
    header = []
    for number, column in enumerate(page.columns, start=1):
        # A Japanese title is twice as wide as digits are; what stands below is often wider still.
        wanted = 2 * len(column.title) + 2
        width = min(max(wanted, _WIDTHS[0]), _WIDTHS[1])
        sheet.column_dimensions[get_column_letter(number)].width = width
        cell = WriteOnlyCell(sheet, value=column.title)
        cell.font = Font(bold=True)
        header.append(cell)
    sheet.append(header)
    for row in page.rows:
        cells: list[Any] = []
        for column in page.columns:
            value, wanted_format = _sheet_value(column, row)
            if wanted_format:
                cell = WriteOnlyCell(sheet, value=value)
                cell.number_format = wanted_format
                cells.append(cell)
            else:
                cells.append(value)
        sheet.append(cells)


def _sheet_value(column: Column[Any], row: Any) -> tuple[Cell | dt.datetime, str]:
    """What a workbook can calculate with: days are days, yen have their thousands apart."""
    value = safe_cell((column.words or column.value)(row))
    if isinstance(value, int) and (column.name == "yen" or column.name.endswith("_yen")):
        return value, "#,##0"
    if isinstance(value, str) and _DAY.fullmatch(value) and (day := _day(value)):
        return day, "yyyy-mm-dd"
    return value, ""


def _day(text: str) -> dt.datetime | None:
    """The start of a day, as workbooks keep days; None for a day that no calendar has."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time())
    except ValueError:
        return None


def _download(body: bytes, kind: str, filename: str) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
