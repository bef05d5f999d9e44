"""ANSER: CSV of 26 columns, 13 labels on every line and then their 13 values.

Source: file descriptions that banks publish for their 入出金明細（ANSER） download: labels
照会口座 … 摘要, then the values; all cells quoted, CP932, one line for each movement. The
payer's name stands in 摘要. Not stated there, so read tolerantly: how a day is written (western
or era, with or without 年月日), and whether the oldest or the newest line comes first.
"""

from __future__ import annotations

from fund.payments.bank.formats import reading
from fund.payments.bank.formats.reading import Faults, Line, Statement, Unreadable

LABELS = (
    "照会口座",
    "番号",
    "勘定日",
    "(起算日)",
    "出金金額(円)",
    "入金金額(円)",
    "小切手区分",
    "残高(円)",
    "取引区分",
    "明細区分",
    "金融機関名",
    "支店名",
    "摘要",
)
COLUMNS = 2 * len(LABELS)


def read(body: bytes) -> Statement:
    """The statement in the file; the account is what the bank writes under 照会口座."""
    faults = Faults()
    rows, encoding = reading.csv_rows(body, faults)
    lines: list[Line] = []
    accounts: list[str] = []
    for number, cells in rows:
        before = len(faults.found)
        if _labelled(number, cells, faults):
            line = _line(number, cells, faults)
            if line is not None and len(faults.found) == before:
                accounts.append(cells[len(LABELS)].strip(" \u3000"))
                lines.append(line)
    for line, account in zip(lines, accounts, strict=True):
        if account != accounts[0]:
            why = "ほかの口座の行がまざっています。口座ごとに書き出してください"
            faults.add(line.number, len(LABELS) + 1, LABELS[0], why, account)
    ours = [line for line, found in zip(lines, accounts, strict=True) if found == accounts[0]]
    ordered = reading.oldest_first(ours)
    if not faults.found:
        # A missing row would break every balance after it: what is wrong is named once.
        reading.running(ordered, faults, len(LABELS) + 8, LABELS[7])
    opening, closing = reading.around(ordered)
    return Statement(
        account=accounts[0] if accounts else "",
        lines=tuple(ordered),
        problems=tuple(faults.found),
        opening=opening,
        closing=closing,
        encoding=encoding,
    )


def _plain(label: str) -> str:
    return label.replace("（", "(").replace("）", ")").strip(" \u3000")


def _labelled(number: int, cells: list[str], faults: Faults) -> bool:
    """Whether the line has 26 cells and the first 13 are the labels."""
    if len(cells) != COLUMNS:
        why = "列の数が26ではありません"
        faults.add(number, 0, "", why, str(len(cells)))
        return False
    wrong = [
        (at, expected, found)
        for at, (expected, found) in enumerate(zip(LABELS, cells, strict=False), start=1)
        if _plain(found) != expected
    ]
    for at, expected, found in wrong:
        faults.add(number, at, expected, "見出しがちがいます", found)
    return not wrong


def _line(number: int, cells: list[str], faults: Faults) -> Line | None:
    values = dict(zip(LABELS, cells[len(LABELS) :], strict=True))
    column = {label: at for at, label in enumerate(LABELS, start=len(LABELS) + 1)}

    def tell(label: str, error: Unreadable) -> None:
        faults.add(number, column[label], label, str(error), values[label])

    sums: dict[str, int | None] = {}
    for label in (LABELS[4], LABELS[5], LABELS[7]):
        try:
            sums[label] = reading.amount(values[label])
        except Unreadable as error:
            tell(label, error)
    day = None
    try:
        day = reading.day(values[LABELS[2]])
    except Unreadable as error:
        tell(LABELS[2], error)
    try:
        name = reading.text_field(values["摘要"])
        note = reading.text_field(
            reading.pick(values, "取引区分", "明細区分", "金融機関名", "支店名")
        )
    except Unreadable as error:
        tell("摘要", error)
        return None
    if day is None or len(sums) < 3:
        return None
    yen = (sums[LABELS[5]] or 0) - (sums[LABELS[4]] or 0)
    if yen == 0 or (sums[LABELS[5]] and sums[LABELS[4]]):
        why = "出金と入金のどちらか一方だけに金額があるはずです"
        faults.add(
            number, column[LABELS[4]], LABELS[4], why, f"{values[LABELS[4]]} / {values[LABELS[5]]}"
        )
        return None
    return Line(number, day, yen, sums[LABELS[7]], name, note)


def write(account: str, lines: list[Line]) -> bytes:
    """The file a bank would have sent (CP932, CRLF): for specimens and for round trips."""
    out = []
    for number, line in enumerate(lines, start=1):
        values = (
            account,
            str(number),
            f"{line.day:%Y年%m月%d日}",
            "",
            f"{-line.yen:,}" if line.yen < 0 else "",
            f"{line.yen:,}" if line.yen > 0 else "",
            "",
            "" if line.balance is None else str(line.balance),
            line.note,
            "",
            "",
            "",
            line.name,
        )
        cells = (cell.replace('"', '""') for cell in (*LABELS, *values))
        out.append(",".join(f'"{cell}"' for cell in cells) + "\r\n")
    return "".join(out).encode("cp932")
