"""What every format has in common: characters, amounts, days, and what is wrong where."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from fund.kernel.calendar import parse_day
from fund.kernel.money import MAX_YEN

MAX_FIELD = 500
_SHOWN = 40
_AMOUNT = re.compile(r"([-+▲△]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)", re.ASCII)
_ERA_STARTS = (2019, 1989, 1926)


@dataclass(frozen=True)
class Line:
    """One movement: ``number`` is its row in the file (its record in a file without rows).

    ``yen`` is positive for money that came in; ``balance`` stands after it, None where the bank
    does not say. ``name`` and ``note`` are the bank's own characters.
    """

    number: int
    day: dt.date
    yen: int
    balance: int | None
    name: str
    note: str


@dataclass(frozen=True)
class Problem:
    """What is wrong where: row, column (position and name; 0 and empty for the whole row).

    ``why`` is a constant sentence, ``found`` the bank's own characters, cut short.
    """

    row: int
    column: int
    field: str
    why: str
    found: str = ""


@dataclass(frozen=True)
class Statement:
    """A file as it was read: the good lines and every problem, in the order of the file.

    ``opening`` and ``closing`` are balances (yen) around the file's lines, None where the bank
    does not say. ``notices`` marks a file that lists incoming transfers only, ``counted`` one
    whose balances per line were counted up here and are no words of the bank.
    """

    account: str
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    opening: int | None
    closing: int | None
    encoding: str
    notices: bool = False
    counted: bool = False

    @property
    def first_day(self) -> dt.date | None:
        """The earliest day of a line."""
        return min((line.day for line in self.lines), default=None)

    @property
    def last_day(self) -> dt.date | None:
        """The latest day of a line."""
        return max((line.day for line in self.lines), default=None)


class Unreadable(ValueError):  # noqa: N818 - reads as what the value is
    """A value that cannot be what its column says; the message is the ``why`` of a problem."""


@dataclass
class Faults:
    """Collects problems of one row at a time."""

    found: list[Problem] = field(default_factory=list)

    def add(self, row: int, column: int, name: str, why: str, text: str = "") -> None:
        """Note one problem."""
        self.found.append(Problem(row, column, name, why, shorten(text)))


def shorten(text: str) -> str:
    """At most forty characters, control characters shown as ``·``."""
    visible = "".join(char if char.isprintable() else "·" for char in text)
    return visible if len(visible) <= _SHOWN else visible[: _SHOWN - 1] + "…"


def decode_rows(body: bytes, faults: Faults) -> tuple[list[tuple[int, str]], str]:
    """The file's rows with their numbers, and its encoding; rows with bad bytes are faults.

    UTF-8 (with or without mark) if the whole file is UTF-8, else CP932 row by row: one broken
    byte must not cost the rows around it. CRLF, LF and a final 0x1A (Ctrl-Z) are understood.
    """
    content = body.rstrip(b"\x1a")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        faults.add(1, 0, "", "文字コードがUTF-16です。CP932またはUTF-8で保存してください")
        return [], "utf-16"
    encoding = _encoding_of(content)
    rows: list[tuple[int, str]] = []
    plain = content.removeprefix(b"\xef\xbb\xbf")
    for number, raw in enumerate(plain.replace(b"\r\n", b"\n").split(b"\n"), start=1):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            readable = raw[: error.start].decode(encoding)
            position = len(readable) + 1
            shown = raw[error.start : error.start + 4].hex(" ")
            faults.add(number, position, "", "この文字を読めません（位置は文字数）", shown)
            continue
        if text.strip():
            rows.append((number, text))
    return rows, encoding


def _encoding_of(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # A file that says it is UTF-8 is believed, so that its broken row is named, not guessed.
        return "utf-8" if content.startswith(b"\xef\xbb\xbf") else "cp932"
    return "utf-8"


def csv_rows(body: bytes, faults: Faults) -> tuple[list[tuple[int, list[str]]], str]:
    """The file's cells row by row; a row whose quotes do not close is a fault of its own."""
    rows, encoding = decode_rows(body, faults)
    cells: list[tuple[int, list[str]]] = []
    for number, text in rows:
        try:
            found = next(csv.reader([text], strict=True))
        except (csv.Error, StopIteration):
            faults.add(number, 0, "", '引用符（"）の対応がとれていません', text)
            continue
        cells.append((number, found))
    return cells, encoding


def amount(text: str) -> int | None:
    """Whole yen as a bank writes them (``1,234``, ``-500``, ``▲500``, full width); None if empty.

    Raises:
        Unreadable: for anything else, fractions included.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    plain = plain.removeprefix("¥").removeprefix("\\").removesuffix("円").strip()
    if plain in {"", "-", "*"}:
        return None
    match = _AMOUNT.fullmatch(plain)
    if match is None:
        raise Unreadable("金額として読めません（円の整数で書かれているはずです）")
    sign, digits = match.groups()
    if len(digits) > 20 or (yen := int(digits.replace(",", ""))) > MAX_YEN:
        raise Unreadable("金額が大きすぎます")
    return -yen if sign in {"-", "▲", "△"} else yen


def day(text: str) -> dt.date:
    """A day as a bank writes it: 2026-04-01, 2026年04月01日, R8.4.1, 令和8年4月1日.

    Raises:
        Unreadable: if no real day can be read from the text.
    """
    try:
        return parse_day(text)
    except ValueError:
        raise Unreadable("日付として読めません") from None


def short_day(text: str, today: dt.date, *, western: bool = False) -> dt.date:
    """YYMMDD: two digits of an era's year (or of a western year), then month and day.

    The bank does not write which era. The latest one is meant whose day is not more than a
    year ahead of ``today``: in 2026, ``080401`` is 2026-04-01 and ``300401`` is 2018-04-01.

    Raises:
        Unreadable: if it is no real day.
    """
    if not re.fullmatch(r"[0-9]{6}", text, re.ASCII):
        raise Unreadable("日付は数字6けた（年月日）のはずです")
    year, month, number = int(text[:2]), int(text[2:4]), int(text[4:])
    starts = (2001,) if western else _ERA_STARTS
    for start in starts:
        try:
            found = dt.date(start + year - 1, month, number)
        except ValueError:
            continue
        if found <= today + dt.timedelta(days=366):
            return found
    raise Unreadable("日付として読めません")


def text_field(value: str) -> str:
    """A name or note as the bank wrote it, without the padding around it.

    Raises:
        Unreadable: if it is longer than any bank's, or holds control characters.
    """
    kept = value.strip(" \u3000")
    if len(kept) > MAX_FIELD:
        raise Unreadable("文字数が多すぎます")
    if any(unicodedata.category(char) == "Cc" for char in kept):
        raise Unreadable("制御文字が含まれています")
    return kept


def running(lines: list[Line], faults: Faults, column: int, name: str) -> None:
    """Note every line whose balance is not the one before plus its yen."""
    for before, line in itertools.pairwise(lines):
        if before.balance is None or line.balance is None:
            continue
        if before.balance + line.yen != line.balance:
            faults.add(
                line.number,
                column,
                name,
                "前の行の残高に金額を足したものと、残高が合いません",
                f"{before.balance:,} + {line.yen:,} ≠ {line.balance:,}",
            )


def around(lines: list[Line]) -> tuple[int | None, int | None]:
    """The balances before the first and after the last line, as far as the lines tell."""
    if not lines or lines[0].balance is None or lines[-1].balance is None:
        return None, None
    return lines[0].balance - lines[0].yen, lines[-1].balance


def oldest_first(lines: list[Line]) -> list[Line]:
    """The lines in the order of time; some banks list the newest first.

    A file of one day does not say so by its days: then the order in which the balances
    follow from each other is taken.
    """
    if len(lines) < 2 or lines[0].day < lines[-1].day:
        return lines
    if lines[0].day > lines[-1].day or _breaks(lines[::-1]) < _breaks(lines):
        return lines[::-1]
    return lines


def _breaks(lines: list[Line]) -> int:
    """How often a balance does not follow from the one before."""
    return sum(
        before.balance is not None
        and line.balance is not None
        and before.balance + line.yen != line.balance
        for before, line in itertools.pairwise(lines)
    )


def pick(cells: Mapping[str, str], *names: str) -> str:
    """The named cells that say something, joined by a space."""
    return " ".join(found for name in names if (found := cells.get(name, "").strip(" \u3000")))
