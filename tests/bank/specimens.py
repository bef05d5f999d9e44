"""Files as banks send them, written for tests: the inverse of the parsers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from fund.payments.bank.formats import zengin
from fund.payments.bank.formats.reading import Line

ACCOUNT = "0172-001-1-1234567"
ANSER_ACCOUNT = "見本支店 普通 1234567 ミエルキキン"


def era6(day: dt.date) -> str:
    """YYMMDD in the era's year."""
    start = 2018 if day >= dt.date(2019, 5, 1) else 1988
    return f"{day.year - start:02d}{day:%m%d}"


def record(layout: zengin.Layout, values: dict[str, str | int]) -> bytes:
    out = b""
    for name, width in layout:
        value = values.get(name, "")
        if isinstance(value, int):
            out += str(value).rjust(width, "0").encode()
        else:
            out += value.encode("cp932")[:width].ljust(width)
    return out.ljust(zengin.LENGTH)


def zengin_file(
    lines: Sequence[Line], opening: int = 0, *, kind: str = "03", newline: bytes = b"\r\n"
) -> bytes:
    """A whole file; kana names in half width."""
    header, data, trailer = zengin.LAYOUTS[kind]
    days = [line.day for line in lines] or [dt.date(2026, 4, 1)]
    came = [line.yen for line in lines if line.yen > 0]
    went = [-line.yen for line in lines if line.yen < 0]
    first = {
        "データ区分": 1,
        "種別コード": kind,
        "コード区分": 0,
        "作成日": era6(max(days)),
        "勘定日（自）": era6(min(days)),
        "勘定日（至）": era6(max(days)),
        "銀行コード": "0172",
        "銀行名": "ﾐﾎﾝ",
        "支店コード": "001",
        "支店名": "ﾎﾝﾃﾝ",
        "ダミー": "000",
        "預金種目": 1,
        "口座番号": 1234567,
        "口座名": "ﾐｴﾙｷｷﾝ",
        "貸越区分": 1 if opening >= 0 else 2,
        "通帳・証書区分": 1,
        "取引前残高": abs(opening),
    }
    records = [record(header, first)]
    for number, line in enumerate(lines, start=1):
        values: dict[str, str | int] = {
            "データ区分": 2,
            "照会番号": number,
            "勘定日": era6(line.day),
            "起算日": era6(line.day),
            "入払区分": 1 if line.yen > 0 else 2,
            "取引区分": "11",
            "取引金額": abs(line.yen),
            "金額": abs(line.yen),
            "取消区分": "1" if line.yen < 0 else "",
            "振込依頼人名": line.name,
            "摘要内容": line.note,
            "EDI情報": line.note if kind == "01" else "",
        }
        records.append(record(data, values))
    closing = opening + sum(line.yen for line in lines)
    totals = {
        "データ区分": 8,
        "入金件数": len(came),
        "入金額合計": sum(came),
        "出金件数": len(went),
        "出金額合計": sum(went),
        "取消件数": len(went),
        "取消額合計": sum(went),
        "貸越区分": 1 if closing >= 0 else 2,
        "取引後残高": abs(closing),
        "データ・レコード件数": len(lines),
    }
    records.append(record(trailer, totals))
    records.append(b"9".ljust(zengin.LENGTH))
    return newline.join(records) + newline
