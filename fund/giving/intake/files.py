"""Reading CSV and XLSX as people save them: any of three encodings, any order of columns.

Nothing here knows what a cell means; whatever stands in a file, the answer is rows of text or
one ``Invalid`` that says where the file cannot be read.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import ParseError

from fund.giving.intake.columns import COLUMNS, Header, is_my_number, read_header
from fund.kernel.errors import Invalid
from fund.kernel.sentences import filled

MAX_FILE = 20 * 1024 * 1024
MAX_UNPACKED = 300 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_HEADER_LINES = 20
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Line:
    """One row of a file: its number as a spreadsheet shows it, and its cells by field."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A file with its header understood; ``lines`` are the rows that hold anything."""

    header: Header
    encoding: str
    lines: list[Line]


def read_sheet(body: bytes) -> Sheet:
    """The rows of a CSV or XLSX file.

    Raises:
        Invalid: when the file as a whole cannot be read; says where and what to do.
    """
    if not body.strip():
        raise Invalid("ファイルが空です")
    if len(body) > MAX_FILE:
        raise Invalid(
            filled("ファイルが大きすぎます（%(most)sMBまで）", most=MAX_FILE // 1024 // 1024)
        )
    if body.startswith(_OLD_EXCEL):
        raise Invalid("古い形式のExcelファイルです。「.xlsx」か「CSV」で保存し直してください")
    if body.startswith(_ZIP):
        return _sheet(_workbook_rows(body), "xlsx")
    text, encoding = decode(body)
    return _sheet(_csv_rows(text), encoding)


def decode(body: bytes) -> tuple[str, str]:
    """The text of a CSV file and the name of its encoding: UTF-8, UTF-16 (BOM) or CP932.

    Raises:
        Invalid: naming the line at which no encoding fits.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return body.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError as error:
            raise Invalid(
                "ファイルの文字コードが読めません。UTF-8で保存し直してください"
            ) from error
    try:
        return body.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError as strange:
        try:
            return body.decode("cp932"), "CP932"
        except UnicodeDecodeError as error:
            line = body.count(b"\n", 0, max(strange.start, error.start)) + 1
            raise Invalid(
                filled(
                    "%(line)s行めに読めない文字があります。UTF-8かシフトJISで保存し直してください",
                    line=line,
                )
            ) from error


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    if "\x00" in text:
        raise Invalid("文字ではないデータが入っています。CSVで保存し直してください")
    first = text.split("\n", 1)[0]
    mark = max((",", "\t", ";"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(
                filled(
                    '%(line)s行めの引用符「"」が閉じていないか、書き方が正しくありません',
                    line=before + 1,
                )
            ) from error
        yield before + 1, cells
        before = reader.line_num


def _workbook_rows(body: bytes) -> Iterator[tuple[int, list[str]]]:
    # 12 MB that few processes need
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            if sum(item.file_size for item in packed.infolist()) > MAX_UNPACKED:
                raise Invalid("ブックが大きすぎます。必要なシートだけを保存してください")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and print settings
            book = load_workbook(io.BytesIO(body), read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write a wrong size
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                if number > MAX_ROWS + MAX_HEADER_LINES:
                    raise Invalid(filled("行が多すぎます（%(most)s行まで）", most=f"{MAX_ROWS:,}"))
                yield number, [_text(cell) for cell in row[:MAX_COLUMNS]]
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        KeyError,
        ValueError,
        IndexError,
        TypeError,
        AttributeError,
        EOFError,
        NotImplementedError,
        OSError,
    ) as error:
        raise Invalid("ブックが壊れているか、読めない形式です。保存し直してください") from error


def _text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, days as ISO, nothing as the empty string."""
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell)


def _refuse_my_numbers(header: Header) -> None:
    if any(is_my_number(title) for title in header.unknown):
        raise Invalid(
            "個人番号の列があります。マイナンバーはお預かりできません。"
            "列を消してから、もう一度選んでください"
        )


def _sheet(rows: Iterable[tuple[int, list[str]]], encoding: str) -> Sheet:
    """Find the header (portals put titles above it), then cut every row by it."""
    header: Header | None = None
    lines: list[Line] = []
    for number, cells in rows:
        if header is None:
            found = read_header(cells[:MAX_COLUMNS])
            _refuse_my_numbers(found)
            if not found.missing:
                header = found
            elif number >= MAX_HEADER_LINES:
                break
            continue
        if any(cell.strip() for cell in cells):
            taken = {
                name: cells[at]
                for name, at in header.places.items()
                if at < len(cells) and cells[at]
            }
            lines.append(Line(number, taken))
            if len(lines) > MAX_ROWS:
                raise Invalid(filled("行が多すぎます（%(most)s行まで）", most=f"{MAX_ROWS:,}"))
    if header is None:
        needed = "」「".join(column.title for column in COLUMNS if column.needed)
        raise Invalid(
            filled(
                "見出しの行に「%(needed)s」の列が見つかりません。見出しの名前を確認してください",
                needed=needed,
            )
        )
    return Sheet(header, encoding, lines)


def template_csv() -> str:
    """The columns as one CSV row: a row of examples would one day be imported as a gift."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([column.title for column in COLUMNS])
    return out.getvalue()


def template_xlsx() -> bytes:
    """A workbook to fill in: the columns, and a sheet that explains each with an example."""
    from openpyxl import Workbook  # noqa: PLC0415 - see above
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("寄附")
    sheet.freeze_panes = "A2"
    header = []
    for column in COLUMNS:
        cell = WriteOnlyCell(sheet, value=column.title)
        cell.font = Font(bold=True)
        header.append(cell)
    sheet.append(header)
    about = book.create_sheet("説明")
    about.append(["列", "英語の見出し", "必須", "例", "書き方", "How to fill it"])
    for column in COLUMNS:
        needed = "必須" if column.needed else ""
        texts = (column.example, column.about, column.about_en)
        about.append([column.title, column.english, needed, *texts])
    about.append(["見出しの順番は自由です。知らない列は読みとばし、報告に出します。"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
