"""Zengin: records of 200 characters, header 1, data 2, trailer 8, end 9.

Two kinds are read: 入出金取引明細 (type 03, every movement with balances around them) and
振込入金通知 (type 01, incoming transfers only). Source: the bankers' association's record
formats as banks publish them: CP932, half-width kana, no line ends or CRLF, numbers padded with
zeros on the left, days as YYMMDD in Japanese era years. Doubts, kept here on purpose:

* Some banks write western years; a profile may say so (``western``).
* Type 03 has no balance on a data record. The balance after each line is counted up from the
  header's; the trailer's must come out.
* A correction (取引区分 19) moves money the way 入払区分 says; the trailer's sums prove it.
* A cancelled transfer of type 01 (取消区分 1) takes the money back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from fund.payments.bank.formats import reading
from fund.payments.bank.formats.reading import Faults, Line, Statement, Unreadable

LENGTH = 200
Layout = tuple[tuple[str, int], ...]

_START: Layout = (
    ("データ区分", 1),
    ("種別コード", 2),
    ("コード区分", 1),
    ("作成日", 6),
    ("勘定日（自）", 6),
    ("勘定日（至）", 6),
    ("銀行コード", 4),
    ("銀行名", 15),
    ("支店コード", 3),
    ("支店名", 15),
)
HEADER_03: Layout = (
    *_START,
    ("ダミー", 3),
    ("預金種目", 1),
    ("口座番号", 7),
    ("口座名", 40),
    ("貸越区分", 1),
    ("通帳・証書区分", 1),
    ("取引前残高", 14),
)
DATA_03: Layout = (
    ("データ区分", 1),
    ("照会番号", 8),
    ("勘定日", 6),
    ("起算日", 6),
    ("入払区分", 1),
    ("取引区分", 2),
    ("取引金額", 12),
    ("うち他店券金額", 12),
    ("交換呈示日", 6),
    ("不渡返還日", 6),
    ("手形・小切手区分", 1),
    ("手形・小切手番号", 7),
    ("僚店番号", 3),
    ("振込依頼人コード", 10),
    ("振込依頼人名", 48),
    ("仕向銀行名", 15),
    ("仕向店名", 15),
    ("摘要内容", 20),
    ("EDI情報", 20),
)
TRAILER_03: Layout = (
    ("データ区分", 1),
    ("入金件数", 6),
    ("入金額合計", 13),
    ("出金件数", 6),
    ("出金額合計", 13),
    ("貸越区分", 1),
    ("取引後残高", 14),
    ("データ・レコード件数", 7),
)
HEADER_01: Layout = (*_START, ("預金種目", 1), ("口座番号", 7), ("口座名", 40))
DATA_01: Layout = (
    ("データ区分", 1),
    ("照会番号", 6),
    ("勘定日", 6),
    ("起算日", 6),
    ("金額", 10),
    ("うち他店券金額", 10),
    ("振込依頼人コード", 10),
    ("振込依頼人名", 48),
    ("仕向銀行名", 15),
    ("仕向店名", 15),
    ("取消区分", 1),
    ("EDI情報", 20),
)
TRAILER_01: Layout = (
    ("データ区分", 1),
    ("入金件数", 6),
    ("入金額合計", 12),
    ("取消件数", 6),
    ("取消額合計", 12),
)
LAYOUTS = {"03": (HEADER_03, DATA_03, TRAILER_03), "01": (HEADER_01, DATA_01, TRAILER_01)}
TRADES = {
    "10": "現金",
    "11": "振込",
    "12": "他店券入金",
    "13": "交換",
    "14": "振替",
    "15": "継続",
    "18": "その他",
    "19": "訂正",
}


@dataclass
class _Reader:
    """What has been read so far of one file."""

    today: dt.date
    western: bool
    faults: Faults = field(default_factory=Faults)
    kind: str = ""
    account: str = ""
    balance: int | None = None
    opening: int | None = None
    closing: int | None = None
    lines: list[Line] = field(default_factory=list)
    records: int = 0
    closed: bool = False
    ended: bool = False


def read(body: bytes, today: dt.date, *, western: bool = False) -> Statement:
    """The statement in the file; the account is bank, branch, kind and number."""
    reader = _Reader(today, western)
    records, encoding = _records(body, reader.faults)
    for number, record in records:
        _take(reader, number, record)
    last = records[-1][0] if records else 1
    if not reader.kind and not reader.faults.found:
        reader.faults.add(1, 1, "データ区分", "ヘッダー・レコード（1）がありません")
    elif reader.kind and not reader.closed:
        reader.faults.add(
            last,
            1,
            "データ区分",
            "トレーラ・レコード（8）がありません。ファイルが途中で切れています",
        )
    elif reader.closed and not reader.ended:
        reader.faults.add(
            last, 1, "データ区分", "エンド・レコード（9）がありません。ファイルが途中で切れています"
        )
    return Statement(
        account=reader.account,
        lines=tuple(reader.lines),
        problems=tuple(reader.faults.found),
        opening=reader.opening,
        closing=reader.closing,
        encoding=encoding,
        notices=reader.kind == "01",
        counted=reader.kind == "03",
    )


def _records(body: bytes, faults: Faults) -> tuple[list[tuple[int, bytes]], str]:
    """The records with their numbers, as CP932: the format counts its characters in bytes."""
    content = body.rstrip(b"\x1a\r\n ")
    if b"\n" in content:
        rows, encoding = reading.decode_rows(body, faults)
        found = [(number, text) for number, text in rows]
    else:
        plain, encoding = content.removeprefix(b"\xef\xbb\xbf"), "cp932"
        try:
            text = plain.decode("utf-8")
            encoding, plain = "utf-8", text.encode("cp932")
        except (UnicodeDecodeError, UnicodeEncodeError):
            pass
        whole = -(-len(plain) // LENGTH) * LENGTH
        padded = plain.ljust(whole)
        return [
            (at // LENGTH + 1, padded[at : at + LENGTH]) for at in range(0, whole, LENGTH)
        ], encoding
    records = []
    for number, text in found:
        try:
            records.append((number, text.encode("cp932")))
        except UnicodeEncodeError as error:
            why = "この文字を読めません（位置は文字数）"
            faults.add(number, error.start + 1, "", why, text[error.start])
    return records, encoding


def _take(reader: _Reader, number: int, record: bytes) -> None:
    """One record, by the digit it begins with."""
    kind = record[:1]
    if kind in {b"1", b"8", b"9"}:
        # Editors cut the spaces at the end; only in a data record they stand before nothing.
        record = record.ljust(LENGTH)
    if why := _misplaced(reader, kind, len(record)):
        at, what, found = why
        reader.faults.add(number, at, "データ区分" if at else "", what, found)
        return
    if kind == b"1":
        _header(reader, number, record)
    elif kind == b"2":
        reader.records += 1
        _data(reader, number, record)
    elif kind == b"8":
        _trailer(reader, number, record)
    else:
        reader.ended = True


def _misplaced(reader: _Reader, kind: bytes, length: int) -> tuple[int, str, str] | None:
    """Why a record cannot stand here (column, why, found), or None."""
    if length != LENGTH:
        return 0, "レコードの長さが200文字ではありません", str(length)
    if kind not in {b"1", b"2", b"8", b"9"}:
        return 1, "データ区分は1、2、8、9のどれかのはずです", kind.decode("cp932", "replace")
    if reader.ended:
        return 1, "エンド・レコードのあとにデータがあります", ""
    if kind != b"1" and not reader.kind:
        return 1, "ヘッダー・レコード（1）がありません", ""
    return None


class _Cells:
    """The fields of one record, read by name; what cannot be read is a fault with its column."""

    def __init__(self, reader: _Reader, number: int, record: bytes, layout: Layout) -> None:
        self._reader, self._number = reader, number
        self._raw: dict[str, tuple[int, bytes]] = {}
        at = 0
        for name, width in layout:
            self._raw[name] = (at + 1, record[at : at + width])
            at += width
        self.good = True

    def fault(self, name: str, why: str, shown: str | None = None) -> None:
        """Note a problem of one field."""
        at, raw = self._raw[name]
        self.good = False
        text = raw.decode("cp932", "replace").rstrip() if shown is None else shown
        self._reader.faults.add(self._number, at, name, why, text)

    def text(self, name: str) -> str:
        """A field of characters, without its padding."""
        raw = self._raw[name][1]
        try:
            return reading.text_field(raw.decode("cp932"))
        except UnicodeDecodeError:
            self.fault(name, "この文字を読めません（位置は文字数）", raw.hex(" ")[:40])
        except Unreadable as error:
            self.fault(name, str(error))
        return ""

    def number(self, name: str) -> int:
        """A field of digits; all spaces mean zero only where the bank may leave it empty."""
        raw = self._raw[name][1]
        if not raw.isdigit():
            self.fault(name, "数字（右づめ、残りは0）のはずです")
            return 0
        return int(raw)

    def day(self, name: str) -> dt.date | None:
        """A day of six digits."""
        raw = self._raw[name][1].decode("cp932", "replace")
        try:
            return reading.short_day(raw, self._reader.today, western=self._reader.western)
        except Unreadable as error:
            self.fault(name, str(error))
            return None


def _header(reader: _Reader, number: int, record: bytes) -> None:
    if reader.kind:
        why = "2つめの口座があります。口座ごとに書き出してください"
        reader.faults.add(number, 1, "データ区分", why)
        reader.ended = True
        return
    kind = record[1:3].decode("cp932", "replace")
    if kind not in LAYOUTS:
        why = "種別コードは03（入出金取引明細）か01（振込入金通知）のはずです"
        reader.faults.add(number, 2, "種別コード", why, kind)
        return
    cells = _Cells(reader, number, record, LAYOUTS[kind][0])
    reader.kind = kind
    parts = ("銀行コード", "支店コード", "預金種目", "口座番号")
    reader.account = "-".join(cells.text(name) for name in parts)
    first, last = cells.day("勘定日（自）"), cells.day("勘定日（至）")
    if first and last and first > last:
        cells.fault("勘定日（至）", "期間の終わりが始まりより前です")
    if kind == "03":
        sign = -1 if cells.text("貸越区分") == "2" else 1
        reader.balance = reader.opening = sign * cells.number("取引前残高")
        if not cells.good:
            reader.balance = reader.opening = None


def _data(reader: _Reader, number: int, record: bytes) -> None:
    notices = reader.kind == "01"
    cells = _Cells(reader, number, record, DATA_01 if notices else DATA_03)
    day = cells.day("勘定日")
    yen = cells.number("金額" if notices else "取引金額")
    if cells.good and yen == 0:
        cells.fault("金額" if notices else "取引金額", "金額が0円です")
    if notices:
        out = cells.text("取消区分") == "1"
        note = " ".join(_said(cells, "仕向銀行名", "仕向店名", "EDI情報"))
    else:
        way = cells.text("入払区分")
        if way not in {"1", "2"}:
            cells.fault("入払区分", "入払区分は1（入金）か2（出金）のはずです")
        out = way == "2"
        trade = cells.text("取引区分")
        said = _said(cells, "摘要内容", "仕向銀行名", "仕向店名", "EDI情報")
        note = " ".join((TRADES.get(trade, trade), *said))
    name = cells.text("振込依頼人名")
    if not cells.good or day is None:
        # What follows cannot be counted up any more; the trailer cannot be checked either.
        reader.balance = None
        return
    signed = -yen if out else yen
    if reader.balance is not None:
        reader.balance += signed
    reader.lines.append(Line(number, day, signed, reader.balance, name, note))


def _said(cells: _Cells, *names: str) -> Iterator[str]:
    return (found for name in names if (found := cells.text(name)))


def _trailer(reader: _Reader, number: int, record: bytes) -> None:
    """Compare what the trailer says with what was read, unless a record was unreadable."""
    reader.closed = True
    cells = _Cells(reader, number, record, LAYOUTS[reader.kind][2])
    came = [line.yen for line in reader.lines if line.yen > 0]
    went = [-line.yen for line in reader.lines if line.yen < 0]
    back, back_sum = (
        ("出金件数", "出金額合計") if reader.kind == "03" else ("取消件数", "取消額合計")
    )
    counted = {
        "入金件数": len(came),
        "入金額合計": sum(came),
        back: len(went),
        back_sum: sum(went),
    }
    if reader.kind == "03":
        counted["データ・レコード件数"] = reader.records
    said = {name: cells.number(name) for name in counted}
    if reader.kind == "03":
        sign = -1 if cells.text("貸越区分") == "2" else 1
        reader.closing = sign * cells.number("取引後残高")
    if not cells.good or len(reader.lines) != reader.records:
        return
    for name, found in counted.items():
        if said[name] != found:
            why = "トレーラの数と、明細を数えたものが合いません"
            cells.fault(name, why, f"{said[name]:,} ≠ {found:,}")
    if reader.balance is not None and reader.closing != reader.balance:
        why = "取引前残高に明細を足したものと、取引後残高が合いません"
        cells.fault("取引後残高", why, f"{reader.closing:,} ≠ {reader.balance:,}")
